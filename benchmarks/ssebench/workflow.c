/* The workflow: each answer is so many tokens at such a pace, in the lines that n8n streams. */
#include "ssebench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKENS_A_TURN 16
#define META "{\"nodeId\":\"38ae97d8-5a4c-4fd1-8e9a-b8b0f4b0a1f6\",\"nodeName\":\"AI Agent\",\"itemIndex\":0,\"runIndex\":0}"

struct answer {
    int fd, writing;
    long left, interval_ns, next;
    size_t in_length, out_length, out_sent;
    char in[1 << 18], out[65536];
};

static struct answer *answers[MAX_FD];
static int highest_fd;

static void say(struct answer *a, const char *line, int length)
{
    a->out_length += sprintf(a->out + a->out_length, "%x\r\n%.*s\r\n", length, length, line);
}

/* 1: everything is on its way; 0: the reader is slow; -1: it is gone. */
static int push(struct answer *a)
{
    while (a->out_sent < a->out_length) {
        ssize_t n = send(a->fd, a->out + a->out_sent, a->out_length - a->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN ? 0 : -1;
        a->out_sent += n;
    }
    a->out_sent = a->out_length = 0;
    return 1;
}

static void say_token(struct answer *a)
{
    char line[512];
    int length = sprintf(line, "{\"type\":\"item\",\"content\":\"t%ld \",\"metadata\":" META "}\n", now_ns());
    say(a, line, length);
    if (--a->left <= 0) {
        static const char end[] = "{\"type\":\"end\",\"metadata\":" META "}\n";
        say(a, end, sizeof end - 1);
        a->out_length += sprintf(a->out + a->out_length, "0\r\n\r\n");
        a->writing = 0;
    }
}

static void go_on(struct answer *a, long now)
{
    int sent = push(a);
    for (int turn = 0; sent == 1 && a->writing && turn < TOKENS_A_TURN && (!a->interval_ns || now >= a->next); turn++) {
        a->next += a->interval_ns;
        say_token(a);
        sent = push(a);
    }
    if (sent < 0)
        a->writing = 0;
}

static long option(const char *line, const char *name, long otherwise)
{
    const char *found = strstr(line, name);
    return found ? atol(found + strlen(name)) : otherwise;
}

static void begin(struct answer *a)
{
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char line[] = "{\"type\":\"begin\",\"metadata\":" META "}\n";
    a->left = option(a->in, "tokens=", 100);
    a->interval_ns = option(a->in, "interval_us=", 50000) * 1000;
    a->next = now_ns() + (long)(drand48() * a->interval_ns);
    a->in_length = 0;
    a->writing = 1;
    a->out_length = sprintf(a->out, "%s", head);
    say(a, line, sizeof line - 1);
    push(a);
}

static void hear(int fd)
{
    struct answer *a = answers[fd];
    ssize_t n = recv(fd, a->in + a->in_length, sizeof a->in - a->in_length - 1, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 || a->writing) {
        close(fd);
        free(a);
        answers[fd] = NULL;
        return;
    }
    a->in_length += n;
    a->in[a->in_length] = 0;
    char *head_end = strstr(a->in, "\r\n\r\n");
    if (!head_end)
        return;
    char *size = strcasestr(a->in, "content-length:");
    size_t body = size && size < head_end ? strtoul(size + 15, NULL, 10) : 0;
    if (a->in_length < (size_t)(head_end - a->in) + 4 + body)
        return;
    if (strncmp(a->in, "GET ", 4)) {
        begin(a);
    } else {
        a->in_length = 0;
        a->out_length = sprintf(a->out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        push(a);
    }
}

static void accept_all(int poll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MAX_FD) {
            close(fd);
            continue;
        }
        no_delay(fd);
        answers[fd] = must(calloc(1, sizeof(struct answer)));
        answers[fd]->fd = fd;
        highest_fd = fd > highest_fd ? fd : highest_fd;
        watch(poll, fd);
    }
}

int workflow(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, poll = epoll_create1(0);
    struct sockaddr_in address = loopback(port);
    struct epoll_event events[EVENTS];
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) {
        perror("listen");
        return 1;
    }
    watch(poll, listener);
    srand48(1); /* unseeded, the first moment would be 0 */
    for (;;) {
        int n = epoll_wait(poll, events, EVENTS, 1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(poll, listener);
            else if (answers[events[i].data.fd])
                hear(events[i].data.fd);
        }
        long now = now_ns();
        for (int fd = 0; fd <= highest_fd; fd++)
            if (answers[fd] && (answers[fd]->writing || answers[fd]->out_length))
                go_on(answers[fd], now);
    }
}

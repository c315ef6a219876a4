/* A stand-in workflow and a load client, each one thread round one epoll: cheap enough not to be what is measured.
 *
 *     ssebench workflow PORT
 *         answers every POST as n8n streams; the query says how: ?tokens=N&interval_us=U (0: as fast as it is taken).
 *         Each token is "t" and the moment of its sending, CLOCK_MONOTONIC in ns. GET is answered with 200.
 *     ssebench load PORT PATHS ROUNDS COOKIE RAMP_S
 *         for each line of the file PATHS: POST a message there and read the stream to its end, ROUNDS times.
 *         The first ones are spread over RAMP_S seconds. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FD 65536
#define EVENTS 1024
#define TOKENS_A_TURN 16
#define STALLED_S 60
#define META "{\"nodeId\":\"38ae97d8-5a4c-4fd1-8e9a-b8b0f4b0a1f6\",\"nodeName\":\"AI Agent\",\"itemIndex\":0,\"runIndex\":0}"

static long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void *must(void *memory)
{
    if (!memory) {
        perror("memory");
        exit(1);
    }
    return memory;
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void no_delay(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void watch(int poll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

/* ---- the workflow ---- */

struct answer {
    int fd, writing;
    long left, interval_ns, next;
    size_t in_length, out_length, out_sent;
    char in[65536], out[65536];
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

static int workflow(int port)
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

/* ---- the load ---- */

struct client {
    char *path;
    int fd, round, done;
    size_t length;
    char in[131072];
};

static struct client *clients[MAX_FD];
static long *lags, tokens, room, done, failed;

static void ask(struct client *c, int poll, int port, const char *cookie)
{
    static const char body[] = "{\"content\": \"Go\"}";
    char request[8192];
    struct sockaddr_in address = loopback(port);
    int length = snprintf(request, sizeof request,
                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                          "Accept: text/event-stream\r\nConnection: close\r\nCookie: %s\r\nContent-Length: %zu\r\n\r\n%s",
                          c->path, cookie, sizeof body - 1, body);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    c->length = c->done = 0;
    if (c->fd < 0 || connect(c->fd, (void *)&address, sizeof address) || send(c->fd, request, length, 0) != length) {
        perror("ask");
        exit(1);
    }
    no_delay(c->fd);
    clients[c->fd] = c;
    watch(poll, c->fd);
}

static void note(long lag)
{
    if (tokens == room) {
        room = room ? 2 * room : 1 << 20;
        lags = must(realloc(lags, room * sizeof *lags));
    }
    lags[tokens++] = lag;
}

static void read_line(struct client *c, char *line, long now)
{
    static const char content[] = "\"content\": \"t";
    char *found = strstr(line, content);
    if (found)
        note(now - atol(found + sizeof content - 1));
    else if (strstr(line, "\"type\": \"done\""))
        c->done = 1;
}

/* 0: the connection has ended. */
static int take(struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->length, sizeof c->in - c->length - 1, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return 1;
    if (n <= 0)
        return 0;
    long now = now_ns();
    char *line = c->in, *end;
    c->length += n;
    c->in[c->length] = 0;
    while ((end = memchr(line, '\n', c->in + c->length - line))) {
        *end = 0;
        read_line(c, line, now);
        line = end + 1;
    }
    c->length -= line - c->in;
    memmove(c->in, line, c->length);
    return 1;
}

static int by_size(const void *one, const void *other)
{
    long a = *(const long *)one, b = *(const long *)other;
    return a < b ? -1 : a > b;
}

static double lag_ms(double share)
{
    return tokens ? lags[(long)((tokens - 1) * share)] / 1e6 : 0;
}

static struct client *read_paths(const char *file, int *count)
{
    FILE *paths = fopen(file, "r");
    char line[1024];
    struct client *all = NULL;
    if (!paths) {
        perror(file);
        exit(1);
    }
    while (fgets(line, sizeof line, paths)) {
        all = must(realloc(all, (*count + 1) * sizeof *all));
        line[strcspn(line, "\n")] = 0;
        memset(&all[*count], 0, sizeof *all);
        all[(*count)++].path = must(strdup(line));
    }
    fclose(paths);
    return all;
}

static int load(int port, const char *file, int rounds, const char *cookie, double ramp_s)
{
    int count = 0, started = 0, finished = 0, poll = epoll_create1(0);
    struct client *all = read_paths(file, &count);
    struct epoll_event events[EVENTS];
    long begun = now_ns(), heard = begun;
    while (finished < count) {
        while (started < count && (now_ns() - begun) / 1e9 * count >= started * ramp_s)
            ask(&all[started++], poll, port, cookie);
        int n = epoll_wait(poll, events, EVENTS, 5);
        if (n)
            heard = now_ns();
        else if (now_ns() - heard > STALLED_S * 1000000000L)
            break;
        for (int i = 0; i < n; i++) {
            struct client *c = clients[events[i].data.fd];
            if (take(c))
                continue;
            close(c->fd);
            done += c->done;
            failed += !c->done;
            if (++c->round < rounds)
                ask(c, poll, port, cookie);
            else
                finished++;
        }
    }
    double seconds = (now_ns() - begun) / 1e9;
    qsort(lags, tokens, sizeof *lags, by_size);
    printf("{\"tokens\": %ld, \"seconds\": %.3f, \"done\": %ld, \"failed\": %ld, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
           tokens, seconds, done, failed + (count - finished), lag_ms(0.5), lag_ms(0.99), lag_ms(1));
    return 0;
}

int main(int count, char **words)
{
    if (count == 3 && !strcmp(words[1], "workflow"))
        return workflow(atoi(words[2]));
    if (count == 7 && !strcmp(words[1], "load"))
        return load(atoi(words[2]), words[3], atoi(words[4]), words[5], atof(words[6]));
    fprintf(stderr, "ssebench workflow PORT | ssebench load PORT PATHS ROUNDS COOKIE RAMP_S\n");
    return 2;
}

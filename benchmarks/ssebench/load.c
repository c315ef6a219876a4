/* The clients. A stream's text is the tokens of the stand-in workflow, which carry the moment of their sending: each
 * frame is a line with "content", in our own framing as in n8n's, and a line with "type" done or end is a good end. */
#include "ssebench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define STALLED_S 60

struct request {
    int client, number;
    char *method, *path, *cookie;
    struct request *next;
};

struct client {
    int fd; /* 0: not connected */
    int is_waiting;
    struct request *first, *last, *at;
    long due, asked, first_token;
    long tokens, frames, bytes;
    int done;
    uint32_t crc;
    struct response response;
    size_t length;
    char line[65536];
};

static struct client **clients, *of_fd[MAX_FD];
static int client_count;
static FILE *answers;
static int port, poll_fd;
static long *lags, tokens, room, good, bad, pause_ns;
static long marks[2], marked_ns[2], mark_count;
static volatile sig_atomic_t asked_to_mark;

static void mark(int signal)
{
    (void)signal;
    asked_to_mark++;
}

static void note(long lag)
{
    if (tokens == room) {
        room = room ? 2 * room : 1 << 20;
        lags = must(realloc(lags, room * sizeof *lags));
    }
    lags[tokens++] = lag;
}

/* Each "t" with digits in a text is a token. */
static void read_text(struct client *c, const char *text, size_t length, long now)
{
    c->crc = crc32(c->crc, text, length);
    c->bytes += length;
    c->frames++;
    for (const char *at = text; (at = memchr(at, 't', text + length - at));) {
        c->tokens++;
        if (!c->first_token)
            c->first_token = now;
        note(now - strtol(at + 1, (char **)&at, 10));
    }
}

static void read_line(struct client *c, const char *line, long now)
{
    static const char content[] = "\"content\":", type[] = "\"type\":";
    const char *found = strstr(line, content);
    if (found) {
        found = strchr(found + sizeof content - 1, '"');
        const char *end = found ? strchr(found + 1, '"') : NULL;
        if (end)
            read_text(c, found + 1, end - found - 1, now);
    } else if ((found = strstr(line, type))) {
        found += sizeof type - 1 + (found[sizeof type - 1] == ' ');
        c->done |= !strncmp(found, "\"done\"", 6) || !strncmp(found, "\"end\"", 5);
    }
}

static void take_body(void *whose, const char *bytes, size_t length)
{
    struct client *c = whose;
    if (*c->at->method != 'P') {
        c->crc = crc32(c->crc, bytes, length);
        c->bytes += length;
        return;
    }
    long now = now_ns();
    while (length) {
        const char *end = memchr(bytes, '\n', length);
        size_t span = (end ? (size_t)(end - bytes) : length);
        if (c->length + span >= sizeof c->line) {
            fprintf(stderr, "a line of %zu bytes\n", c->length + span);
            exit(1);
        }
        memcpy(c->line + c->length, bytes, span);
        c->length += span;
        if (!end)
            return;
        c->line[c->length] = 0;
        read_line(c, c->line, now);
        c->length = 0;
        bytes = end + 1;
        length -= span + 1;
    }
}

static void leave(struct client *c)
{
    close(c->fd);
    of_fd[c->fd] = NULL;
    c->fd = 0;
}

static void ask(struct client *c)
{
    static const char body[] = "{\"content\": \"Go\"}";
    char message[8192];
    int posts = *c->at->method == 'P';
    int length = snprintf(message, sizeof message, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: %s\r\nCookie: %s\r\n",
                          c->at->method, c->at->path, posts ? "text/event-stream" : "application/json", c->at->cookie);
    length += posts ? snprintf(message + length, sizeof message - length,
                               "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", sizeof body - 1, body)
                    : snprintf(message + length, sizeof message - length, "\r\n");
    if (!c->fd) {
        struct sockaddr_in address = loopback(port);
        c->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (c->fd < 0 || connect(c->fd, (void *)&address, sizeof address)) {
            perror("connect");
            exit(1);
        }
        no_delay(c->fd);
        of_fd[c->fd] = c;
        watch(poll_fd, c->fd);
    }
    response_begin(&c->response);
    c->is_waiting = 0;
    c->length = c->done = c->crc = 0;
    c->tokens = c->frames = c->bytes = c->first_token = 0;
    c->asked = now_ns();
    if (send(c->fd, message, length, MSG_NOSIGNAL) != length)
        perror("send"); /* the end of the connection says it once more */
}

/* The present answer has ended, well or not. 0: it was the client's last one. */
static int go_on(struct client *c)
{
    long now = now_ns();
    int is_stream = *c->at->method == 'P';
    int is_good = c->response.state == WHOLE && c->response.status == 200 && (c->done || !is_stream);
    good += is_good;
    if (!is_good && !bad++)
        fprintf(stderr, "%s %s: status %d, state %d, %ld tokens: %s\n", c->at->method, c->at->path, c->response.status,
                c->response.state, c->tokens, c->line);
    fprintf(answers, "%d %d %d %ld %ld %u %ld %ld %ld\n", c->at->number, c->response.status, is_good, c->tokens,
            c->frames, c->crc, c->bytes, c->first_token ? (c->first_token - c->asked) / 1000 : 0,
            (now - c->asked) / 1000);
    if (c->response.closes || c->response.state != WHOLE)
        leave(c);
    c->at = c->at->next;
    if (!c->at && c->fd)
        leave(c);
    c->is_waiting = c->at != NULL;
    c->due = now + pause_ns;
    return c->at != NULL;
}

/* Read what there is. 0: the client has finished. */
static int hear(struct client *c)
{
    char bytes[131072];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return 1;
    if (n > 0 && !c->is_waiting) {
        long taken = response_take(&c->response, bytes, n, take_body, c);
        if (taken == n && c->response.state != WHOLE)
            return 1;
        c->line[c->length] = 0;
        return go_on(c);
    }
    if (c->is_waiting) { /* the server has closed a connection between two requests */
        leave(c);
        return 1;
    }
    if (c->response.state == UNTIL_CLOSE)
        c->response.state = WHOLE;
    return go_on(c);
}

static void add(struct request *r)
{
    if (r->client >= client_count) {
        clients = must(realloc(clients, (r->client + 1) * sizeof *clients));
        for (; client_count <= r->client; client_count++)
            clients[client_count] = must(calloc(1, sizeof **clients));
    }
    struct client *c = clients[r->client];
    if (c->last)
        c->last->next = r;
    else
        c->first = c->at = r;
    c->last = r;
}

static void read_requests(const char *name)
{
    FILE *file = fopen(name, "r");
    char *line = NULL;
    size_t size = 0;
    if (!file) {
        perror(name);
        exit(1);
    }
    for (int number = 0; getline(&line, &size, file) > 0; number++) {
        struct request *r = must(calloc(1, sizeof *r));
        int at = 0;
        line[strcspn(line, "\n")] = 0;
        r->number = number;
        if (sscanf(line, "%d %ms %ms %n", &r->client, &r->method, &r->path, &at) != 3 || r->client < 0) {
            fprintf(stderr, "not a request: %s\n", line);
            exit(1);
        }
        r->cookie = must(strdup(line + at));
        add(r);
    }
    free(line);
    fclose(file);
}

static int by_size(const void *one, const void *other)
{
    long a = *(const long *)one, b = *(const long *)other;
    return (a > b) - (a < b);
}

static void tell(const char *name, long from, long to, double seconds)
{
    long count = to - from, *ranked = must(malloc((count + 1) * sizeof *ranked));
    memcpy(ranked, lags + from, count * sizeof *ranked);
    qsort(ranked, count, sizeof *ranked, by_size);
#define LAG(share) (count ? ranked[(long)((count - 1) * (share))] / 1e6 : 0.0)
    printf("%s\"tokens\": %ld, \"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f", name, count,
           seconds, LAG(0.5), LAG(0.99), LAG(1));
    free(ranked);
}

static void summarise(double seconds)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    tell("{", 0, tokens, seconds);
    printf(", \"done\": %ld, \"failed\": %ld, \"cpu_s\": %.3f", good, bad,
           used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    if (mark_count == 2) {
        tell(", \"window\": {", marks[0], marks[1], (marked_ns[1] - marked_ns[0]) / 1e9);
        printf("}");
    }
    printf("}\n");
}

static int start_due(void)
{
    int waiting = 0;
    long now = now_ns();
    for (int i = 0; i < client_count; i++)
        if (clients[i]->is_waiting && clients[i]->due <= now)
            ask(clients[i]);
        else
            waiting += clients[i]->is_waiting;
    return waiting;
}

int load(int the_port, const char *requests, const char *answers_name, double ramp_s, double pause_s)
{
    struct epoll_event events[EVENTS];
    port = the_port;
    poll_fd = epoll_create1(0);
    pause_ns = pause_s * 1e9;
    answers = fopen(answers_name, "w");
    if (!answers) {
        perror(answers_name);
        return 1;
    }
    read_requests(requests);
    signal(SIGUSR1, mark);
    long begun = now_ns(), heard = begun;
    for (int i = 0; i < client_count; i++) {
        clients[i]->is_waiting = clients[i]->at != NULL;
        clients[i]->due = begun + (long)(ramp_s * 1e9 * i / client_count);
    }
    int left = client_count, waiting = start_due();
    while (left) {
        int n = epoll_wait(poll_fd, events, EVENTS, waiting ? 1 : 1000);
        if (n > 0 || waiting)
            heard = now_ns();
        else if (now_ns() - heard > STALLED_S * 1000000000L) {
            fprintf(stderr, "%d clients are stalled\n", left);
            bad += left;
            break;
        }
        for (int i = 0; i < n; i++) {
            struct client *c = of_fd[events[i].data.fd];
            if (c)
                left -= !hear(c);
        }
        waiting = start_due();
        for (; mark_count < 2 && mark_count < asked_to_mark; mark_count++) {
            marks[mark_count] = tokens;
            marked_ns[mark_count] = now_ns();
        }
    }
    summarise((now_ns() - begun) / 1e9);
    fclose(answers);
    return 0;
}

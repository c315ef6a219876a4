/* A stand-in workflow and a load client, each one thread round one epoll: cheap enough not to be what is measured. */
#ifndef SSEBENCH_H
#define SSEBENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_FD 65536
#define EVENTS 1024

/* Roles of the program; each returns its exit code. */
int workflow(int port);
int load(int port, const char *requests, const char *answers, double ramp_s, double pause_s);

/* Moments are of CLOCK_MONOTONIC, which all programs of a machine share. */
long now_ns(void);
void *must(void *memory);
struct sockaddr_in loopback(int port);
void no_delay(int fd);
void watch(int poll, int fd);

/* An HTTP/1.1 answer, taken in as its bytes come. */
struct response {
    enum { HEAD, SIZED, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER, UNTIL_CLOSE, WHOLE } state;
    int status, closes;
    size_t left, head_length;
    char head[16384];
};

void response_begin(struct response *r);
/* Hands what is body in the given bytes to `body`, piece by piece. Returns how many bytes were of this answer, -1 when
 * they are not HTTP. */
long response_take(struct response *r, const char *bytes, size_t length,
                   void (*body)(void *, const char *, size_t), void *whose);

/* zlib's crc32, to compare texts with what the database holds; 0 to begin with. */
uint32_t crc32(uint32_t crc, const char *bytes, size_t length);

#endif

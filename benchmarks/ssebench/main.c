/* The program's words, and what both roles need.
 *
 *     ssebench workflow PORT
 *         answers every POST as n8n streams; the query says how: ?tokens=N&interval_us=U (0: as fast as it is taken).
 *         Each token is "t" and the moment of its sending, in ns. GET is answered with 200.
 *     ssebench load PORT REQUESTS ANSWERS RAMP_S PAUSE_S
 *         REQUESTS has a line for each request: CLIENT METHOD PATH COOKIE. A client (numbers from 0, without a gap)
 *         keeps one connection and makes its requests one after the other, PAUSE_S apart; their first ones are spread
 *         over RAMP_S. ANSWERS gets a line for each: REQUEST STATUS DONE TOKENS FRAMES CRC32 BYTES FIRST_US TOTAL_US.
 *         CRC32 is that of the text, of the body where it is no stream. Prints one line of JSON; "window" is what came
 *         between two SIGUSR1.
 */
#include "ssebench.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

void *must(void *memory)
{
    if (!memory) {
        perror("memory");
        exit(1);
    }
    return memory;
}

struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void no_delay(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void watch(int poll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

uint32_t crc32(uint32_t crc, const char *bytes, size_t length)
{
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value & 1 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
            table[i] = value;
        }
    crc = ~crc;
    while (length--)
        crc = table[(crc ^ (unsigned char)*bytes++) & 255] ^ (crc >> 8);
    return ~crc;
}

int main(int count, char **words)
{
    if (count == 3 && !strcmp(words[1], "workflow"))
        return workflow(atoi(words[2]));
    if (count == 7 && !strcmp(words[1], "load"))
        return load(atoi(words[2]), words[3], words[4], atof(words[5]), atof(words[6]));
    fprintf(stderr, "ssebench workflow PORT | ssebench load PORT REQUESTS ANSWERS RAMP_S PAUSE_S\n");
    return 2;
}

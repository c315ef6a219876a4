/* HTTP/1.1 answers: a head, then a body of a given length, in chunks, or up to the end of the connection. */
#include "ssebench.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void response_begin(struct response *r)
{
    r->state = HEAD;
    r->status = r->closes = 0;
    r->left = r->head_length = 0;
}

static const char *header(const struct response *r, const char *name)
{
    const char *found = strcasestr(r->head, name);
    return found ? found + strlen(name) : NULL;
}

/* The head is whole: what follows it? */
static int read_head(struct response *r)
{
    if (strncmp(r->head, "HTTP/1.1 ", 9))
        return -1;
    r->status = atoi(r->head + 9);
    r->closes = header(r, "\r\nconnection: close") != NULL;
    const char *length = header(r, "\r\ncontent-length:");
    if (header(r, "\r\ntransfer-encoding: chunked")) {
        r->state = CHUNK_SIZE;
    } else if (length || r->status == 204) {
        r->left = length ? strtoul(length, NULL, 10) : 0;
        r->state = r->left ? SIZED : WHOLE;
    } else {
        r->state = UNTIL_CLOSE;
        r->closes = 1;
    }
    r->head_length = 0;
    return 0;
}

/* A byte of the head, of a chunk's size or of the trailer: lines, all of them kept in `head`. */
static int take_byte(struct response *r, char byte)
{
    if (r->head_length + 1 >= sizeof r->head)
        return -1;
    r->head[r->head_length++] = byte;
    r->head[r->head_length] = 0;
    if (byte != '\n')
        return 0;
    switch (r->state) {
    case HEAD:
        return r->head_length >= 4 && !strcmp(r->head + r->head_length - 4, "\r\n\r\n") ? read_head(r) : 0;
    case CHUNK_SIZE:
        r->left = strtoul(r->head, NULL, 16);
        r->state = r->left ? CHUNK : TRAILER;
        break;
    case CHUNK_END:
        r->state = CHUNK_SIZE;
        break;
    default:
        r->state = r->head_length <= 2 ? WHOLE : TRAILER;
    }
    r->head_length = 0;
    return 0;
}

long response_take(struct response *r, const char *bytes, size_t length,
                   void (*body)(void *, const char *, size_t), void *whose)
{
    size_t at = 0;
    while (at < length && r->state != WHOLE) {
        if (r->state != SIZED && r->state != CHUNK && r->state != UNTIL_CLOSE) {
            if (take_byte(r, bytes[at++]))
                return -1;
            continue;
        }
        size_t span = length - at;
        if (r->state != UNTIL_CLOSE && span > r->left)
            span = r->left;
        body(whose, bytes + at, span);
        at += span;
        if (r->state != UNTIL_CLOSE && !(r->left -= span))
            r->state = r->state == SIZED ? WHOLE : CHUNK_END;
    }
    return at;
}

/* A growing byte buffer. Owns its bytes; never shrinks until freed; always NUL-terminated when not empty. */
#ifndef SYNLUA_BUF_H
#define SYNLUA_BUF_H

#include <stddef.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
};

#define BUF_INIT {NULL, 0, 0}

/* Makes room for that many bytes more; all four: 0, or -1 with errno ENOMEM and the buffer unchanged. */
int buf_reserve(struct buf *b, size_t more);
int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_str(struct buf *b, const char *text);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void buf_drop(struct buf *b, size_t len); /* removes the first len bytes */
void buf_reset(struct buf *b);            /* empties it, keeps the memory */
void buf_free(struct buf *b);

#endif

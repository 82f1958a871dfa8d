/* A growing byte buffer. Owns its bytes, and does not shrink until it is freed. Ends with a NUL when it is not empty.
   */
#pragma once

#include <stddef.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
};

#define BUF_INIT {NULL, 0, 0}

/* Makes room for `more` bytes. This and the next three functions return 0, or -1 with errno ENOMEM and the buffer
   unchanged. */
int buf_reserve(struct buf *b, size_t more);
int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_str(struct buf *b, const char *text);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void buf_drop(struct buf *b, size_t len); /* removes the first len bytes */
void buf_reset(struct buf *b);            /* empties it, keeps the memory */
void buf_free(struct buf *b);

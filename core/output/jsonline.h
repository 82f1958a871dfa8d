/* One event as one JSON object on a line. Bytes that are not valid UTF-8 become U+FFFD. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct jsonline {
    uint64_t time_ms; /* since 1970 */
    const char *service;
    const char *stream; /* "out" or "err" */
    const char *level;  /* NULL: unknown */
    const char *text;
    size_t len;
    bool object; /* the text is a JSON object if it has its braces */
};

/* Appends {"ts":...,"service":...,"stream":...,"msg":...} and a newline; an object is the member "request", and not in
   quotes. Returns 0, or -1 when memory runs out. */
int jsonline_add(struct buf *to, const struct jsonline *event);

/* Appends "2026-01-31T23:59:59.999Z". The text of the last second is cached. */
int jsonline_time(struct buf *to, uint64_t time_ms);

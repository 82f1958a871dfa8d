/* Splits bytes into lines, and groups lines into events. The lines of an event (a Python traceback, indented
   continuation lines) belong together: no line of another service may come between them. Pure; owns nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define LINES_MAX 16384 /* longer lines are split into pieces of this length */

enum lines_state {
    LINES_PLAIN,    /* the last line stands alone, as far as we know */
    LINES_INDENTED, /* the last line was a continuation; more may follow */
    LINES_TRACE,    /* inside a traceback; the next line without indentation names the exception */
    LINES_RAISED,   /* after the exception; a chained traceback may follow ("During handling ...") */
};

/* The state of one stream between two reads. All zero at first. */
struct lines {
    enum lines_state state;
    bool mid; /* the last piece had no newline, so the next one continues its line */
};

struct line {
    const char *text;
    size_t len;
    bool starts; /* the line begins an event */
};

/* Takes the next line of *at..end and moves *at behind it. Returns false when only an unfinished line is left; with
   `all`, that one counts as a line too. */
bool lines_next(struct lines *l, const char **at, const char *end, bool all, struct line *line);

/* Whether the event of the last line may go on. `rest` is the unfinished line behind it, which is considered too. */
bool lines_open(const struct lines *l, const char *rest, size_t len);

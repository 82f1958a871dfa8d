/* Bytes into lines, and lines into events: what belongs together and must not be torn apart by the lines of others
   (a Python traceback, indented continuation lines). Pure; owns nothing. */
#ifndef SYNLUA_LINES_H
#define SYNLUA_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_MAX 16384 /* longer lines are cut into pieces of this length */

enum lines_state {
    LINES_PLAIN,    /* the last line stands alone as far as we know */
    LINES_INDENTED, /* it was a continuation; more may come */
    LINES_TRACE,    /* inside a traceback: its first line that is not indented names the exception */
    LINES_RAISED,   /* after that: another traceback may follow ("During handling ...") */
};

/* What is remembered of one stream between two reads. All zero at first. */
struct lines {
    enum lines_state state;
    bool mid; /* the last piece had no newline: the next continues the same line */
};

struct line {
    const char *text;
    size_t len;
    bool starts; /* begins an event */
};

/* The next line of *at..end, and moves *at behind it. false when what is left is unfinished; with `all` that counts as
   a line too. */
bool lines_next(struct lines *l, const char **at, const char *end, bool all, struct line *line);

/* The event of the last line may go on, judged by the unfinished line `rest` that follows it too. */
bool lines_open(const struct lines *l, const char *rest, size_t len);

#endif

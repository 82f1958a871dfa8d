#include "output/lines.h"

#include <string.h>

static const char TRACEBACK[] = "Traceback (most recent call last)";
/* Python writes this between the tracebacks of chained exceptions. */
static const char DURING[] = "During handling of the above exception";
static const char CAUSE[] = "The above exception was the direct cause";

#define BEGINS(text, len, with) ((len) >= sizeof(with) - 1 && memcmp(text, with, sizeof(with) - 1) == 0)
/* Whether an unfinished line may still begin with the text `with`, as far as it is known. */
#define MAY_BECOME(text, len, with) (memcmp(text, with, (len) < sizeof(with) - 1 ? (len) : sizeof(with) - 1) == 0)

/* Moves the state over one line; true when that line continues the event before it. */
static bool lines_step(struct lines *l, const char *text, size_t len)
{
    char first = '\0';

    if (len > 0)
        first = text[0];
    if (first == ' ' || first == '\t') {
        if (l->state != LINES_TRACE)
            l->state = LINES_INDENTED;
        return true;
    }
    if (first == 'T' && BEGINS(text, len, TRACEBACK)) {
        l->state = LINES_TRACE;
        return true;
    }
    if (l->state == LINES_PLAIN)
        return false;
    if (l->state == LINES_TRACE) {
        l->state = LINES_RAISED;
        return true;
    }
    if (l->state == LINES_RAISED && (len == 0 || BEGINS(text, len, DURING) || BEGINS(text, len, CAUSE)))
        return true;
    l->state = LINES_PLAIN;
    return false;
}

bool lines_next(struct lines *l, const char **at, const char *end, bool all, struct line *line)
{
    size_t left = (size_t)(end - *at);
    const char *stop = memchr(*at, '\n', left > LINES_MAX ? LINES_MAX + 1 : left);

    if (left == 0 || (!stop && left <= LINES_MAX && !all))
        return false;
    line->text = *at;
    if (stop)
        line->len = (size_t)(stop - *at);
    else
        line->len = left < LINES_MAX ? left : LINES_MAX;
    line->starts = !l->mid && !lines_step(l, line->text, line->len);
    l->mid = !stop && !all;
    *at += line->len + (stop ? 1 : 0);
    return true;
}

bool lines_open(const struct lines *l, const char *rest, size_t len)
{
    if (len == 0)
        return l->state != LINES_PLAIN;
    if (rest[0] == ' ' || rest[0] == '\t' || l->mid || l->state == LINES_TRACE)
        return true;
    return MAY_BECOME(rest, len, TRACEBACK) ||
           (l->state == LINES_RAISED && (MAY_BECOME(rest, len, DURING) || MAY_BECOME(rest, len, CAUSE)));
}

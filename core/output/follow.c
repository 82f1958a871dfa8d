#include "output/follow.h"

#include <string.h>

#include "base/buf.h"
#include "base/loop.h"
#include "output/lines.h"

static follow_fn follower;
static uv_timer_t timer;
static struct buf waiting = BUF_INIT; /* records, each a name, the text's length, the text */

void follow_start(void)
{
    loop_timer(&timer, NULL);
}

void follow_stop(void)
{
    follower = NULL;
    buf_free(&waiting);
    loop_end(&timer);
}

void follow_set(follow_fn fn)
{
    follower = fn;
    if (!fn)
        buf_free(&waiting);
}

static void tell_all(uv_timer_t *handle)
{
    struct buf now = waiting; /* lines written during the calls wait for the next turn */
    const char *at = now.data, *end = now.data + now.len;

    (void)handle;
    waiting = (struct buf)BUF_INIT;
    while (at < end && follower) {
        const char *text = at + strlen(at) + 1 + sizeof(size_t);
        size_t len;

        memcpy(&len, text - sizeof len, sizeof len);
        follower(at, text, len);
        at = text + len;
    }
    buf_free(&now);
}

void follow_line(const char *name, const char *text, size_t len)
{
    size_t before = waiting.len;

    if (!follower || before + len > FOLLOW_MAX)
        return;
    if (buf_add(&waiting, name, strlen(name) + 1) < 0 || buf_add(&waiting, &len, sizeof len) < 0 ||
        buf_add(&waiting, text, len) < 0) {
        waiting.len = before;
        return;
    }
    if (before == 0)
        (void)uv_timer_start(&timer, tell_all, 0, 0);
}

void follow_text(const char *name, const char *text, size_t len)
{
    const char *end = text + len;
    struct lines fresh = {0};
    struct line line;

    while (follower && lines_next(&fresh, &text, end, true, &line))
        follow_line(name, line.text, line.len);
}

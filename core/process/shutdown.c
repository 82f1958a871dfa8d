#include "process/shutdown.h"

#include <string.h>

#include "base/buf.h"
#include "process/child.h"
#include "output/log.h"
#include "base/loop.h"
#include "output/output.h"
#include "process/reap.h"
#include "base/sys.h"

#define TICK_MS 20

static uv_timer_t timer;
static bool finished;
static shutdown_fn done;
static struct buf reason = BUF_INIT;
static struct buf kept = BUF_INIT; /* lines logged while the table was locked: level, text, NUL */

static void on_tick(uv_timer_t *handle)
{
    (void)handle;
    shutdown_step();
}

void shutdown_prepare(shutdown_fn on_done)
{
    loop_timer(&timer, NULL);
    done = on_done;
    finished = false;
    ending_reset();
}

void shutdown_budget(uint64_t ms)
{
    child_lock();
    ending_budget(ms);
    child_unlock();
}

void shutdown_close(void)
{
    loop_end(&timer);
    buf_free(&kept);
    buf_free(&reason);
}

bool shutdown_done(void)
{
    return finished;
}

void shutdown_because(const char *why)
{
    buf_reset(&reason);
    (void)buf_add(&reason, why, strlen(why) + 1);
}

void shutdown_begin(int status)
{
    if (ending_begun())
        return;
    child_lock();
    ending_begin(status, sys_now());
    child_unlock();
    output_stopping(); /* a child that waits for a reader of its output would not end */
    (void)uv_timer_start(&timer, on_tick, TICK_MS, TICK_MS);
    uv_ref((uv_handle_t *)&timer);
    shutdown_step();
}

void shutdown_hurry(void)
{
    child_lock();
    ending_hurry(sys_now());
    child_unlock();
    log_line(LOG_LEVEL_WARN, "asked to stop again: killing all remaining processes");
    shutdown_step();
}

static void keep(enum log_level level, const char *text)
{
    char first = (char)level;

    if (buf_add(&kept, &first, 1) == 0)
        (void)buf_add(&kept, text, strlen(text) + 1);
}

/* Writing may take long, so it is done without the lock, for which the watchdog may be waiting. */
static void say_kept(void)
{
    size_t at = 0;

    while (at < kept.len) {
        const char *text = kept.data + at + 1;

        log_line((enum log_level)kept.data[at], "%s", text);
        at += strlen(text) + 2;
    }
    buf_reset(&kept);
}

void shutdown_step(void)
{
    bool over;

    if (!ending_begun() || finished)
        return;
    child_lock();
    over = ending_step(sys_now(), keep);
    child_unlock();
    say_kept();
    if (over) {
        finished = true;
        (void)uv_timer_stop(&timer);
        (void)reap_now(); /* reports deaths that were not reported yet */
        if (reason.len > 0)
            log_line(LOG_LEVEL_ERROR, "%s", reason.data);
        done();
    }
}

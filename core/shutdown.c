#include "shutdown.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "loop.h"
#include "output.h"
#include "procfs.h"
#include "reap.h"
#include "sys.h"

#define LEFTOVER_GRACE_MS 500 /* for orphans, which nobody knows a grace of */
#define TICK_MS 20

static uv_timer_t timer;
static uint64_t budget = 8000;
static uint64_t deadline; /* 0 until begun */
static uint64_t leftovers_since;
static int exit_status;
static bool finished;
static shutdown_fn done;

static void on_tick(uv_timer_t *handle)
{
    (void)handle;
    shutdown_step();
}

int shutdown_prepare(shutdown_fn on_done, struct err *e)
{
    int rc = uv_timer_init(loop_get(), &timer);

    if (rc < 0)
        return err_set(e, -rc, "shutdown timer: %s", uv_strerror(rc));
    uv_unref((uv_handle_t *)&timer);
    done = on_done;
    deadline = leftovers_since = 0;
    exit_status = 0;
    finished = false;
    return 0;
}

void shutdown_budget(uint64_t ms)
{
    budget = ms;
}

void shutdown_close(void)
{
    if (timer.loop && !uv_is_closing((uv_handle_t *)&timer))
        uv_close((uv_handle_t *)&timer, NULL);
}

bool shutdown_begun(void)
{
    return deadline != 0;
}

bool shutdown_done(void)
{
    return finished;
}

int shutdown_status(void)
{
    return exit_status;
}

void shutdown_begin(int status)
{
    if (deadline) {
        log_line(LOG_LEVEL_WARN, "asked to stop again: ending what is left at once");
        deadline = sys_now();
    } else {
        exit_status = status;
        deadline = sys_now() + budget;
        output_stopping(); /* a child that waits for a reader would not end */
        (void)uv_timer_start(&timer, on_tick, TICK_MS, TICK_MS);
        uv_ref((uv_handle_t *)&timer);
    }
    shutdown_step();
}

static void stop_child(struct child *c, uint64_t now)
{
    if (c->stop_ms == 0) {
        c->stop_ms = now;
        child_signal(c, c->stop_signal);
        child_signal(c, SIGCONT); /* a stopped process could not act on it */
    }
    if (!c->killed && (now >= c->stop_ms + c->grace_ms || now >= deadline)) {
        log_line(LOG_LEVEL_WARN, "%s did not end in time: killed", c->name);
        c->killed = true;
        child_signal(c, SIGKILL);
    }
}

/* Orphans fell to us, the subreaper: they are children of ours that the table does not know. */
static void signal_leftovers(int sig)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    if (!proc)
        return;
    while ((entry = readdir(proc)) != NULL) {
        struct procfs_stat stat;
        long pid;

        if (!isdigit((unsigned char)entry->d_name[0]) || !procfs_read(dirfd(proc), entry->d_name, &stat))
            continue;
        pid = strtol(entry->d_name, NULL, 10);
        if (stat.parent != getpid())
            continue;
        log_line(LOG_LEVEL_INFO, "left over: %s (pid %ld), %s", stat.name, pid,
                 sig == SIGKILL ? "killed" : "asked to end");
        (void)sys_kill((pid_t)pid, sig);
    }
    (void)closedir(proc);
}

/* True when nothing is left below us. */
static bool end_leftovers(uint64_t now)
{
    if (!reap_now())
        return true;
    if (leftovers_since == 0) {
        leftovers_since = now;
        signal_leftovers(SIGTERM);
    }
    if (now >= leftovers_since + LEFTOVER_GRACE_MS || now >= deadline)
        signal_leftovers(SIGKILL);
    return !reap_now();
}

void shutdown_step(void)
{
    uint64_t now = sys_now();
    struct child *c;
    int stage;

    if (!deadline || finished)
        return;
    stage = child_top_stage();
    if (stage >= 0) {
        for (c = child_first(); c; c = c->next)
            if (c->stage == stage || now >= deadline)
                stop_child(c, now);
        return;
    }
    if (end_leftovers(now)) {
        finished = true;
        (void)uv_timer_stop(&timer);
        done();
    }
}

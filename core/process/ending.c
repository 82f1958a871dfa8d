#include "process/ending.h"

#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "process/child.h"
#include "process/procfs.h"
#include "process/reap.h"
#include "base/sys.h"

#define BUDGET_MS 8000
#define LEFTOVER_GRACE_MS 500 /* the grace of orphans: no service defines one for them */
#define UNKILLABLE_MS 1000    /* after SIGKILL; a process stuck in the kernel must not hold us up for ever */
#define STEP_MAX_MS 100       /* a longer time between two steps is a pause, in which no process could end */
#define NAMED_MAX 64

static uint64_t budget = BUDGET_MS;
static uint64_t deadline;
static uint64_t leftovers_since;
static uint64_t unkilled_ms; /* time since all remaining processes got SIGKILL */
static uint64_t last_step;
static enum { NOBODY, SERVICES, LEFTOVERS } killing;
static int exit_status;
static atomic_bool begun;
static pid_t named[NAMED_MAX]; /* leftover processes that the log has named as killed */
static size_t named_count;

void ending_reset(void)
{
    budget = BUDGET_MS;
    deadline = leftovers_since = 0;
    unkilled_ms = last_step = 0;
    killing = NOBODY;
    exit_status = 0;
    named_count = 0;
    atomic_store(&begun, false);
}

void ending_budget(uint64_t ms)
{
    budget = ms;
}

void ending_begin(int status, uint64_t now)
{
    exit_status = status;
    deadline = now + budget;
    atomic_store(&begun, true);
}

void ending_hurry(uint64_t now)
{
    if (now < deadline)
        deadline = now;
}

bool ending_begun(void)
{
    return atomic_load(&begun);
}

int ending_status(void)
{
    return exit_status;
}

static void sayf(ending_say_fn say, enum log_level level, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    say(level, text);
}

static uint64_t longest_grace(int stage)
{
    const struct child *c;
    uint64_t most = 0;

    for (c = child_first(); c; c = c->next)
        if (!c->gone && c->stage == stage && c->grace_ms > most)
            most = c->grace_ms;
    return most;
}

/* How long the child may take: its grace, if the budget then still covers the stages below. Otherwise at least an equal
   share of the time that is left. */
static uint64_t allowance(const struct child *c, uint64_t now)
{
    uint64_t left = deadline > now ? deadline - now : 0, below = 0, stages = 1, mine;
    int stage = c->stage;

    while ((stage = child_top_stage(stage)) >= 0) {
        below += longest_grace(stage);
        stages++;
    }
    mine = left > below ? left - below : 0;
    if (mine < left / stages)
        mine = left / stages;
    return mine < c->grace_ms ? mine : c->grace_ms;
}

static void stop_child(struct child *c, uint64_t now, ending_say_fn say)
{
    if (c->stop_ms == 0) {
        c->stop_ms = now;
        c->kill_ms = now + allowance(c, now);
        child_signal(c, c->stop_signal);
        child_signal(c, SIGCONT); /* a stopped process could not act on the signal */
    }
    if (!c->killed && (now >= c->kill_ms || now >= deadline)) {
        sayf(say, LOG_LEVEL_WARN, "%s did not end in time: killed", c->name);
        c->killed = true;
        child_signal(c, SIGKILL);
    }
}

static bool is_named(pid_t pid)
{
    size_t i;

    for (i = 0; i < named_count; i++)
        if (named[i] == pid)
            return true;
    if (named_count < NAMED_MAX)
        named[named_count++] = pid;
    return false;
}

struct leftover_signal {
    int sig;
    ending_say_fn say;
};

static int signal_leftover(pid_t pid, const struct procfs_stat *stat, void *arg)
{
    const struct leftover_signal *how = arg;

    if (stat->parent != getpid())
        return 0;
    if (how->sig != SIGKILL || !is_named(pid))
        sayf(how->say, LOG_LEVEL_INFO, "left over: %s (pid %ld), %s", stat->name, (long)pid,
             how->sig == SIGKILL ? "killed" : "asked to end");
    (void)sys_kill(pid, how->sig);
    return 0;
}

static void signal_leftovers(int sig, ending_say_fn say)
{
    struct leftover_signal how = {.sig = sig, .say = say};

    (void)procfs_each(signal_leftover, &how);
}

/* The table is empty, so every process that dies now is an orphan. Returns true while any process is left below us. */
static bool collect_leftovers(void)
{
    enum reap_found found;

    do
        found = reap_next(NULL);
    while (found == REAP_ORPHAN || found == REAP_SERVICE);
    return found == REAP_NONE_DEAD;
}

/* Returns true when no process is left below us. */
static bool end_leftovers(uint64_t now, ending_say_fn say)
{
    if (!collect_leftovers())
        return true;
    if (leftovers_since == 0) {
        leftovers_since = now;
        signal_leftovers(SIGTERM, say);
    }
    if (now >= leftovers_since + LEFTOVER_GRACE_MS || now >= deadline)
        signal_leftovers(SIGKILL, say);
    return !collect_leftovers();
}

/* After the deadline every step sends SIGKILL: first to the services, then to the processes they left. Only the time
   after the first such step counts. Time in which synlua was paused (SIGSTOP, a frozen container) does not. */
static bool is_hopeless(uint64_t now, bool has_services)
{
    uint64_t step = now - last_step < STEP_MAX_MS ? now - last_step : STEP_MAX_MS;

    last_step = now;
    if (now < deadline)
        return false;
    if (killing != (has_services ? SERVICES : LEFTOVERS)) {
        killing = has_services ? SERVICES : LEFTOVERS;
        unkilled_ms = 0;
        return false;
    }
    unkilled_ms += step;
    return unkilled_ms >= UNKILLABLE_MS;
}

bool ending_step(uint64_t now, ending_say_fn say)
{
    int stage = child_top_stage(INT_MAX);
    struct child *c;

    if (is_hopeless(now, stage >= 0)) {
        say(LOG_LEVEL_ERROR, "the remaining processes cannot be killed: ending without them");
        return true;
    }
    if (stage < 0)
        return end_leftovers(now, say);
    for (c = child_first(); c; c = c->next)
        if (!c->gone && (c->stage == stage || now >= deadline))
            stop_child(c, now, say);
    return false;
}

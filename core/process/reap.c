#include "process/reap.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/child.h"
#include "process/ending.h"
#include "process/mark.h"
#include "process/procfs.h"
#include "output/log.h"
#include "base/loop.h"
#include "output/output.h"
#include "base/sys.h"

#define TICK_MS 20
#define HOPELESS_MS 2000 /* a process that lives this long after SIGKILL is stuck in the kernel */

static uv_signal_t watcher;
static uv_timer_t timer; /* runs while a death is not reported yet */
static reap_fn tell;

static void on_tick(uv_timer_t *handle);

enum reap_found reap_next(pid_t *pid)
{
    pid_t dead = sys_peek_dead();
    struct child *c;
    int status = 0;

    if (dead <= 0)
        return dead < 0 ? REAP_NOBODY : REAP_NONE_DEAD;
    c = child_find(dead);
    /* Kill what the service left in its process group before it starts again: nginx's workers, for example, keep its
       port. We have not waited for the service yet, so its pid still names its group. */
    if (c)
        (void)sys_kill(-dead, SIGKILL);
    (void)sys_waitpid(dead, &status, 0);
    if (pid)
        *pid = dead;
    if (!c)
        return REAP_ORPHAN;
    c->how.signaled = WIFSIGNALED(status);
    c->how.code = c->how.signaled ? WTERMSIG(status) : WEXITSTATUS(status);
    c->ended_ms = sys_now();
    c->gone = true;
    return REAP_SERVICE;
}

struct sweep {
    uint64_t mark;
    unsigned found;
};

/* Only a child of synlua is killed, because its pid is not reused before we wait for it. When it ends, its own children
   become ours and are found the next time. */
static int kill_marked(pid_t pid, const struct procfs_stat *stat, void *arg)
{
    struct sweep *sweep = arg;

    if (stat->parent != getpid() || procfs_ended(stat) || child_find(pid) || mark_of_process(pid) != sweep->mark)
        return 0;
    sweep->found++;
    (void)sys_kill(pid, SIGKILL);
    return 0;
}

/* Takes a dead service out of the table once none of its processes lives; its death can then be reported. */
static bool take_gone(struct child *c, struct child *copy, unsigned *left)
{
    struct sweep sweep = {.mark = c->mark};
    bool over;

    child_lock();
    if (c->mark != 0 && !ending_begun())
        (void)procfs_each(kill_marked, &sweep);
    *left = sweep.found;
    if (!c->is_swept)
        c->left = sweep.found;
    *copy = *c;
    c->is_swept = true;
    over = sweep.found == 0 || c->waited_ms >= HOPELESS_MS;
    if (over)
        child_remove(c);
    child_unlock();
    return over;
}

static void tell_one(const struct child *c, unsigned left)
{
    const struct reap_child dead = {
        .name = c->name, .pid = c->pid, .how = c->how, .ran_ms = c->ended_ms - c->started_ms,
        .left = c->left};

    if (left > 0)
        log_line(LOG_LEVEL_WARN, "processes that %s left behind cannot be killed (%u): synlua waits no longer",
                 c->name, left);
    output_drain(c->name);
    tell(&dead);
}

/* Returns true after it has reported one death. The callback may have changed the table. */
static bool tell_gone(void)
{
    struct child *c, copy;
    bool waits = false;
    unsigned left;

    for (c = child_first(); c; c = c->next) {
        if (!c->gone)
            continue;
        if (take_gone(c, &copy, &left)) {
            tell_one(&copy, left);
            return true;
        }
        if (!copy.is_swept)
            log_line(LOG_LEVEL_INFO, "%s left %u process%s behind: killed", copy.name, left, left > 1 ? "es" : "");
        waits = true;
    }
    if (!waits)
        (void)uv_timer_stop(&timer);
    else if (!uv_is_active((uv_handle_t *)&timer))
        (void)uv_timer_start(&timer, on_tick, TICK_MS, TICK_MS);
    return false;
}

bool reap_now(void)
{
    enum reap_found found;
    pid_t pid;

    /* One SIGCHLD may stand for several deaths, so go on until there is no dead child. */
    do {
        do {
            child_lock();
            found = reap_next(&pid);
            child_unlock();
            if (found == REAP_ORPHAN)
                log_line(LOG_LEVEL_DEBUG, "collected orphan %ld", (long)pid);
        } while (found == REAP_ORPHAN || found == REAP_SERVICE);
    } while (tell_gone());
    return found == REAP_NONE_DEAD;
}

/* The waiting is counted in ticks, so that the time of a paused machine does not count. */
static void on_tick(uv_timer_t *handle)
{
    struct child *c;

    (void)handle;
    for (c = child_first(); c; c = c->next)
        if (c->gone)
            c->waited_ms += TICK_MS;
    (void)reap_now();
}

/* A child that was stopped is only logged: somebody, such as a debugger, may want it so. */
static void tell_halted(void)
{
    bool halted;
    pid_t pid;

    while ((pid = sys_next_halted(&halted)) > 0) {
        const struct child *c = child_find(pid);

        if (c && c->stop_ms == 0)
            log_line(LOG_LEVEL_WARN, halted ? "%s was stopped by a signal: it waits for SIGCONT" : "%s goes on",
                     c->name);
    }
}

static void on_sigchld(uv_signal_t *handle, int signum)
{
    (void)handle;
    (void)signum;
    tell_halted();
    (void)reap_now();
}

int reap_start(reap_fn on_exit, struct err *e)
{
    int rc;

    tell = on_exit;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return err_sys(e, "becoming a subreaper");
    rc = uv_signal_init(loop_get(), &watcher);
    if (rc == 0)
        rc = uv_signal_start(&watcher, on_sigchld, SIGCHLD);
    if (rc < 0)
        return err_set(e, -rc, "watching SIGCHLD: %s", uv_strerror(rc));
    uv_unref((uv_handle_t *)&watcher);
    loop_timer(&timer, NULL);
    return 0;
}

void reap_stop(void)
{
    loop_end(&watcher);
    loop_end(&timer);
}

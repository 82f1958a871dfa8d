#include "process/reap.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "process/child.h"
#include "output/log.h"
#include "base/loop.h"
#include "output/output.h"
#include "base/sys.h"

static uv_signal_t watcher;
static reap_fn tell;

enum reap_found reap_next(struct reap_child *dead, char *name, bool keep)
{
    pid_t pid = sys_peek_dead();
    struct child *c;
    int status = 0;

    if (pid <= 0)
        return pid < 0 ? REAP_NOBODY : REAP_NONE_DEAD;
    c = child_find(pid);
    /* What a service leaves in its group (nginx's workers keep its port) must not meet its next start. Not yet waited
       for, so its pid cannot name another group. */
    if (c)
        (void)sys_kill(-pid, SIGKILL);
    (void)sys_waitpid(pid, &status, 0);
    *dead = (struct reap_child){.name = name, .pid = pid};
    dead->how.signaled = WIFSIGNALED(status);
    dead->how.code = dead->how.signaled ? WTERMSIG(status) : WEXITSTATUS(status);
    if (!c)
        return REAP_ORPHAN;
    (void)snprintf(name, sizeof c->name, "%s", c->name);
    dead->ran_ms = sys_now() - c->started_ms;
    if (keep)
        c->gone = true;
    else
        child_remove(c);
    return REAP_SERVICE;
}

bool reap_now(void)
{
    char name[sizeof((struct child *)0)->name];
    struct reap_child dead;
    enum reap_found found;

    /* Signals coalesce: go on until nothing more is dead. */
    for (;;) {
        child_lock();
        found = reap_next(&dead, name, false);
        child_unlock();
        if (found == REAP_NONE_DEAD || found == REAP_NOBODY)
            return found == REAP_NONE_DEAD;
        if (found == REAP_ORPHAN) {
            log_line(LOG_LEVEL_DEBUG, "collected orphan %ld", (long)dead.pid);
            continue;
        }
        output_drain(name);
        tell(&dead);
    }
}

/* Somebody wants it so, a debugger perhaps: it is said, nothing more. */
static void tell_halted(void)
{
    bool halted;
    pid_t pid;

    while ((pid = sys_next_halted(&halted)) > 0) {
        const struct child *c = child_find(pid);

        if (c && c->stop_ms == 0)
            log_line(LOG_LEVEL_WARN, halted ? "%s was halted by a signal: it stands until SIGCONT" : "%s goes on",
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
    return 0;
}

void reap_stop(void)
{
    if (watcher.loop && !uv_is_closing((uv_handle_t *)&watcher))
        uv_close((uv_handle_t *)&watcher, NULL);
}

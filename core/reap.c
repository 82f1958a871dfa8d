#include "reap.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "child.h"
#include "log.h"
#include "loop.h"
#include "output.h"
#include "sys.h"

static uv_signal_t watcher;
static reap_fn tell;

static void reap_one(pid_t pid, int status)
{
    struct child *c = child_find(pid);
    char name[sizeof c->name];
    struct reap_child dead = {.name = name, .pid = pid};

    dead.how.signaled = WIFSIGNALED(status);
    dead.how.code = dead.how.signaled ? WTERMSIG(status) : WEXITSTATUS(status);
    if (!c) {
        log_line(LOG_LEVEL_DEBUG, "collected orphan %ld", (long)pid);
        return;
    }
    (void)snprintf(name, sizeof name, "%s", c->name);
    dead.ran_ms = sys_now() - c->started_ms;
    output_drain(name);
    child_remove(c);
    tell(&dead);
}

bool reap_now(void)
{
    int status;
    pid_t pid;

    /* Signals coalesce: go on until nothing more is dead. */
    while ((pid = sys_peek_dead()) > 0) {
        /* What a service leaves in its group (nginx's workers keep its port) must not meet its next start. Not yet
           waited for, so its pid cannot name another group. */
        if (child_find(pid))
            (void)sys_kill(-pid, SIGKILL);
        if (sys_waitpid(pid, &status, 0) == pid)
            reap_one(pid, status);
    }
    return pid == 0;
}

static void on_sigchld(uv_signal_t *handle, int signum)
{
    (void)handle;
    (void)signum;
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

#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/log.h"
#include "process/child.h"
#include "process/confine.h"
#include "process/exchange.h"
#include "process/mark.h"
#include "base/sys.h"

/* The child reports which step before or at exec failed, with its errno. */
enum spawn_step { STEP_SESSION, STEP_OUTPUT, STEP_LIMITS, STEP_DIRECTORY, STEP_USER, STEP_PARENT, STEP_EXEC };

struct spawn_failure {
    int step;
    int code;
};

static const char *const STEP_TEXT[] = {
    [STEP_SESSION] = "new session",      [STEP_OUTPUT] = "output descriptors",
    [STEP_LIMITS] = "resource limits",   [STEP_DIRECTORY] = "working directory",
    [STEP_USER] = "change of user",      [STEP_PARENT] = "tie to synlua",
    [STEP_EXEC] = "exec",
};

/* The code from here to the next such line runs between fork and exec. It makes only async-signal-safe calls. */

static _Noreturn void child_fail(int report, enum spawn_step step)
{
    struct spawn_failure f = {.step = (int)step, .code = errno};

    (void)!write(report, &f, sizeof f);
    _exit(127);
}

static void child_signals(void)
{
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    sigset_t none;
    int s;

    for (s = 1; s < NSIG; s++)
        (void)sigaction(s, &dfl, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int child_descriptors(const struct spawn_spec *spec)
{
    int in = spec->in > 0 ? spec->in : open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(spec->out, STDOUT_FILENO) < 0 ||
        dup2(spec->err, STDERR_FILENO) < 0)
        return -1;
    return 0;
}

/* Formatted before the fork. */
static char score[12];

/* A failure is ignored. To lower the score takes a privilege that few containers give, and some mount /proc read-only.
   */
static void child_score(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!write(fd, score, strlen(score));
    (void)close(fd);
}

static int child_limits(const struct spawn_spec *spec)
{
    struct rlimit lim;

    (void)umask(027);
    mark_take(spec->mark);
    if (getrlimit(RLIMIT_CORE, &lim) == 0) { /* a core file would hold keys and tokens; the hard limit stays as it is */
        lim.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &lim);
    }
    if (spec->open_files > 0 && getrlimit(RLIMIT_NOFILE, &lim) == 0) {
        rlim_t want = (rlim_t)spec->open_files;

        lim.rlim_cur = want < lim.rlim_max ? want : lim.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &lim) < 0)
            return -1;
    }
    if (spec->oom_score_adj != 0)
        child_score();
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Changes the user for good, and checks it: if the change did not work, no program may run. */
static int child_user(uid_t uid, gid_t gid)
{
    uid_t r, e, s;
    gid_t rg, eg, sg;

    if (uid == SPAWN_KEEP)
        return 0;
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return -1;
    if (getresuid(&r, &e, &s) < 0 || getresgid(&rg, &eg, &sg) < 0)
        return -1;
    if (r != uid || e != uid || s != uid || rg != gid || eg != gid || sg != gid || (uid != 0 && setuid(0) == 0)) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

/* Comes after the change of user, which would clear the setting. If synlua is killed, its lock is released. A service
   that went on could then run beside its successor on the same database. */
static int child_follows_parent(const struct spawn_spec *spec, pid_t parent)
{
    if (spec->death_signal == 0)
        return 0;
    if (prctl(PR_SET_PDEATHSIG, spec->death_signal, 0, 0, 0) < 0)
        return -1;
    if (getppid() == parent)
        return 0;
    errno = ESRCH; /* synlua died before the setting took effect */
    return -1;
}

/* Closes the descriptors that synlua inherited; its own are close-on-exec. Returns where the report goes now. */
static int child_close_others(int report)
{
    const int kept = STDERR_FILENO + 1;

    if (report != kept && dup3(report, kept, O_CLOEXEC) < 0)
        child_fail(report, STEP_OUTPUT);
    closefrom(kept + 1); /* without the system call, by /proc */
    return kept;
}

static _Noreturn void child_run(const struct spawn_spec *spec, int report, pid_t parent)
{
    child_signals();
    if (setsid() < 0)
        child_fail(report, STEP_SESSION);
    if (child_descriptors(spec) < 0)
        child_fail(report, STEP_OUTPUT);
    if (child_limits(spec) < 0)
        child_fail(report, STEP_LIMITS);
    if (spec->keep != CONFINE_NOTHING)
        confine_bounds(spec->keep);
    if (child_user(spec->uid, spec->gid) < 0)
        child_fail(report, STEP_USER);
    confine_sets(spec->keep);
    if (child_follows_parent(spec, parent) < 0)
        child_fail(report, STEP_PARENT);
    if (spec->cwd && chdir(spec->cwd) < 0)
        child_fail(report, STEP_DIRECTORY);
    report = child_close_others(report);
    (void)execve(spec->argv[0], spec->argv, spec->envp);
    child_fail(report, STEP_EXEC);
}

/* Here ends the code that runs between fork and exec. */

static pid_t parent_wait_exec(const struct spawn_spec *spec, pid_t pid, int report, struct err *e)
{
    struct spawn_failure f = {0};
    ssize_t n = sys_read(report, &f, sizeof f); /* returns 0 bytes at exec, which closes the other end */
    const char *what = STEP_TEXT[STEP_EXEC];

    if (n == 0)
        return pid;
    (void)sys_waitpid(pid, NULL, 0);
    if (n != (ssize_t)sizeof f)
        return err_set(e, EIO, "start of %s: the report of the child was cut short", spec->argv[0]);
    if (f.step >= 0 && f.step <= STEP_EXEC)
        what = STEP_TEXT[f.step];
    return err_set(e, f.code, "%s of %s: %s", what, spec->argv[0], strerror(f.code));
}

/* Once, and only where a service is to lose what root has: no_new_privs alone then keeps it from gaining that again. */
static void tell_short(const struct spawn_spec *spec)
{
    static bool told;

    if (told || spec->keep == CONFINE_NOTHING || geteuid() != 0 || !confine_is_short())
        return;
    told = true;
    log_line(LOG_LEVEL_WARN, "the bounding set of capabilities stays for services, because synlua has no CAP_SETPCAP; "
                             "no_new_privs alone keeps them from gaining one: add that capability (--cap-add=SETPCAP)");
}

pid_t spawn_process(const struct spawn_spec *spec, struct err *e)
{
    sigset_t all, before;
    pid_t pid, self = getpid();
    int report[2];

    tell_short(spec);
    (void)snprintf(score, sizeof score, "%d", spec->oom_score_adj);
    if (sys_pipe(report) < 0)
        return err_sys(e, "start of %s: pipe", spec->argv[0]);
    /* Signals are blocked around the fork, so that none of our handlers runs in the child. */
    (void)sigfillset(&all);
    child_lock(); /* once the watchdog has taken over, this never returns and nothing starts */
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    pid = sys_fork();
    if (pid == 0) {
        (void)close(report[0]);
        child_run(spec, report[1], self);
    }
    if (pid < 0)
        (void)err_sys(e, "start of %s: fork", spec->argv[0]);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    child_unlock();
    (void)close(report[1]);
    if (pid > 0)
        pid = parent_wait_exec(spec, pid, report[0], e);
    (void)close(report[0]);
    return pid;
}

/* Its user may open it by a name below /dev/fd. */
static int replace_input(const struct spawn_replacement *to, struct err *e)
{
    int fd = exchange_open(to->input, to->input_len, e), rc = -1;

    if (fd < 0)
        return -1;
    if ((to->uid != SPAWN_KEEP && sys_fchown(fd, to->uid, to->gid) < 0) || sys_fchmod(fd, 0600) < 0 ||
        dup2(fd, STDIN_FILENO) < 0)
        (void)err_sys(e, "input of %s", to->argv[0]);
    else
        rc = 0;
    exchange_close(fd);
    return rc;
}

int spawn_replace(const struct spawn_replacement *to, struct err *e)
{
    if (to->input && replace_input(to, e) < 0)
        return -1;
    if (to->cwd && chdir(to->cwd) < 0)
        return err_sys(e, "working directory %s", to->cwd);
    if (child_user(to->uid, to->gid) < 0)
        return err_sys(e, "change of user");
    child_signals();
    (void)execve(to->argv[0], to->argv, to->envp);
    return err_sys(e, "exec of %s", to->argv[0]);
}

/* wraps: fork */
#include "support.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "process/confine.h"
#include "process/mark.h"
#include "process/spawn.h"
#include "base/sys.h"

static bool no_fork, drop_is_a_lie;

pid_t __real_sys_fork(void);
pid_t __wrap_sys_fork(void);

pid_t __wrap_sys_fork(void)
{
    if (no_fork) {
        errno = EAGAIN;
        return -1;
    }
    return __real_sys_fork();
}

/* Stands before that of the C library. */
int setresuid(uid_t r, uid_t e, uid_t s)
{
    return drop_is_a_lie ? 0 : (int)syscall(SYS_setresuid, r, e, s);
}

static char *const environment[] = {"PATH=/usr/bin:/bin", "ONLY=this", NULL};

static struct spawn_spec spec_of(char *const *argv, int out)
{
    return (struct spawn_spec){.argv = argv, .envp = environment, .cwd = "/", .uid = SPAWN_KEEP, .gid = SPAWN_KEEP,
                               .out = out, .err = out};
}

/* All that the process of this spec prints. Its exit must be 0. */
static void run(struct spawn_spec spec, struct buf *printed)
{
    struct err e = {0};
    int fds[2], status;
    pid_t pid;

    make_pipe(fds);
    spec.out = spec.err = fds[1];
    pid = spawn_process(&spec, &e);
    (void)close(fds[1]);
    if (pid < 0)
        fail_msg("%s", e.msg);
    read_available(fds[0], printed);
    (void)close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0)
        fail_msg("status %d: %s", status, printed->data);
}

#define SH(script) ((char *const[]){"/bin/sh", "-c", script, NULL})
#define CAT(path) ((char *const[]){"/bin/cat", path, NULL})

static void expect_printed(struct spawn_spec spec, const char *text)
{
    struct buf printed = BUF_INIT;

    run(spec, &printed);
    if (!printed.data || !strstr(printed.data, text))
        fail_msg("expected: %s\ngot: %s", text, printed.data ? printed.data : "nothing");
    buf_free(&printed);
}

static void expect_failure(struct spawn_spec spec, int code, const char *text)
{
    struct err e = {0};

    assert_int_equal(spawn_process(&spec, &e), -1);
    assert_int_equal(e.code, code);
    assert_string_equal(e.msg, text);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void what_fails_in_the_child_is_told(void **state)
{
    struct spawn_spec spec = spec_of((char *const[]){"/nowhere/x", NULL}, STDOUT_FILENO);

    (void)state;
    expect_failure(spec, ENOENT, "exec of /nowhere/x: No such file or directory");
    spec.cwd = "/nowhere";
    expect_failure(spec, ENOENT, "working directory of /nowhere/x: No such file or directory");
    spec.out = 999;
    expect_failure(spec, EBADF, "output descriptors of /nowhere/x: Bad file descriptor");
}

static void a_fork_that_fails_leaves_no_descriptor(void **state)
{
    int before = dup(0);

    (void)state;
    (void)close(before);
    no_fork = true;
    expect_failure(spec_of(CAT("/dev/null"), STDOUT_FILENO), EAGAIN,
                   "start of /bin/cat: fork: Resource temporarily unavailable");
    no_fork = false;
    assert_int_equal(dup(0), before);
    (void)close(before);
}

static void no_core_is_written(void **state)
{
    struct rlimit before, lim;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
    lim = before;
    lim.rlim_cur = lim.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_CORE, &lim), 0);
    expect_printed(spec_of(SH("echo \"[$(ulimit -S -c)]\""), -1), "[0]");
    assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
}

/* A supervisor that is killed: the pid of its service. */
static pid_t orphan_of_a_killed_one(int death_signal, uid_t uid)
{
    struct spawn_spec spec = spec_of(SH("exec sleep 1000"), STDOUT_FILENO);
    int fds[2], status;
    pid_t parent, pid = -1;

    spec.death_signal = death_signal;
    if (uid != 0)
        spec.uid = spec.gid = uid;
    make_pipe(fds);
    parent = fork();
    if (parent == 0) {
        struct err e = {0};

        pid = spawn_process(&spec, &e);
        (void)!write(fds[1], &pid, sizeof pid);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(read(fds[0], &pid, sizeof pid), sizeof pid);
    (void)close(fds[0]);
    (void)close(fds[1]);
    assert_true(pid > 0);
    return pid;
}

static void a_service_ends_when_synlua_is_killed(void **state)
{
    uid_t users[] = {0, geteuid() == 0 ? 991 : 0};
    int status;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    for (size_t i = 0; i < 2; i++) {
        pid_t pid = orphan_of_a_killed_one(SIGTERM, users[i]);

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    }
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static void signals_are_as_a_new_process_expects_them(void **state)
{
    struct spawn_spec spec = spec_of(CAT("/proc/self/status"), -1);
    sigset_t one;

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &one, NULL);
    expect_printed(spec, "SigBlk:\t0000000000000000\n");
    /* 32 and 33 belong to glibc, which lets nobody change them: some parents hand them on ignored. */
    expect_printed(spec_of(SH("ignored=$(sed -n 's/^SigIgn:.//p' /proc/self/status); "
                              "echo $((0x$ignored & ~0x180000000)) ignored"), -1), "0 ignored\n");
    expect_printed(spec, "NoNewPrivs:\t1\n");
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void only_three_descriptors_and_the_given_environment_are_handed_over(void **state)
{
    (void)state;
    assert_int_equal(dup2(STDERR_FILENO, 57), 57); /* not close-on-exec */
    expect_printed(spec_of(SH("test ! -e /proc/self/fd/57 && readlink /proc/self/fd/0"), -1), "/dev/null\n");
    (void)close(57);
    expect_printed(spec_of((char *const[]){"/usr/bin/env", NULL}, -1), "PATH=/usr/bin:/bin\nONLY=this\n");
}

/* From now on the kernel has no close_range for this process: there is none before Linux 5.9. */
static bool become_an_older_kernel(int code)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof *steps, .filter = steps};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
           syscall(SYS_close_range, 100000, ~0U, 0) < 0;
}

static void no_other_descriptor_is_handed_over_by_an_older_kernel_either(void **state)
{
    static const int codes[] = {ENOSYS, EINVAL};
    struct spawn_spec spec = spec_of(SH("ls /proc/self/fd | grep -c ."), -1);

    (void)state;
    spec.open_files = 200; /* lower than one that is open */
    for (int i = 0; i < 2; i++) {
        struct buf printed = BUF_INIT;
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            if (!become_an_older_kernel(codes[i]))
                _exit(2); /* under valgrind */
            (void)dup2(STDERR_FILENO, 57);
            for (int fd = 700; fd < 1000; fd++)
                (void)dup2(STDERR_FILENO, fd);
            run(spec, &printed);
            _exit(printed.data && strstr(printed.data, "4\n") ? 0 : 1); /* of ls: three, and the directory */
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
            skip();
        assert_int_equal(status, 0);
    }
}

static void each_child_leads_its_own_session(void **state)
{
    struct spawn_spec spec = spec_of((char *const[]){"/bin/sleep", "1000", NULL}, STDOUT_FILENO);
    struct err e = {0};
    pid_t pid = spawn_process(&spec, &e);

    (void)state;
    assert_true(pid > 0);
    assert_int_equal(getsid(pid), pid);
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void limits_are_set(void **state)
{
    struct spawn_spec spec = spec_of(SH("umask; cat /proc/self/oom_score_adj; ulimit -Sn"), -1);
    const char *preload = getenv("LD_PRELOAD");

    (void)state;
    spec.open_files = 77;
    spec.oom_score_adj = 500;
    /* valgrind keeps the limit of descriptors to itself */
    expect_printed(spec, preload && strstr(preload, "vgpreload") ? "0027\n500\n" : "0027\n500\n77\n");
}

/* In a process of its own, where a file stands in the place of the kernel's: to lower the score takes a privilege. */
static void a_negative_score_is_asked_for(void **state)
{
    struct spawn_spec spec = spec_of(SH(":"), STDOUT_FILENO);
    char text[8] = "";
    struct err e = {0};
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("none", "/proc", "tmpfs", 0, NULL) < 0)
            _exit(2); /* we may not: nothing is known */
        (void)mkdir("/proc/self", 0755);
        status = open("/proc/self/oom_score_adj", O_RDONLY | O_CREAT, 0644);
        spec.oom_score_adj = -500;
        (void)waitpid(spawn_process(&spec, &e), NULL, 0);
        (void)!read(status, text, sizeof text - 1);
        _exit(strcmp(text, "-500") == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
        skip();
    assert_int_equal(status, 0);
}

static void the_mark_is_handed_down_whatever_session_or_user_it_is(void **state)
{
    struct spawn_spec spec = spec_of(SH("echo $$; setsid -f sh -c 'echo $$; exec sleep 1000'; exec sleep 1000"), -1);
    uint64_t mark = mark_of_name("a service");
    struct err e = {0};
    pid_t pids[2];
    int fds[2];
    FILE *printed;

    (void)state;
    make_pipe(fds);
    spec.out = spec.err = fds[1];
    spec.mark = mark;
    if (geteuid() == 0)
        spec.uid = spec.gid = 65534;
    assert_true(spawn_process(&spec, &e) > 0);
    (void)close(fds[1]);
    printed = fdopen(fds[0], "r");
    assert_int_equal(fscanf(printed, "%d %d", &pids[0], &pids[1]), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(getsid(pids[i]), pids[i]);
        assert_true(mark_of_process(pids[i]) == mark);
        assert_false(mark == mark_of_name("another") || mark == 0);
        (void)kill(pids[i], SIGKILL);
    }
    assert_false(mark_of_process(getpid()) == mark);
    assert_int_equal(waitpid(pids[0], NULL, 0), pids[0]);
    (void)fclose(printed);
}

static void the_user_is_changed_for_good_or_nothing_runs(void **state)
{
    struct spawn_spec spec = spec_of(CAT("/proc/self/status"), -1);

    (void)state;
    if (geteuid() != 0)
        skip();
    spec.uid = spec.gid = 65534;
    expect_printed(spec, "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\n");
    expect_printed(spec, "Groups:\t \n");
    drop_is_a_lie = true;
    spec.out = spec.err = STDOUT_FILENO;
    expect_failure(spec, EPERM, "change of user of /bin/cat: Operation not permitted");
    drop_is_a_lie = false;
}

#define SETS "grep -E '^(Cap|NoNew)' /proc/self/status"

static void no_capability_is_kept_or_can_be_gained(void **state)
{
    struct spawn_spec spec = spec_of(SH(SETS), -1);

    (void)state;
    if (geteuid() != 0)
        skip();
    spec.uid = spec.gid = 65534;
    expect_printed(spec, "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
                         "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
}

static void of_what_synlua_has_only_what_is_kept_is_handed_down(void **state)
{
    struct spawn_spec spec = spec_of(SH(SETS " | grep -v Inh"), -1);

    (void)state;
    if (geteuid() != 0)
        skip();
    spec.keep = 1 << 10;
    expect_printed(spec, "CapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n"
                         "CapBnd:\t0000000000000400\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
}

static void where_nothing_is_to_be_taken_all_stays(void **state)
{
    struct spawn_spec spec = spec_of(SH("test \"$(grep CapBnd /proc/self/status)\" = "
                                        "\"$(grep CapBnd /proc/$PPID/status)\" && echo same"), -1);

    (void)state;
    spec.keep = CONFINE_NOTHING;
    expect_printed(spec, "same\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_in_the_child_is_told),
        cmocka_unit_test(a_fork_that_fails_leaves_no_descriptor),
        cmocka_unit_test(no_core_is_written),
        cmocka_unit_test(a_service_ends_when_synlua_is_killed),
        cmocka_unit_test(signals_are_as_a_new_process_expects_them),
        cmocka_unit_test(only_three_descriptors_and_the_given_environment_are_handed_over),
        cmocka_unit_test(no_other_descriptor_is_handed_over_by_an_older_kernel_either),
        cmocka_unit_test(each_child_leads_its_own_session),
        cmocka_unit_test(limits_are_set),
        cmocka_unit_test(a_negative_score_is_asked_for),
        cmocka_unit_test(the_mark_is_handed_down_whatever_session_or_user_it_is),
        cmocka_unit_test(the_user_is_changed_for_good_or_nothing_runs),
        cmocka_unit_test(no_capability_is_kept_or_can_be_gained),
        cmocka_unit_test(of_what_synlua_has_only_what_is_kept_is_handed_down),
        cmocka_unit_test(where_nothing_is_to_be_taken_all_stays),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

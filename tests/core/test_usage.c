/* wraps: openat */
#include "support.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/sys.h"
#include "host/usage.h"

#define MEMORY ((size_t)16 << 20)

static const char *closed_file; /* the last part of the path that may not be opened */
static const char *other_fds;   /* a directory that is opened in place of that of the descriptors */

int __real_sys_openat(int dir, const char *path, int flags, mode_t mode);
int __wrap_sys_openat(int dir, const char *path, int flags, mode_t mode);

int __wrap_sys_openat(int dir, const char *path, int flags, mode_t mode)
{
    if (closed_file && strstr(path, closed_file)) {
        errno = EACCES;
        return -1;
    }
    return __real_sys_openat(dir, other_fds && strstr(path, "/fd") ? other_fds : path, flags, mode);
}

static void burn(double seconds)
{
    struct timespec t;

    do
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    while ((double)t.tv_sec + (double)t.tv_nsec / 1e9 < seconds);
}

/* In the child: a session of two processes, of which the leader waited for a third that used CPU time. */
static void session(int ready)
{
    pid_t burner, other;

    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test must not leave it */
    burner = fork();
    if (burner == 0) {
        burn(0.3);
        _exit(0);
    }
    (void)waitpid(burner, NULL, 0);
    other = fork();
    if (other == 0) {
        char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        memset(memory, 1, MEMORY);
        (void)open("/dev/null", O_RDONLY);
        (void)!write(ready, "r", 1);
    }
    for (;;)
        (void)pause();
}

static pid_t start(void (*what)(int ready))
{
    int fds[2];
    char byte;
    pid_t pid;

    make_pipe(fds);
    pid = fork();
    if (pid == 0)
        what(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return pid;
}

static pid_t start_session(void)
{
    return start(session);
}

static void end_session(pid_t pid)
{
    (void)kill(-pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

static void a_session_is_summed(void **state)
{
    pid_t pid = start_session();
    struct usage u = {.leader = pid}, one = {.leader = pid};
    struct err e = {0};

    (void)state;
    assert_int_equal(usage_services(&u, 1, true, &e), 0);
    assert_int_equal(usage_process(&one, true, &e), 0);
    end_session(pid);
    assert_int_equal(u.processes, 2);
    assert_int_equal(u.threads, 2);
    assert_true(u.rss >= one.rss + MEMORY);
    assert_true(u.pss_known && u.pss >= MEMORY);
    assert_true(u.fds_known);
    assert_int_equal(u.fds, 2 * one.fds + 1);
    assert_true(u.cpu_ms >= 280); /* of one that it has waited for */
    assert_int_equal(one.processes, 1);
    assert_true(one.pss_known && one.pss + MEMORY <= u.pss);
    assert_true(one.cpu_ms < 280);
}

/* In the child: a leader whose child and grandchild each lead a session of their own. */
static void family(int ready)
{
    int left;

    for (left = 2; left >= 0; left--) {
        (void)setsid();
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (left == 0)
            (void)!write(ready, "r", 1);
        if (left == 0 || fork() > 0)
            break;
    }
    for (;;)
        (void)pause();
}

static void a_descendant_counts_whatever_its_session(void **state)
{
    pid_t pid = start(family);
    struct usage u = {.leader = pid};
    struct err e = {0};

    (void)state;
    assert_int_equal(usage_services(&u, 1, false, &e), 0);
    end_session(pid);
    assert_int_equal(u.processes, 3);
}

static void several_sessions_are_told_apart(void **state)
{
    pid_t pid = start_session(), other = start_session();
    struct usage list[] = {{.leader = other}, {.leader = pid}, {.leader = 0x7ffffff0}};
    struct err e = {0};

    (void)state;
    assert_int_equal(usage_services(list, 3, false, &e), 0);
    end_session(pid);
    end_session(other);
    assert_int_equal(list[0].processes, 2);
    assert_int_equal(list[1].processes, 2);
    assert_int_equal(list[2].processes, 0);
    assert_int_equal(list[2].rss, 0);
    assert_false(list[0].pss_known); /* was not asked for */
}

static void what_may_not_be_looked_at_is_unknown(void **state)
{
    pid_t pid = start_session();
    struct usage u = {.leader = pid};
    struct err e = {0};

    (void)state;
    closed_file = "/smaps_rollup";
    assert_int_equal(usage_services(&u, 1, true, &e), 0);
    assert_true(u.fds_known && !u.pss_known);
    closed_file = "/fd";
    assert_int_equal(usage_services(&u, 1, true, &e), 0);
    assert_true(!u.fds_known && u.pss_known);
    assert_int_equal(u.processes, 2);
    closed_file = NULL;
    end_session(pid);
}

static long count_entries(const char *path)
{
    DIR *dir = opendir(path);
    long count = -2; /* . and .. */

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count;
}

/* Before Linux 6.2, /proc/PID/fd says no size, as /proc/tty never does. */
static void descriptors_are_counted_where_their_directory_has_no_size(void **state)
{
    pid_t pid = start_session();
    struct usage u = {.leader = pid};
    struct err e = {0};
    struct stat st;

    (void)state;
    other_fds = "/proc/tty";
    assert_int_equal(stat(other_fds, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(usage_services(&u, 1, false, &e), 0);
    other_fds = NULL;
    assert_true(u.fds_known);
    assert_int_equal(u.fds, 2 * count_entries("/proc/tty"));
    end_session(pid);
}

static void a_dead_process_uses_nothing(void **state)
{
    pid_t pid = fork();
    struct usage u = {.leader = pid};
    struct err e = {0};
    siginfo_t info;

    (void)state;
    if (pid == 0) {
        (void)setsid();
        _exit(0);
    }
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(usage_services(&u, 1, true, &e), 0); /* not waited for yet */
    assert_int_equal(u.processes, 1);
    assert_int_equal(u.rss + u.pss + (uint64_t)u.fds, 0);
    (void)waitpid(pid, NULL, 0);
    assert_int_equal(usage_services(&u, 1, true, &e), 0);
    assert_int_equal(u.processes, 0);
    assert_int_equal(usage_process(&u, false, &e), -1);
    assert_int_equal(e.code, ESRCH);
}

static void no_descriptor_is_left(void **state)
{
    struct usage before = {.leader = getpid()}, after = before;
    struct err e = {0};

    (void)state;
    assert_int_equal(usage_process(&before, true, &e), 0);
    assert_int_equal(usage_services(&after, 1, true, &e), 0);
    assert_int_equal(usage_process(&after, true, &e), 0);
    assert_int_equal(before.fds, after.fds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_summed),
        cmocka_unit_test(a_descendant_counts_whatever_its_session),
        cmocka_unit_test(several_sessions_are_told_apart),
        cmocka_unit_test(what_may_not_be_looked_at_is_unknown),
        cmocka_unit_test(descriptors_are_counted_where_their_directory_has_no_size),
        cmocka_unit_test(a_dead_process_uses_nothing),
        cmocka_unit_test(no_descriptor_is_left),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

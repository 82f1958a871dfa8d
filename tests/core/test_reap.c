/* wraps: kill waitpid */
#include "support.h"

#include "process/child.h"
#include "process/mark.h"
#include "output/output.h"
#include "process/reap.h"
#include "process/spawn.h"
#include "base/sys.h"

#define MOST 64

static struct reap_child told[MOST];
static char last[256];
static int count;
static pid_t waited[256], group_killed;
static int waited_count;
static pid_t immortal; /* SIGKILL does not reach it */
static bool unkilled; /* a child of the table was waited for before its group was killed */

int __real_sys_kill(pid_t pid, int sig);
int __wrap_sys_kill(pid_t pid, int sig);
pid_t __real_sys_waitpid(pid_t pid, int *status, int flags);
pid_t __wrap_sys_waitpid(pid_t pid, int *status, int flags);

int __wrap_sys_kill(pid_t pid, int sig)
{
    if (sig == SIGKILL && pid < 0)
        group_killed = -pid;
    if (immortal != 0 && pid == immortal && sig == SIGKILL)
        return 0;
    return __real_sys_kill(pid, sig);
}

pid_t __wrap_sys_waitpid(pid_t pid, int *status, int flags)
{
    if (child_find(pid) && group_killed != pid)
        unkilled = true;
    if (waited_count < 256)
        waited[waited_count++] = pid;
    return __real_sys_waitpid(pid, status, flags);
}

static bool was_waited(pid_t pid)
{
    for (int i = 0; i < waited_count; i++)
        if (waited[i] == pid)
            return true;
    return false;
}

static void on_exit_of_child(const struct reap_child *dead)
{
    static char ring[RING_MAX];
    size_t len = output_last(dead->name, 1, ring);

    (void)snprintf(last, sizeof last, "%.*s", len > 0 ? (int)len - 1 : 0, ring);
    assert_null(child_find(dead->pid));
    assert_true(count < MOST);
    told[count++] = *dead;
}

static int saved;

static int setup(void **state)
{
    struct err e = {0};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    count = waited_count = 0;
    group_killed = immortal = 0;
    unkilled = false;
    saved = redirect(STDOUT_FILENO, null);
    (void)close(null);
    return loop_setup(state) < 0 || output_start(&e) < 0 ? -1 : reap_start(on_exit_of_child, &e);
}

static int teardown(void **state)
{
    output_stop();
    reap_stop();
    restore(STDOUT_FILENO, saved);
    return loop_teardown(state);
}

static pid_t begin_marked(const char *name, const char *script, int out, uint64_t mark)
{
    char *argv[] = {"/bin/sh", "-c", (char *)(size_t)script, NULL}, *envp[] = {"PATH=/usr/bin:/bin", NULL};
    struct spawn_spec spec = {.argv = argv, .envp = envp, .uid = SPAWN_KEEP, .gid = SPAWN_KEEP, .out = out, .err = out,
                              .mark = mark};
    struct child c = {.stage = 1, .mark = mark};
    struct err e = {0};

    c.pid = spawn_process(&spec, &e);
    assert_true(c.pid > 0);
    (void)snprintf(c.name, sizeof c.name, "%s", name);
    assert_non_null(child_add(&c, &e));
    return c.pid;
}

static pid_t begin(const char *name, const char *script, int out)
{
    return begin_marked(name, script, out, 0);
}

static void a_child_is_told_with_how_it_ended(void **state)
{
    pid_t pid = begin("a", "exit 7", STDOUT_FILENO);

    (void)state;
    RUN_UNTIL(count == 1);
    assert_int_equal(told[0].pid, pid);
    assert_false(told[0].how.signaled);
    assert_int_equal(told[0].how.code, 7);
    (void)begin("a", "kill -USR1 $$", STDOUT_FILENO);
    RUN_UNTIL(count == 2);
    assert_true(told[1].how.signaled);
    assert_int_equal(told[1].how.code, SIGUSR1);
    assert_null(child_first());
}

static pid_t read_pid(int fd)
{
    char text[32] = "";

    assert_true(read(fd, text, sizeof text - 1) > 0);
    return (pid_t)strtol(text, NULL, 10);
}

static void the_group_of_a_dead_child_is_killed_before_it_is_waited_for(void **state)
{
    pid_t left;
    int fds[2];

    (void)state;
    make_pipe(fds);
    (void)begin("a", "sleep 1000 & echo $!", fds[1]);
    left = read_pid(fds[0]);
    RUN_UNTIL(count == 1 && was_waited(left));
    assert_false(unkilled);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* A service whose helper has a session of its own; returns the helper. */
static pid_t begin_with_helper(const char *name, const char *helper)
{
    char script[256];
    pid_t pid;
    int fds[2];

    make_pipe(fds);
    (void)snprintf(script, sizeof script, "setsid sh -c '%s' & read x </dev/null; wait", helper);
    (void)begin_marked(name, script, fds[1], mark_of_name(name));
    pid = read_pid(fds[0]);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return pid;
}

#define HELPER "echo $$; exec sleep 1000"

static void kill_child(const char *name)
{
    assert_int_equal(kill(child_named(name)->pid, SIGKILL), 0);
}

static void what_a_dead_child_left_in_another_session_has_ended_before_it_is_told(void **state)
{
    pid_t helper = begin_with_helper("a", HELPER);

    (void)state;
    kill_child("a");
    RUN_UNTIL(count == 1);
    assert_true(was_waited(helper));
    assert_int_equal(told[0].how.code, SIGKILL);
    assert_true(told[0].left > 0);
    assert_null(child_first());
    assert_false(reap_now());
}

static void so_have_the_children_of_what_it_left(void **state)
{
    pid_t last_one = begin_with_helper("a", "setsid sh -c \"setsid sh -c \\\"echo \\\\\\$\\\\\\$; exec sleep 1000\\\" & wait\" & wait");

    (void)state;
    kill_child("a");
    RUN_UNTIL(count == 1);
    assert_true(was_waited(last_one));
    assert_false(reap_now());
}

static void the_same_when_it_ends_by_itself(void **state)
{
    pid_t helper;
    int fds[2];

    (void)state;
    make_pipe(fds);
    (void)begin_marked("a", "setsid sh -c '" HELPER "' & read x; exit 7", fds[1], mark_of_name("a"));
    helper = read_pid(fds[0]);
    RUN_UNTIL(count == 1);
    assert_int_equal(told[0].how.code, 7);
    assert_true(was_waited(helper));
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* A child of ours that no service has started: what somebody started from outside becomes one in a container. */
static pid_t begin_outsider(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)setsid();
        (void)pause();
        _exit(0);
    }
    return pid;
}

static void what_others_started_or_somebody_outside_is_left_alone(void **state)
{
    pid_t of_b = begin_with_helper("b", HELPER), outsider = begin_outsider();

    (void)state;
    (void)begin_with_helper("a", HELPER);
    kill_child("a");
    RUN_UNTIL(count == 1);
    assert_false(was_waited(of_b) || was_waited(outsider));
    assert_int_equal(kill(of_b, 0), 0);
    assert_int_equal(kill(outsider, SIGKILL), 0);
    kill_child("b");
    RUN_UNTIL(count == 2 && was_waited(outsider));
    assert_true(was_waited(of_b));
    assert_false(reap_now());
}

static void its_name_is_taken_until_what_it_left_has_ended(void **state)
{
    pid_t helper = begin_with_helper("a", HELPER), service = child_named("a")->pid;

    (void)state;
    immortal = helper;
    kill_child("a");
    RUN_UNTIL(was_waited(service));
    run_turns(3);
    assert_int_equal(count, 0);
    assert_non_null(child_named("a"));
    assert_null(child_find(service)); /* its pid is free */
    assert_int_equal(kill(helper, SIGTERM), 0);
    RUN_UNTIL(count == 1);
    assert_null(child_named("a"));
}

static void what_cannot_be_killed_is_not_waited_for_for_ever(void **state)
{
    pid_t helper = begin_with_helper("a", HELPER);

    (void)state;
    immortal = helper;
    kill_child("a");
    RUN_UNTIL(count == 1);
    assert_false(was_waited(helper));
    assert_int_equal(kill(helper, SIGTERM), 0);
    RUN_UNTIL(was_waited(helper));
}

static void orphans_are_collected_and_not_told(void **state)
{
    pid_t orphan;
    int fds[2];

    (void)state;
    make_pipe(fds);
    (void)begin("a", "setsid sh -c 'echo $$; exec sleep 1000' & read x </dev/null; wait", fds[1]);
    orphan = read_pid(fds[0]);
    assert_int_equal(kill(child_named("a")->pid, SIGKILL), 0);
    RUN_UNTIL(count == 1);
    assert_true(reap_now()); /* it lives in a session of its own, and is ours now */
    assert_int_equal(kill(orphan, SIGTERM), 0);
    RUN_UNTIL(was_waited(orphan));
    assert_int_equal(count, 1);
    assert_false(reap_now());
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void many_that_die_at_once_are_all_told(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "s%d", i);
        (void)begin(name, "exit 0", STDOUT_FILENO);
    }
    RUN_UNTIL(count == 20);
    assert_null(child_first());
}

static void the_last_words_come_before_the_death(void **state)
{
    struct err e = {0};

    (void)state;
    (void)begin("a", "printf 'last words'", output_writer("a", "out", &e));
    RUN_UNTIL(count == 1);
    assert_string_equal(last, "last words");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_child_is_told_with_how_it_ended),
        TEST(the_group_of_a_dead_child_is_killed_before_it_is_waited_for),
        TEST(what_a_dead_child_left_in_another_session_has_ended_before_it_is_told),
        TEST(so_have_the_children_of_what_it_left),
        TEST(the_same_when_it_ends_by_itself),
        TEST(what_others_started_or_somebody_outside_is_left_alone),
        TEST(its_name_is_taken_until_what_it_left_has_ended),
        TEST(what_cannot_be_killed_is_not_waited_for_for_ever),
        TEST(orphans_are_collected_and_not_told),
        TEST(many_that_die_at_once_are_all_told),
        TEST(the_last_words_come_before_the_death),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

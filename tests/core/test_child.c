/* wraps: kill */
#include "support.h"

#include "process/child.h"
#include "base/sys.h"

static pid_t signalled;

int __wrap_sys_kill(pid_t pid, int sig);

int __wrap_sys_kill(pid_t pid, int sig)
{
    (void)sig;
    signalled = pid;
    return 0;
}

static struct child *add(const char *name, pid_t pid, int stage)
{
    struct child spec = {.pid = pid, .stage = stage, .stop_ms = 5, .killed = true};
    struct err e = {0};

    (void)snprintf(spec.name, sizeof spec.name, "%s", name);
    return child_add(&spec, &e);
}

static void children_are_found_by_pid_and_name(void **state)
{
    struct child *a = add("a", 1000001, 1), *b = add("b", 1000002, 4);

    (void)state;
    assert_ptr_equal(child_find(1000001), a);
    assert_ptr_equal(child_named("b"), b);
    assert_null(child_named("c"));
    assert_int_equal(child_top_stage(100), 4);
    child_remove(b);
    assert_int_equal(child_top_stage(100), 1);
    child_remove(a);
    assert_int_equal(child_top_stage(100), -1);
    assert_null(child_first());
}

/* A session of its own: that of the test may have begun outside of its PID namespace, and then has no number here. */
static void whoever_is_in_the_session_of_a_child_belongs_to_it(void **state)
{
    int fds[2];
    pid_t leader, helper = 0;
    struct child *c;

    (void)state;
    make_pipe(fds);
    leader = fork();
    if (leader == 0) {
        (void)setsid();
        helper = fork();
        if (helper > 0)
            (void)!write(fds[1], &helper, sizeof helper);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(fds[0], &helper, sizeof helper), sizeof helper);
    c = add("a", leader, 1);
    assert_ptr_equal(child_of(leader), c);
    assert_ptr_equal(child_of(helper), c);
    assert_null(child_of(getpid()));
    child_remove(c);
    assert_null(child_of(helper));
    assert_int_equal(kill(-leader, SIGKILL), 0);
    assert_int_equal(waitpid(leader, NULL, 0), leader);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void a_new_child_was_not_asked_to_stop(void **state)
{
    struct child *a = add("a", 1000001, 1);

    (void)state;
    assert_int_equal(a->stop_ms, 0);
    assert_false(a->killed);
    child_remove(a);
}

static void only_sigkill_goes_to_the_whole_group(void **state)
{
    struct child *a = add("a", 1000001, 1);

    (void)state;
    child_signal(a, SIGTERM);
    assert_int_equal(signalled, 1000001);
    child_signal(a, SIGKILL);
    assert_int_equal(signalled, -1000001);
    child_remove(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_are_found_by_pid_and_name),
        cmocka_unit_test(whoever_is_in_the_session_of_a_child_belongs_to_it),
        cmocka_unit_test(a_new_child_was_not_asked_to_stop),
        cmocka_unit_test(only_sigkill_goes_to_the_whole_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* wraps: kill */
#include "support.h"

#include "child.h"
#include "sys.h"

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

static void children_are_found_by_pid_name_and_session(void **state)
{
    struct child *a = add("a", 1000001, 1), *b = add("b", getsid(0), 4);

    (void)state;
    assert_ptr_equal(child_find(1000001), a);
    assert_ptr_equal(child_named("b"), b);
    assert_null(child_named("c"));
    assert_ptr_equal(child_of(getpid()), b);
    assert_int_equal(child_top_stage(), 4);
    child_remove(b);
    assert_null(child_of(getpid()));
    assert_int_equal(child_top_stage(), 1);
    child_remove(a);
    assert_int_equal(child_top_stage(), -1);
    assert_null(child_first());
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
        cmocka_unit_test(children_are_found_by_pid_name_and_session),
        cmocka_unit_test(a_new_child_was_not_asked_to_stop),
        cmocka_unit_test(only_sigkill_goes_to_the_whole_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include "process/signals.h"

static int caught;

static void on_signal(int signum)
{
    caught = signum;
}

static void stop_signals_and_three_more_are_told(void **state)
{
    static const int taken[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};
    struct err e = {0};

    (void)state;
    signals_prepare(on_signal);
    assert_int_equal(signals_take(&e), 0);
    assert_int_equal(signals_take(&e), 0);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        assert_int_equal(raise(taken[i]), 0);
        RUN_UNTIL(caught == taken[i]);
    }
    assert_int_equal(raise(SIGPIPE), 0);
    signals_stop();
}

/* Also where a shell ignored them for us, as in the background. */
static void until_they_are_taken_they_end_the_program(void **state)
{
    static const int ends[] = {SIGTERM, SIGINT, SIGQUIT};
    size_t i;

    (void)state;
    assert_false(signals_taken());
    for (i = 0; i < sizeof ends / sizeof *ends; i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            (void)signal(ends[i], SIG_IGN);
            signals_prepare(on_signal);
            (void)raise(ends[i]);
            _exit(1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == ends[i]);
    }
}

static void signals_have_names(void **state)
{
    (void)state;
    assert_string_equal(signals_name(SIGTERM), "TERM");
    assert_int_equal(signals_number("WINCH"), SIGWINCH);
    assert_int_equal(signals_number("NONE"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(until_they_are_taken_they_end_the_program),
        cmocka_unit_test_setup_teardown(stop_signals_and_three_more_are_told, loop_setup, loop_teardown),
        cmocka_unit_test(signals_have_names),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
    assert_int_equal(signals_start(on_signal, &e), 0);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        assert_int_equal(raise(taken[i]), 0);
        RUN_UNTIL(caught == taken[i]);
    }
    assert_int_equal(raise(SIGPIPE), 0);
    signals_stop();
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
        cmocka_unit_test_setup_teardown(stop_signals_and_three_more_are_told, loop_setup, loop_teardown),
        cmocka_unit_test(signals_have_names),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

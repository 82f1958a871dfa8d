#include "support.h"

#include "log.h"

static void expect_logged(enum log_level level, const char *text, const char *shown)
{
    struct buf got = BUF_INIT;
    struct err e = {0};
    int fds[2], saved;

    make_pipe(fds);
    saved = redirect(STDERR_FILENO, fds[1]);
    assert_int_equal(log_open(&e), 0);
    log_line(level, "%s", text);
    log_close();
    restore(STDERR_FILENO, saved);
    (void)close(fds[1]);
    read_available(fds[0], &got);
    (void)close(fds[0]);
    assert_string_equal(got.data ? got.data : "", shown);
    buf_free(&got);
}

static void every_line_is_prefixed_and_shows_control_characters(void **state)
{
    (void)state;
    expect_logged(LOG_LEVEL_INFO, "a\x1b[0m\nb\n\n", "synlua | a\\x1b[0m\nsynlua |   b\n");
    expect_logged(LOG_LEVEL_WARN, "a", "synlua | warning: a\n");
    expect_logged(LOG_LEVEL_ERROR, "a", "synlua | error: a\n");
}

static void what_is_below_the_threshold_is_not_shown(void **state)
{
    (void)state;
    expect_logged(LOG_LEVEL_DEBUG, "a", "");
    log_threshold(LOG_LEVEL_DEBUG);
    expect_logged(LOG_LEVEL_DEBUG, "a", "synlua | debug: a\n");
    log_line(LOG_LEVEL_ERROR, "nobody listens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_prefixed_and_shows_control_characters),
        cmocka_unit_test(what_is_below_the_threshold_is_not_shown),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include "output/log.h"

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

static struct buf tapped;

static void take(const char *lines, size_t len)
{
    (void)buf_add(&tapped, lines, len);
}

static void a_tap_gets_what_is_shown_without_prefix(void **state)
{
    (void)state;
    log_tap(take);
    log_threshold(LOG_LEVEL_INFO);
    expect_logged(LOG_LEVEL_DEBUG, "no", "");
    expect_logged(LOG_LEVEL_WARN, "a\nb", "synlua | warning: a\nsynlua |   b\n");
    log_tap(NULL);
    expect_logged(LOG_LEVEL_INFO, "c", "synlua | c\n");
    assert_string_equal(tapped.data, "warning: a\n  b\n");
    buf_free(&tapped);
}

static void as_json_an_event_is_one_object(void **state)
{
    struct buf got = BUF_INIT;
    struct err e = {0};
    int fds[2], saved;

    (void)state;
    make_pipe(fds);
    saved = redirect(STDERR_FILENO, fds[1]);
    assert_int_equal(log_open(&e), 0);
    log_json(true);
    log_line(LOG_LEVEL_WARN, "a\n\x1b");
    log_json(false);
    log_close();
    restore(STDERR_FILENO, saved);
    (void)close(fds[1]);
    read_available(fds[0], &got);
    (void)close(fds[0]);
    assert_memory_equal(got.data, "{\"ts\":\"2", 8);
    assert_string_equal(strchr(got.data, ','),
                        ",\"service\":\"synlua\",\"stream\":\"err\",\"level\":\"warning\",\"msg\":\"a\\n\\u001b\"}\n");
    buf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_prefixed_and_shows_control_characters),
        cmocka_unit_test(what_is_below_the_threshold_is_not_shown),
        cmocka_unit_test(a_tap_gets_what_is_shown_without_prefix),
        cmocka_unit_test(as_json_an_event_is_one_object),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include "output/lines.h"

/* Shows the lines of a text: "+" before a line that begins an event, "." before one that continues it, "|" before an
   unfinished line, and "!" at the end if the event may go on. */
static void expect_lines(const char *text, bool all, const char *expected)
{
    const char *at = text, *end = text + strlen(text);
    struct buf got = BUF_INIT;
    struct lines l = {0};
    struct line line;

    while (lines_next(&l, &at, end, all, &line)) {
        (void)buf_str(&got, line.starts ? "+" : ".");
        (void)buf_add(&got, line.text, line.len);
    }
    (void)buf_addf(&got, "|%s%s", at, lines_open(&l, at, (size_t)(end - at)) ? "!" : "");
    assert_string_equal(got.data, expected);
    buf_free(&got);
}

static void lines_are_split_at_newlines(void **state)
{
    (void)state;
    expect_lines("", false, "|");
    expect_lines("a\n\nb\nc", false, "+a++b|c");
    expect_lines("a\nb", true, "+a+b|");
}

static void indented_lines_continue_the_one_before(void **state)
{
    (void)state;
    expect_lines("a\n b\n\tc\n", false, "+a. b.\tc|!");
    expect_lines("a\n b\nc\n", false, "+a. b+c|");
    expect_lines("a\n b", false, "+a| b!");
}

static void a_traceback_ends_with_the_line_after_the_exception(void **state)
{
    (void)state;
    expect_lines("x\nTraceback (most recent call last):\n", false, "+x.Traceback (most recent call last):|!");
    expect_lines("Traceback (most recent call last):\n  f\nE: 1\n", false,
                 ".Traceback (most recent call last):.  f.E: 1|!");
    expect_lines("Traceback (most recent call last):\n  f\nE: 1\nnext\n", false,
                 ".Traceback (most recent call last):.  f.E: 1+next|");
    expect_lines("x\nTraceb", false, "+x|Traceb!");
    expect_lines("x\nTrace:", false, "+x|Trace:");
    expect_lines("Traceback (most recent call last):\n  f\nE:", false, ".Traceback (most recent call last):.  f|E:!");
}

static void tracebacks_that_led_to_each_other_are_one_event(void **state)
{
    (void)state;
    expect_lines("Traceback (most recent call last):\n  f\nE\n\nDuring handling of the above exception, another "
                 "exception occurred:\n\nTraceback (most recent call last):\n  g\nF\ng\n", false,
                 ".Traceback (most recent call last):.  f.E..During handling of the above exception, another exception "
                 "occurred:..Traceback (most recent call last):.  g.F+g|");
    expect_lines("Traceback (most recent call last):\n  f\nE\n\nThe ab", false,
                 ".Traceback (most recent call last):.  f.E.|The ab!");
}

static void a_line_that_is_too_long_is_cut_and_stays_one_event(void **state)
{
    static char text[2 * LINES_MAX + 10];
    const char *at = text, *end = text + sizeof text;
    struct lines l = {0};
    struct line line;

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\n';
    assert_true(lines_next(&l, &at, end, false, &line));
    assert_int_equal(line.len, LINES_MAX);
    assert_true(line.starts);
    assert_true(lines_next(&l, &at, end, false, &line));
    assert_int_equal(line.len, LINES_MAX);
    assert_false(line.starts);
    assert_false(lines_next(&l, &at, end - 1, false, &line));
    assert_true(lines_open(&l, at, (size_t)(end - at)));
    assert_true(lines_next(&l, &at, end, false, &line));
    assert_int_equal(line.len, 9);
    assert_false(lines_next(&l, &at, end, true, &line));
    at = text;
    assert_false(lines_next(&l, &at, text + LINES_MAX, false, &line)); /* its newline may still come */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split_at_newlines),
        cmocka_unit_test(indented_lines_continue_the_one_before),
        cmocka_unit_test(a_traceback_ends_with_the_line_after_the_exception),
        cmocka_unit_test(tracebacks_that_led_to_each_other_are_one_event),
        cmocka_unit_test(a_line_that_is_too_long_is_cut_and_stays_one_event),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

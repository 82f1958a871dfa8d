#include "support.h"

#include "output/quiet.h"

#define ABSENT "[crit] 1#1: *5 connect() to unix:/s failed (2: No such file or directory) while connecting, client: x\n"

static struct quiet quiet;

static void leave_out(const char *early, const char *late)
{
    assert_int_equal(buf_add(&quiet.texts, early, strlen(early) + 1), 0);
    assert_int_equal(buf_add(&quiet.texts, late, strlen(late) + 1), 0);
}

static int teardown(void **state)
{
    (void)state;
    quiet_free(&quiet);
    return 0;
}

static void expect(const char *text, const char *left, int count)
{
    char bytes[1000];
    size_t len;

    (void)snprintf(bytes, sizeof bytes, "%s", text);
    quiet.left_out = 0;
    len = quiet_filter(&quiet, bytes, strlen(bytes));
    bytes[len] = '\0';
    assert_string_equal(bytes, left);
    assert_int_equal(quiet.left_out, count);
}

static void without_texts_nothing_is_left_out(void **state)
{
    (void)state;
    expect("a\n" ABSENT, "a\n" ABSENT, 0);
}

static void only_the_lines_that_fit_are_left_out(void **state)
{
    (void)state;
    leave_out("connect() to unix:/s failed (2: No such file", "");
    leave_out("connect() failed (111: ", "upstream: \"http://127.0.0.1:18010/");
    expect("a\n" ABSENT "b\n" ABSENT ABSENT "c\n", "a\nb\nc\n", 3);
    expect("connect() to unix:/other failed (2: No such file\n", "connect() to unix:/other failed (2: No such file\n", 0);
    expect("connect() failed (111: x), upstream: \"http://127.0.0.1:18010/a\"\n", "", 1);
    expect("connect() failed (111: x), upstream: \"http://127.0.0.1:18011/a\"\n",
           "connect() failed (111: x), upstream: \"http://127.0.0.1:18011/a\"\n", 0);
    expect("upstream: \"http://127.0.0.1:18010/ connect() failed (111: \n",
           "upstream: \"http://127.0.0.1:18010/ connect() failed (111: \n", 0);
}

static void a_line_that_is_not_whole_waits(void **state)
{
    (void)state;
    leave_out("connect() to unix:/s failed (2: No such file", "");
    expect("a\nconnect() to unix:/s failed (2: No such file", "a\nconnect() to unix:/s failed (2: No such file", 0);
    expect("", "", 0);
    expect("\n\n", "\n\n", 0);
}

static void what_a_stranger_sent_hides_no_line(void **state)
{
    char line[300];

    (void)state;
    leave_out("connect() to unix:/s failed", "");
    (void)snprintf(line, sizeof line, "%0*d connect() to unix:/s failed\n", QUIET_EARLY, 0);
    expect(line, line, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_texts_nothing_is_left_out),
        TEST(only_the_lines_that_fit_are_left_out),
        TEST(a_line_that_is_not_whole_waits),
        TEST(what_a_stranger_sent_hides_no_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

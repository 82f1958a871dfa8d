#include "support.h"

#include "output/follow.h"

static struct buf told;
static int again;

static void take(const char *name, const char *text, size_t len)
{
    (void)buf_addf(&told, "%s:%.*s;", name, (int)len, text);
    if (again-- > 0)
        follow_line("c", "later", 5);
}

static int setup(void **state)
{
    if (loop_setup(state) < 0)
        return -1;
    follow_start();
    return 0;
}

static int teardown(void **state)
{
    follow_stop();
    buf_free(&told);
    return loop_teardown(state);
}

static void lines_are_told_in_the_next_turn(void **state)
{
    (void)state;
    follow_line("a", "before", 6);
    follow_text("a", "before\n", 7);
    follow_set(take);
    follow_line("a", "one", 3);
    follow_line("b", "", 0);
    follow_text("d", "two\nthree", 9);
    assert_int_equal(told.len, 0);
    again = 1;
    RUN_UNTIL(told.len >= 24);
    run_turns(2);
    assert_string_equal(told.data, "a:one;b:;d:two;d:three;c:later;");
}

static void nothing_is_told_after_the_end(void **state)
{
    (void)state;
    follow_set(take);
    follow_line("a", "one", 3);
    follow_set(NULL);
    run_turns(2);
    assert_int_equal(told.len, 0);
}

static void what_waits_is_bounded(void **state)
{
    static char text[FOLLOW_MAX / 2];

    (void)state;
    memset(text, 'x', sizeof text);
    follow_set(take);
    for (int i = 0; i < 5; i++)
        follow_line("a", text, sizeof text);
    RUN_UNTIL(told.len > 0);
    assert_in_range(told.len, sizeof text, 2 * sizeof text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_told_in_the_next_turn), TEST(nothing_is_told_after_the_end), TEST(what_waits_is_bounded)};

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

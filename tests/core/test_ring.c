#include "support.h"

#include "output/ring.h"

static void expect_last(const struct ring *r, size_t n, const char *text)
{
    char got[RING_MAX];
    size_t len = ring_last(r, n, got);

    assert_int_equal(len, strlen(text));
    assert_memory_equal(got, text, len);
}

static void the_last_lines_come_oldest_first(void **state)
{
    struct ring r = {0};

    (void)state;
    expect_last(&r, 3, "");
    ring_add(&r, "one\n\ntwo\n", 9);
    ring_add(&r, "three\n", 6);
    expect_last(&r, 0, "");
    expect_last(&r, 1, "three\n");
    expect_last(&r, 3, "\ntwo\nthree\n");
    expect_last(&r, 100, "one\n\ntwo\nthree\n");
    ring_free(&r);
}

static void it_grows_with_what_is_written_up_to_a_limit(void **state)
{
    struct ring r = {0};

    (void)state;
    ring_add(&r, "1\n", 2);
    assert_in_range(r.kept.cap, 2, 1024);
    for (int i = 0; i < 100000; i++)
        ring_add(&r, "a line\n", 7);
    assert_int_equal(r.kept.cap, RING_MAX + 1);
    expect_last(&r, 2, "a line\na line\n");
    ring_free(&r);
}

static void a_line_whose_beginning_is_forgotten_is_not_given(void **state)
{
    char got[RING_MAX], line[32];
    struct ring r = {0};
    size_t len;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(line, sizeof line, "line %05d\n", i);
        ring_add(&r, line, 11);
    }
    len = ring_last(&r, SIZE_MAX, got);
    assert_int_equal(len, RING_MAX / 11 * 11);
    assert_memory_equal(got, "line 07022\n", 11);
    assert_memory_equal(got + len - 11, "line 09999\n", 11);
    ring_free(&r);
}

static void of_more_than_it_holds_the_end_is_kept(void **state)
{
    static char text[3 * RING_MAX], got[RING_MAX];
    struct ring r = {0};

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 9, "\nthe end\n", 9);
    ring_add(&r, text, sizeof text);
    expect_last(&r, 5, "the end\n");
    memset(text, 'y', sizeof text);
    text[sizeof text - 1] = '\n';
    ring_add(&r, text, sizeof text);
    assert_int_equal(ring_last(&r, 1, got), RING_MAX);
    ring_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_lines_come_oldest_first),
        cmocka_unit_test(it_grows_with_what_is_written_up_to_a_limit),
        cmocka_unit_test(a_line_whose_beginning_is_forgotten_is_not_given),
        cmocka_unit_test(of_more_than_it_holds_the_end_is_kept),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

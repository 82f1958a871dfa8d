#include "support.h"

static void a_buffer_grows_and_stays_terminated(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buf_addf(&b, "%04d", i), 0);
    assert_int_equal(b.len, 4000);
    assert_int_equal(b.data[4000], '\0');
    assert_memory_equal(b.data + 3996, "0999", 4);
    buf_free(&b);
    assert_null(b.data);
}

static void bytes_may_be_nul(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    assert_int_equal(buf_add(&b, "a\0b", 3), 0);
    assert_int_equal(buf_add(&b, NULL, 0), 0);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b", 4);
    buf_free(&b);
}

static void the_beginning_can_be_dropped(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    buf_drop(&b, 3);
    assert_int_equal(buf_str(&b, "abcdef"), 0);
    buf_drop(&b, 2);
    assert_string_equal(b.data, "cdef");
    buf_drop(&b, 100);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    buf_free(&b);
}

static void what_cannot_fit_leaves_it_unchanged(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    assert_int_equal(buf_str(&b, "abc"), 0);
    assert_int_equal(buf_add(&b, "x", SIZE_MAX / 2), -1);
    assert_int_equal(errno, ENOMEM);
    assert_string_equal(b.data, "abc");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_and_stays_terminated),
        cmocka_unit_test(bytes_may_be_nul),
        cmocka_unit_test(the_beginning_can_be_dropped),
        cmocka_unit_test(what_cannot_fit_leaves_it_unchanged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include "output/plain.h"

static void check(const char *text, size_t len, const char *wanted)
{
    struct buf to = BUF_INIT;

    assert_int_equal(plain_add(&to, text, len), 0);
    assert_int_equal(buf_add(&to, "", 1), 0);
    assert_string_equal(to.data, wanted);
    buf_free(&to);
}

#define CHECK(text, wanted) check(text, sizeof(text) - 1, wanted)

static void text_of_any_language_stays(void **state)
{
    (void)state;
    CHECK("", "");
    CHECK("a\tb\nc ~", "a\tb\nc ~");
    CHECK("\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x90\x98", "\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x90\x98");
}

static void what_a_terminal_would_act_on_is_escaped(void **state)
{
    (void)state;
    CHECK("\x1b[31mred", "\\x1b[31mred");
    CHECK("a\rb\x07\x7f\0c", "a\\x0db\\x07\\x7f\\x00c");
    CHECK("\xc2\x9b" "31m\xc2\x85", "\\u{9B}31m\\u{85}");
    CHECK("x\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf", "x\\u{202E}\\u{2066}\\u{FEFF}");
}

static void bytes_that_are_no_text_are_escaped_one_by_one(void **state)
{
    (void)state;
    CHECK("\x9b" "1m\xff", "\\x9b1m\\xff");
    CHECK("\xc3", "\\xc3");
    CHECK("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_any_language_stays),
        cmocka_unit_test(what_a_terminal_would_act_on_is_escaped),
        cmocka_unit_test(bytes_that_are_no_text_are_escaped_one_by_one),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

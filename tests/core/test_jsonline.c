#include "support.h"

#include "output/jsonline.h"

static void expect_msg(const char *text, size_t len, const char *escaped)
{
    const struct jsonline event = {.service = "s", .stream = "out", .text = text, .len = len};
    struct buf got = BUF_INIT, wanted = BUF_INIT;

    (void)buf_addf(&wanted, "{\"ts\":\"1970-01-01T00:00:00.000Z\",\"service\":\"s\",\"stream\":\"out\",\"msg\":\"%s\"}\n",
                   escaped);
    assert_int_equal(jsonline_add(&got, &event), 0);
    assert_string_equal(got.data, wanted.data);
    buf_free(&got);
    buf_free(&wanted);
}

#define EXPECT_MSG(text, escaped) expect_msg(text, sizeof(text) - 1, escaped)

static void what_json_may_not_hold_is_escaped(void **state)
{
    (void)state;
    EXPECT_MSG("", "");
    EXPECT_MSG("plain /text", "plain /text");
    EXPECT_MSG("\"a\\b\"", "\\\"a\\\\b\\\"");
    EXPECT_MSG("\n\r\t\b\f\0\x1b\x7f", "\\n\\r\\t\\b\\f\\u0000\\u001b\x7f");
}

static void utf8_is_kept_and_everything_else_replaced(void **state)
{
    (void)state;
    EXPECT_MSG("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_MSG("a\xff" "b", "a\xef\xbf\xbd" "b");
    EXPECT_MSG("\xc3", "\xef\xbf\xbd");
    EXPECT_MSG("\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd");                      /* overlong */
    EXPECT_MSG("\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");      /* overlong */
    EXPECT_MSG("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");      /* a surrogate */
    EXPECT_MSG("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* beyond Unicode */
    EXPECT_MSG("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_MSG("\xe2\x82\"", "\xef\xbf\xbd\xef\xbf\xbd\\\"");
}

static void times_are_utc_with_milliseconds(void **state)
{
    struct buf got = BUF_INIT;

    (void)state;
    (void)jsonline_time(&got, 1769903999007);
    (void)jsonline_time(&got, 1769903999999);
    (void)jsonline_time(&got, 1769904000000);
    assert_string_equal(got.data, "2026-01-31T23:59:59.007Z2026-01-31T23:59:59.999Z2026-02-01T00:00:00.000Z");
    buf_free(&got);
}

static void a_level_is_shown_where_one_is_known(void **state)
{
    const struct jsonline event = {.service = "s\"", .stream = "err", .level = "error", .text = "m", .len = 1};
    struct buf got = BUF_INIT;

    (void)state;
    assert_int_equal(jsonline_add(&got, &event), 0);
    assert_non_null(strstr(got.data, ",\"service\":\"s\\\"\",\"stream\":\"err\",\"level\":\"error\",\"msg\":\"m\"}\n"));
    buf_free(&got);
}

static void an_object_is_not_in_quotes_unless_it_has_no_braces(void **state)
{
    const struct jsonline object = {.service = "s", .stream = "out", .text = "{\"a\":1}", .len = 7, .object = true};
    const struct jsonline other = {.service = "s", .stream = "out", .text = "{\"a\"", .len = 4, .object = true};
    struct buf got = BUF_INIT;

    (void)state;
    assert_int_equal(jsonline_add(&got, &object), 0);
    assert_non_null(strstr(got.data, ",\"request\":{\"a\":1}}\n"));
    assert_int_equal(jsonline_add(&got, &other), 0);
    assert_non_null(strstr(got.data, ",\"msg\":\"{\\\"a\\\"\"}\n"));
    buf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_json_may_not_hold_is_escaped),
        cmocka_unit_test(utf8_is_kept_and_everything_else_replaced),
        cmocka_unit_test(times_are_utc_with_milliseconds),
        cmocka_unit_test(a_level_is_shown_where_one_is_known),
        cmocka_unit_test(an_object_is_not_in_quotes_unless_it_has_no_braces),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

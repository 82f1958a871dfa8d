#include "support.h"

#include "base/err.h"

static void setting_an_error_keeps_code_and_text(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(err_set(&e, EINVAL, "%s is %d", "x", 3), -1);
    assert_int_equal(e.code, EINVAL);
    assert_string_equal(e.msg, "x is 3");
}

static void a_system_error_says_why(void **state)
{
    struct err e = {0};

    (void)state;
    errno = ENOENT;
    assert_int_equal(err_sys(&e, "reading %s", "/x"), -1);
    assert_int_equal(e.code, ENOENT);
    assert_string_equal(e.msg, "reading /x: No such file or directory");
}

static void long_messages_are_cut(void **state)
{
    struct err e = {0};
    char text[2000];

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    errno = EIO;
    (void)err_sys(&e, "%s", text);
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
    (void)err_set(&e, EIO, "%s", text);
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
}

static void every_code_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(err_name(ENOENT), "ENOENT");
    assert_string_equal(err_name(99999), "EUNKNOWN");
    assert_string_equal(err_name(EBADMSG), "EYAML");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_an_error_keeps_code_and_text),
        cmocka_unit_test(a_system_error_says_why),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(every_code_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "yaml/yaml11.h"

static void expect(enum yaml11_kind kind, const char *const *texts)
{
    for (; *texts; texts++)
        if (yaml11_kind(*texts, strlen(*texts)) != kind)
            fail_msg("\"%s\" is of kind %d, not %d", *texts, yaml11_kind(*texts, strlen(*texts)), kind);
}

#define EXPECT(kind, ...) expect(kind, (const char *const[]){__VA_ARGS__, NULL})

static void only_five_spellings_are_null(void **state)
{
    (void)state;
    EXPECT(YAML11_NULL, "", "~", "null", "Null", "NULL");
    EXPECT(YAML11_STR, "nULL", "none", "~~", "nul", "nullx");
}

static void booleans_are_words_in_three_cases(void **state)
{
    (void)state;
    EXPECT(YAML11_BOOL, "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False",
           "FALSE", "on", "On", "ON", "off", "Off", "OFF");
    EXPECT(YAML11_STR, "y", "n", "Y", "N", "t", "yEs", "tRUE", "oN", "yess", "ye");
}

static void integers_come_in_five_bases(void **state)
{
    (void)state;
    EXPECT(YAML11_INT, "0", "-0", "+1", "12", "1_000", "1_", "0660", "0_", "0b101", "-0b_1", "0xFf", "+0x_",
           "1:30", "-1:0", "190:20:30", "1_0:59", "123456789012345678901234567890");
    EXPECT(YAML11_STR, "08", "0o660", "0b", "0b2", "0x", "0xg", "_1", "+", "-", "--1", "1:60", "1:", "1:300",
           "01:30", "1:2:", "1 ", " 1", "0X1", "5m", "1-2");
}

static void a_float_has_a_point(void **state)
{
    (void)state;
    EXPECT(YAML11_FLOAT, "1.", "1.5", "-1.5", "+0.0", "1_0._5", "1.5e+3", "1.E-3", ".5", ".5_e+1", "1:30.5",
           "0:5.", ".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN");
    EXPECT(YAML11_STR, "1e5", "1e+5", "1.5e3", "1.5e+", "+.5", "-.5", ".", "._5", "1.2.3", "-.nan", ".iNf",
           "inf", "1:60.5", "1:30.5e+1", ".5:30", ".e+1");
}

static void timestamps_need_a_full_date(void **state)
{
    (void)state;
    EXPECT(YAML11_TIMESTAMP, "2001-01-01", "2001-1-1 1:02:03", "2001-12-14T21:59:43", "2001-12-14t1:59:43.",
           "2001-12-14 21:59:43.10 -5", "2001-12-14\t \t21:59:43 Z", "2001-12-14 21:59:43+05:30",
           "9999-99-99");
    EXPECT(YAML11_STR, "2001-1-1", "2001-01-1", "2001-01-01T", "2001-01-01 ", "2001-01-01T1:2:03",
           "2001-01-01 21:59", "2001-01-01T 21:59:43", "2001-12-14 21:59:43 z", "2001-12-14 21:59:43 -05:3",
           "2001-12-14 21:59:43 -055", "2001-12-14 21:59:43 ", "201-01-01", "20011-01-01");
}

static void merge_and_value_are_single_marks(void **state)
{
    (void)state;
    EXPECT(YAML11_MERGE, "<<");
    EXPECT(YAML11_VALUE, "=");
    EXPECT(YAML11_STR, "<", "<<<", "==");
}

static void text_ends_where_its_length_says(void **state)
{
    (void)state;
    assert_int_equal(yaml11_kind("12x", 2), YAML11_INT);
    assert_int_equal(yaml11_kind("1\0", 2), YAML11_STR);
    assert_int_equal(yaml11_kind("0\0", 2), YAML11_STR);
    assert_int_equal(yaml11_kind("~\0", 2), YAML11_STR);
    assert_int_equal(yaml11_kind("1.\0", 3), YAML11_STR);
    assert_true(yaml11_is_string("true", 3));
    assert_false(yaml11_is_string("true", 4));
}

static void every_kind_has_its_tag(void **state)
{
    (void)state;
    assert_string_equal(yaml11_tag(YAML11_STR), "tag:yaml.org,2002:str");
    assert_string_equal(yaml11_tag(YAML11_TIMESTAMP), "tag:yaml.org,2002:timestamp");
    assert_string_equal(yaml11_tag(YAML11_VALUE), "tag:yaml.org,2002:value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_five_spellings_are_null),
        cmocka_unit_test(booleans_are_words_in_three_cases),
        cmocka_unit_test(integers_come_in_five_bases),
        cmocka_unit_test(a_float_has_a_point),
        cmocka_unit_test(timestamps_need_a_full_date),
        cmocka_unit_test(merge_and_value_are_single_marks),
        cmocka_unit_test(text_ends_where_its_length_says),
        cmocka_unit_test(every_kind_has_its_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

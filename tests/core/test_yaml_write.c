#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "yaml/write.h"

static struct yaml_writer *begin(void)
{
    struct err e = {0};
    struct yaml_writer *w = yaml_writer_new(&e);

    assert_non_null(w);
    return w;
}

static void finish(struct yaml_writer *w, const char *text)
{
    struct err e = {0};
    const struct buf *out;

    assert_int_equal(yaml_write_finish(w, &out, &e), 0);
    assert_string_equal(out->data, text);
    yaml_writer_free(w);
}

static void expect_written(const char *text, size_t len, const char *written)
{
    struct yaml_writer *w = begin();
    struct err e = {0};
    char document[200];

    assert_int_equal(yaml_write_begin(w, YAML_SEQ, NULL, false, &e), 0);
    assert_int_equal(yaml_write_string(w, text, len, &e), 0);
    assert_int_equal(yaml_write_end(w, YAML_SEQ, &e), 0);
    (void)snprintf(document, sizeof document, "- %s\n", written);
    finish(w, document);
}

static void strings_are_plain_only_when_nobody_can_mistake_them(void **state)
{
    static const char *const plain[] = {"a", "/data/x.yaml", "example.org", "_x", "a-b_c.1", "x86_64", "inf"};
    static const char *const quoted[] = {"",    "y",   "N",   "yes", "null", "~",  "1",   "1.5", "a b", "a:",
                                         "a:b", "<<",  "=",   "-",   "-a",   "@a", "*a",  "#",   "[a]", "0x1",
                                         "%a",  ".a",  "Off", "?",   "!a",   "&a", " a ", "a ",  "'",   "{}"};
    char written[100];

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        expect_written(plain[i], strlen(plain[i]), plain[i]);
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        (void)snprintf(written, sizeof written, "\"%s\"", quoted[i]);
        expect_written(quoted[i], strlen(quoted[i]), written);
    }
    expect_written("a\0b", 3, "\"a\\0b\"");
    expect_written("\n\t\r\x1b\x7f\"\\", 7, "\"\\n\\t\\r\\e\\x7F\\\"\\\\\"");
    expect_written("\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", 9, "\"\\xE9\\L\\U0001F600\"");
}

static void only_utf8_can_be_written(void **state)
{
    static const char *const bad[] = {"\xff",         "a\x80",        "\xc3",         "\xc0\x80",     "\xe0\x80\x80",
                                      "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                      "\xe2\x82"};
    static const char *const good[] = {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct yaml_writer *w = begin();
        struct yaml_text scalar = {.text = bad[i], .len = strlen(bad[i])};

        assert_int_equal(yaml_write_string(w, bad[i], strlen(bad[i]), &e), -1);
        assert_int_equal(e.code, EBADMSG);
        assert_string_equal(e.msg, "not valid UTF-8");
        assert_int_equal(yaml_write_scalar(w, &scalar, &e), -1);
        yaml_writer_free(w);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct yaml_writer *w = begin();

        assert_int_equal(yaml_write_string(w, good[i], strlen(good[i]), &e), 0);
        yaml_writer_free(w);
    }
}

static void expect_kept(const char *text, const char *tag, enum yaml_style style, const char *written)
{
    struct yaml_text scalar = {.text = text, .len = strlen(text), .tag = tag, .style = style};
    struct yaml_writer *w = begin();
    struct err e = {0};
    char document[200];

    assert_int_equal(yaml_write_begin(w, YAML_SEQ, NULL, false, &e), 0);
    assert_int_equal(yaml_write_scalar(w, &scalar, &e), 0);
    assert_int_equal(yaml_write_end(w, YAML_SEQ, &e), 0);
    (void)snprintf(document, sizeof document, "-%s%s\n", *written ? " " : "", written);
    finish(w, document);
}

static void kept_scalars_stay_what_they_were(void **state)
{
    (void)state;
    expect_kept("0660", NULL, YAML_PLAIN, "0660");
    expect_kept("", NULL, YAML_PLAIN, "");
    expect_kept("a b", NULL, YAML_PLAIN, "a b");
    expect_kept("a: b", NULL, YAML_PLAIN, "'a: b'");
    expect_kept("1", NULL, YAML_SINGLE, "'1'");
    expect_kept("1", NULL, YAML_DOUBLE, "\"1\"");
    expect_kept("1", "tag:yaml.org,2002:str", YAML_PLAIN, "!!str 1");
    expect_kept("a\nb\n", NULL, YAML_LITERAL, "|\n  a\n  b");
    expect_kept("a b\nc\n", NULL, YAML_FOLDED, ">\n  a b\n\n  c");
    expect_kept(" a\n", NULL, YAML_LITERAL, "\" a\\n\"");
    expect_kept("a\n\nb\n", NULL, YAML_LITERAL, "\"a\\n\\nb\\n\"");
    expect_kept("a", NULL, YAML_LITERAL, "\"a\"");
    expect_kept("a\nb", NULL, YAML_SINGLE, "\"a\\nb\"");
    expect_kept("2001-01-01\t1:00:00", NULL, YAML_PLAIN, "!!timestamp \"2001-01-01\\t1:00:00\"");
}

static void what_nobody_could_read_is_not_written(void **state)
{
    static const struct yaml_text bad[] = {
        {.text = "<<", .len = 2}, {.text = "=", .len = 1}, {.text = "x", .len = 1, .tag = "!foo"},
        {.text = "x", .len = 1, .tag = "tag:yaml.org,2002:map"},
    };
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct yaml_writer *w = begin();

        assert_int_equal(yaml_write_scalar(w, &bad[i], &e), -1);
        assert_int_equal(e.code, EBADMSG);
        assert_int_equal(yaml_write_begin(w, YAML_SEQ, "tag:yaml.org,2002:set", true, &e), -1);
        yaml_writer_free(w);
    }
}

static void floats_are_read_back_as_floats(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0.0"},         {-0.0, "-0.0"},       {1, "1.0"},           {0.1, "0.1"},
                 {1e15, "1.0e+15"},  {1e-5, "1.0e-05"},    {1.5e300, "1.5e+300"}, {1.0 / 3, "0.3333333333333333"},
                 {5e-324, "4.94065645841247e-324"},        {INFINITY, ".inf"},   {-INFINITY, "-.inf"}, {NAN, ".nan"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yaml_writer *w = begin();
        struct err e = {0};
        char document[64];

        assert_int_equal(yaml_write_float(w, cases[i].value, &e), 0);
        (void)snprintf(document, sizeof document, "--- %s\n", cases[i].text);
        finish(w, document);
    }
}

static void collections_are_blocks_unless_empty(void **state)
{
    struct yaml_writer *w = begin();
    struct err e = {0};

    (void)state;
    assert_int_equal(yaml_write_begin(w, YAML_MAP, NULL, false, &e), 0);
    assert_int_equal(yaml_write_string(w, "a", 1, &e), 0);
    assert_int_equal(yaml_write_begin(w, YAML_SEQ, NULL, false, &e), 0);
    assert_int_equal(yaml_write_plain(w, "1", &e), 0);
    assert_int_equal(yaml_write_begin(w, YAML_MAP, NULL, true, &e), 0);
    assert_int_equal(yaml_write_end(w, YAML_MAP, &e), 0);
    assert_int_equal(yaml_write_begin(w, YAML_SEQ, "tag:yaml.org,2002:omap", true, &e), 0);
    assert_int_equal(yaml_write_end(w, YAML_SEQ, &e), 0);
    assert_int_equal(yaml_write_end(w, YAML_SEQ, &e), 0);
    assert_int_equal(yaml_write_scalar(w, &(struct yaml_text){.text = "", .key = true}, &e), 0);
    assert_int_equal(yaml_write_plain(w, "true", &e), 0);
    assert_int_equal(yaml_write_end(w, YAML_MAP, &e), 0);
    finish(w, "a:\n- 1\n- {}\n- !!omap []\nnull: true\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_plain_only_when_nobody_can_mistake_them),
        cmocka_unit_test(only_utf8_can_be_written),
        cmocka_unit_test(kept_scalars_stay_what_they_were),
        cmocka_unit_test(what_nobody_could_read_is_not_written),
        cmocka_unit_test(floats_are_read_back_as_floats),
        cmocka_unit_test(collections_are_blocks_unless_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

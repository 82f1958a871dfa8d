#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/buf.h"
#include "yaml/write.h"

/* Writes these events and compares the text. */
static void expect_written(const struct yaml_item *items, size_t count, const char *text)
{
    struct err e = {0};
    struct yaml_writer *w = yaml_writer_new(&e);

    assert_non_null(w);
    for (size_t i = 0; i < count; i++)
        if (yaml_writer_put(w, &items[i], &e) < 0)
            fail_msg("item %zu: %s", i, e.msg);
    assert_int_equal(yaml_writer_put(w, &(struct yaml_item){.kind = YAML_DONE}, &e), 0);
    assert_string_equal(yaml_writer_text(w)->data, text);
    yaml_writer_free(w);
}

#define SCALAR(t, s) {.kind = YAML_SCALAR, .style = (s), .text = (t), .len = sizeof(t) - 1}

static void scalars_are_in_the_style_they_are_given(void **state)
{
    static const struct {
        struct yaml_item item;
        const char *text;
    } cases[] = {
        {SCALAR("0660", YAML_PLAIN), "- 0660\n"},
        {SCALAR("", YAML_PLAIN), "-\n"},
        {SCALAR("1", YAML_SINGLE), "- '1'\n"},
        {SCALAR("a b", YAML_DOUBLE), "- \"a b\"\n"},
        {SCALAR("a\nb\n", YAML_LITERAL), "- |\n  a\n  b\n"},
        {SCALAR("a b\nc\n", YAML_FOLDED), "- >\n  a b\n\n  c\n"},
        {SCALAR("\n\t\r\x1b\x7f\"\\", YAML_DOUBLE), "- \"\\n\\t\\r\\e\\x7F\\\"\\\\\"\n"},
        {SCALAR("\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", YAML_DOUBLE), "- \"\\xE9\\L\\U0001F600\"\n"},
        {{.kind = YAML_SCALAR, .style = YAML_DOUBLE, .text = "a\0b", .len = 3}, "- \"a\\0b\"\n"},
        {{.kind = YAML_SCALAR, .text = "1", .len = 1, .tag = "tag:yaml.org,2002:str"}, "- !!str 1\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yaml_item items[] = {{.kind = YAML_SEQ}, cases[i].item, {.kind = YAML_SEQ_END}};

        expect_written(items, 3, cases[i].text);
    }
}

static void a_scalar_alone_is_a_document(void **state)
{
    static const struct yaml_item item = SCALAR("", YAML_DOUBLE);

    (void)state;
    expect_written(&item, 1, "--- \"\"\n");
}

static void collections_are_blocks_unless_empty(void **state)
{
    static const struct yaml_item items[] = {
        {.kind = YAML_MAP},
        SCALAR("a", YAML_PLAIN),
        {.kind = YAML_SEQ},
        SCALAR("1", YAML_PLAIN),
        {.kind = YAML_MAP, .empty = true},
        {.kind = YAML_MAP_END},
        {.kind = YAML_SEQ, .empty = true, .tag = "tag:yaml.org,2002:omap"},
        {.kind = YAML_SEQ_END},
        {.kind = YAML_SEQ_END},
        SCALAR("null", YAML_PLAIN),
        SCALAR("true", YAML_PLAIN),
        {.kind = YAML_MAP_END},
    };

    (void)state;
    expect_written(items, sizeof items / sizeof *items, "a:\n- 1\n- {}\n- !!omap []\nnull: true\n");
}

static void what_is_no_document_is_refused(void **state)
{
    static const struct yaml_item bad[] = {
        {.kind = YAML_MAP_END},
        {.kind = YAML_ALIAS, .anchor = "a"},
        SCALAR("\xff", YAML_DOUBLE),
        {.kind = YAML_SCALAR, .text = "x", .len = YAML_MAX_INPUT + 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        struct yaml_writer *w = yaml_writer_new(&e);

        assert_int_equal(yaml_writer_put(w, &bad[i], &e), -1);
        assert_true(e.msg[0]);
        yaml_writer_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_in_the_style_they_are_given),
        cmocka_unit_test(a_scalar_alone_is_a_document),
        cmocka_unit_test(collections_are_blocks_unless_empty),
        cmocka_unit_test(what_is_no_document_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

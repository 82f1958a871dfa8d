#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/buf.h"
#include "yaml/read.h"

/* Reads to the end of the document or to an error. */
static int read_all(const char *text, size_t len, struct err *e)
{
    struct yaml_reader *r = yaml_reader_new(text, len, e);
    struct yaml_item item = {.kind = YAML_MAP};
    int rc = r ? 0 : -1;

    while (rc == 0 && item.kind != YAML_DONE)
        rc = yaml_reader_next(r, &item, e);
    yaml_reader_free(r);
    return rc;
}

static void accept(const char *text)
{
    struct err e = {0};

    if (read_all(text, strlen(text), &e) < 0)
        fail_msg("refused: %s\n%s", e.msg, text);
}

static void refuse_bytes(const char *text, size_t len, const char *message)
{
    struct err e = {0};

    assert_int_equal(read_all(text, len, &e), -1);
    assert_int_equal(e.code, EBADMSG);
    assert_string_equal(e.msg, message);
}

static void refuse(const char *text, const char *message)
{
    refuse_bytes(text, strlen(text), message);
}

static struct yaml_reader *begin(const char *text)
{
    struct err e = {0};
    struct yaml_reader *r = yaml_reader_new(text, strlen(text), &e);

    assert_non_null(r);
    return r;
}

/* The next item is of this kind and begins there. */
static struct yaml_item expect(struct yaml_reader *r, enum yaml_kind kind, size_t line, size_t column)
{
    struct yaml_item item;
    struct err e = {0};

    if (yaml_reader_next(r, &item, &e) < 0)
        fail_msg("refused: %s", e.msg);
    assert_int_equal(item.kind, kind);
    assert_int_equal(item.line, line);
    assert_int_equal(item.column, column);
    return item;
}

static void expect_scalar(struct yaml_reader *r, const char *text, enum yaml_style style, size_t line, size_t column)
{
    struct yaml_item item = expect(r, YAML_SCALAR, line, column);

    assert_string_equal(item.text, text);
    assert_int_equal(item.len, strlen(text));
    assert_int_equal(item.style, style);
}

static void scalars_keep_text_style_and_place(void **state)
{
    struct yaml_reader *r = begin("a: 0660\nb:\n  - 'x'\n  - \"y\"\n  - |\n    z\n  - >-\n    f\n");

    (void)state;
    (void)expect(r, YAML_MAP, 1, 1);
    expect_scalar(r, "a", YAML_PLAIN, 1, 1);
    expect_scalar(r, "0660", YAML_PLAIN, 1, 4);
    expect_scalar(r, "b", YAML_PLAIN, 2, 1);
    (void)expect(r, YAML_SEQ, 3, 3);
    expect_scalar(r, "x", YAML_SINGLE, 3, 5);
    expect_scalar(r, "y", YAML_DOUBLE, 4, 5);
    expect_scalar(r, "z\n", YAML_LITERAL, 5, 5);
    expect_scalar(r, "f", YAML_FOLDED, 7, 5);
    (void)expect(r, YAML_SEQ_END, 9, 1);
    (void)expect(r, YAML_MAP_END, 9, 1);
    (void)expect(r, YAML_DONE, 9, 1);
    yaml_reader_free(r);
}

static void tags_anchors_and_aliases_are_told(void **state)
{
    struct yaml_reader *r = begin("- &a !!str x\n- *a\n- ! 'y'\n- ! y\n- !\n- &m !!map {}\n- ! []\n");
    struct yaml_item item;

    (void)state;
    (void)expect(r, YAML_SEQ, 1, 1);
    item = expect(r, YAML_SCALAR, 1, 3);
    assert_string_equal(item.tag, "tag:yaml.org,2002:str");
    assert_string_equal(item.anchor, "a");
    assert_string_equal(expect(r, YAML_ALIAS, 2, 3).anchor, "a");
    assert_string_equal(expect(r, YAML_SCALAR, 3, 3).tag, "!");
    assert_null(expect(r, YAML_SCALAR, 4, 3).tag);
    assert_null(expect(r, YAML_SCALAR, 5, 3).tag);
    item = expect(r, YAML_MAP, 6, 3);
    assert_string_equal(item.tag, "tag:yaml.org,2002:map");
    assert_string_equal(item.anchor, "m");
    (void)expect(r, YAML_MAP_END, 6, 13);
    assert_string_equal(expect(r, YAML_SEQ, 7, 3).tag, "!");
    yaml_reader_free(r); /* half way */
}

static void text_may_hold_nul_characters(void **state)
{
    struct yaml_reader *r = begin("\"a\\0b\"");
    struct yaml_item item = expect(r, YAML_SCALAR, 1, 1);

    (void)state;
    assert_int_equal(item.len, 3);
    assert_memory_equal(item.text, "a\0b", 4);
    yaml_reader_free(r);
}

static void a_byte_order_mark_may_come_first(void **state)
{
    (void)state;
    accept("\xef\xbb\xbf""a: 1\r\nb: 2\r\n");
    refuse("a: 1\n\xef\xbb\xbf""b: x\n", "2:1: a byte order mark inside of the file");
    accept("a: 1\nb: x\xef\xbb\xbf\n");
}

static void a_tab_separates_nothing(void **state)
{
    (void)state;
    refuse("a: 1\t# x\n", "1:5: found a tab, use spaces; in a text, quote it");
    refuse("a:\t1\n", "1:3: found a tab, use spaces; in a text, quote it");
    refuse("a: [1,\t2]\n", "1:7: found a tab, use spaces; in a text, quote it");
    refuse("a: x\ty\n", "1:5: found a tab, use spaces; in a text, quote it");
    accept("a: \"x\ty\" #\tz\n#\t\nb: |\n  x\ty\n");
}

static void a_file_is_exactly_one_document(void **state)
{
    (void)state;
    refuse("", "1:1: the file is empty");
    refuse(" \n\n", "1:1: the file is empty");
    refuse("# a\n", "1:1: the file is empty but for comments");
    refuse("a\n---\nb\n", "2:1: a second document starts here, only one is allowed");
    refuse("---\n---\n", "2:1: a second document starts here, only one is allowed");
    refuse("a: 1\n...\n]\n", "3:1: did not find expected <document start>");
    accept("---\na\n...\n# end\n");
    accept("---\n");
}

static void errors_say_where(void **state)
{
    (void)state;
    refuse("a: 1\n b: 2\n", "2:3: mapping values are not allowed in this context");
    refuse("a:\n  - [1, 2\n", "3:1: did not find expected ',' or ']' (while parsing a flow sequence that "
                              "began on line 2)");
    refuse("a: \"x\n", "2:1: found unexpected end of stream (while scanning a quoted scalar that began on "
                       "line 1)");
    refuse("a: 1\nb: \xc3\xa9\x01\n", "2:5: control characters are not allowed");
    refuse("a: 1\nb: \xff\n", "2:4: invalid leading UTF-8 octet");
    refuse_bytes("a: \0", 4, "1:4: control characters are not allowed");
}

static void repeat(struct buf *text, const char *piece, size_t times)
{
    while (times--)
        assert_int_equal(buf_str(text, piece), 0);
}

static void many_values_are_too_many(void **state)
{
    struct buf text = BUF_INIT;

    (void)state;
    repeat(&text, "[", 1);
    repeat(&text, "a,", YAML_MAX_NODES - 1);
    repeat(&text, "]", 1);
    accept(text.data);
    text.data[text.len - 1] = 'a';
    repeat(&text, "]", 1);
    refuse(text.data, "1:2000000: the document is too large");
    buf_free(&text);
}

static void large_files_are_refused(void **state)
{
    size_t len = YAML_MAX_INPUT + 1;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    memset(text, ' ', len);
    refuse_bytes(text, len, "1:1: the file is larger than 8 MiB");
    refuse_bytes(text, len - 1, "1:1: the file is empty");
    free(text);
}

static void deep_documents_are_refused(void **state)
{
    struct buf text = BUF_INIT;

    (void)state;
    repeat(&text, "[", YAML_MAX_DEPTH);
    repeat(&text, "]", YAML_MAX_DEPTH);
    accept(text.data);
    buf_reset(&text);
    repeat(&text, "[", 1000000);
    refuse(text.data, "1:201: nested too deeply");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_keep_text_style_and_place),
        cmocka_unit_test(tags_anchors_and_aliases_are_told),
        cmocka_unit_test(text_may_hold_nul_characters),
        cmocka_unit_test(a_byte_order_mark_may_come_first),
        cmocka_unit_test(a_tab_separates_nothing),
        cmocka_unit_test(a_file_is_exactly_one_document),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(many_values_are_too_many),
        cmocka_unit_test(large_files_are_refused),
        cmocka_unit_test(deep_documents_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

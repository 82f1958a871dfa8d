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

static struct yaml_tree *read_text(const char *text, size_t len, bool warn, struct err *e)
{
    struct yaml_source source = {.name = "x.yaml", .text = text, .len = len, .warn_duplicates = warn};

    return yaml_read(&source, e);
}

static struct yaml_tree *accept(const char *text)
{
    struct err e = {0};
    struct yaml_tree *tree = read_text(text, strlen(text), false, &e);

    if (!tree)
        fail_msg("refused: %s\n%s", e.msg, text);
    return tree;
}

/* Checks the whole message, or its beginning if that ends with "...". */
static void refuse_bytes(const char *text, size_t len, const char *message)
{
    struct err e = {0};
    struct yaml_tree *tree = read_text(text, len, false, &e);
    size_t compared = strlen(message);

    assert_null(tree);
    assert_int_equal(e.code, EBADMSG);
    if (compared > 3 && !strcmp(message + compared - 3, "..."))
        compared -= 3;
    else
        compared++;
    if (strncmp(e.msg, message, compared))
        fail_msg("expected: %s\ngot:      %s", message, e.msg);
}

static void refuse(const char *text, const char *message)
{
    refuse_bytes(text, strlen(text), message);
}

static const struct yaml_node *find(const struct yaml_node *map, const char *key)
{
    assert_int_equal(map->kind, YAML_MAP);
    for (size_t i = 0; i < map->count; i += 2)
        if (!strcmp(map->items[i]->text, key))
            return map->items[i + 1];
    fail_msg("no key %s", key);
    return NULL;
}

static void expect_scalar(const struct yaml_node *node, const char *text, enum yaml_style style)
{
    assert_int_equal(node->kind, YAML_SCALAR);
    assert_string_equal(node->text, text);
    assert_int_equal(node->style, style);
}

static void scalars_keep_text_style_and_place(void **state)
{
    struct yaml_tree *tree = accept("a: 0660\nb:\n  - 'x'\n  - \"y\"\n  - |\n    z\n  - >-\n    f\n");
    const struct yaml_node *list = find(tree->root, "b");

    (void)state;
    expect_scalar(find(tree->root, "a"), "0660", YAML_PLAIN);
    assert_int_equal(find(tree->root, "a")->line, 1);
    assert_int_equal(find(tree->root, "a")->column, 4);
    assert_int_equal(list->kind, YAML_SEQ);
    assert_int_equal(list->line, 3);
    assert_int_equal(list->count, 4);
    expect_scalar(list->items[0], "x", YAML_SINGLE);
    expect_scalar(list->items[1], "y", YAML_DOUBLE);
    expect_scalar(list->items[2], "z\n", YAML_LITERAL);
    expect_scalar(list->items[3], "f", YAML_FOLDED);
    yaml_tree_free(tree);
}

static void text_may_hold_nul_characters(void **state)
{
    struct yaml_tree *tree = accept("\"a\\0b\"");

    (void)state;
    assert_int_equal(tree->root->len, 3);
    assert_memory_equal(tree->root->text, "a\0b", 4);
    yaml_tree_free(tree);
}

static void a_byte_order_mark_may_come_first(void **state)
{
    struct yaml_tree *tree = accept("\xef\xbb\xbf""a: 1\r\nb: 2\r\n");

    (void)state;
    expect_scalar(find(tree->root, "b"), "2", YAML_PLAIN);
    yaml_tree_free(tree);
    refuse("a: 1\nb: x\xef\xbb\xbf\n", "x.yaml:2:5: a byte order mark inside of the file");
}

static void a_file_is_exactly_one_document(void **state)
{
    (void)state;
    refuse("", "x.yaml:1:1: the file is empty");
    refuse(" \n\n", "x.yaml:1:1: the file is empty");
    refuse("# a\n", "x.yaml:1:1: the file is empty but for comments");
    refuse("a\n---\nb\n", "x.yaml:2:1: a second document starts here, only one is allowed");
    refuse("---\n---\n", "x.yaml:2:1: a second document starts here, only one is allowed");
    refuse("a: 1\n...\n]\n", "x.yaml:3:1: did not find expected <document start>");
    yaml_tree_free(accept("---\na\n...\n# end\n"));
    yaml_tree_free(accept("---\n"));
}

static void errors_say_where(void **state)
{
    (void)state;
    refuse("a: 1\n b: 2\n", "x.yaml:2:3: mapping values are not allowed in this context");
    refuse("a:\n  - [1, 2\n", "x.yaml:3:1: did not find expected ',' or ']' (while parsing a flow sequence that "
                              "began on line 2)");
    refuse("a: \"x\n", "x.yaml:2:1: found unexpected end of stream (while scanning a quoted scalar that began on "
                       "line 1)");
    refuse("a: 1\nb: \xc3\xa9\x01\n", "x.yaml:2:5: control characters are not allowed");
    refuse("a: 1\nb: \xff\n", "x.yaml:2:4: invalid leading UTF-8 octet");
    refuse_bytes("a: \0", 4, "x.yaml:1:4: control characters are not allowed");
}

static void a_key_given_twice_names_both_lines(void **state)
{
    (void)state;
    refuse("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: the key \"a\" is given twice, first on line 1");
    refuse("a:\n  b: 1\n  'b': 2\n", "x.yaml:3:3: the key \"b\" is given twice, first on line 2");
    refuse("{<<: {a: 1}, <<: {a: 2}}", "x.yaml:1:14: the key \"<<\" is given twice, first on line 1");
    refuse("\"a\\nb\": 1\n\"a\\nb\": 1\n", "x.yaml:2:1: the key \"a?b\" is given twice, first on line 1");
    yaml_tree_free(accept("a: {b: 1}\nb: {b: 1}\n"));
}

static void keys_are_the_same_when_their_values_are(void **state)
{
    static const char *const same[] = {"1: a\n0x1: b",     "1: a\n1.0: b",    "1: a\ntrue: b", "0: a\n-0: b",
                                       "10: a\n1_0: b",    "8: a\n010: b",    "90: a\n1:30: b", "5: a\n0b101: b",
                                       "~: a\nnull: b",    "!!null a: a\n~ : b",    "off: a\nNo: b", ".inf: a\n.INF: b",
                                       "0.5: a\n.5: b",    "!!str 1: a\n'1': b", "!!int '1': a\n1: b",
                                       "=: a\n'=': b"};
    static const char *const other[] = {"1: a\n'1': b", "~: a\n'': b", "yes: a\ny: b", "'<<': a\n'=': b",
                                        "1: a\n-1: b", "9007199254740993: a\n9007199254740992: b",
                                        ".inf: a\n-.inf: b", "2001-01-01: a\n'2001-01-01': b"};

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        refuse(same[i], "x.yaml:2:1: the key...");
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        yaml_tree_free(accept(other[i]));
}

static void the_last_of_equal_keys_wins_with_a_warning(void **state)
{
    static const char text[] = "a: 1\nb: 2\na: 3\nb: 4\na: 5\n";
    struct err e = {0};
    struct yaml_tree *tree = read_text(text, strlen(text), true, &e);
    const struct yaml_warning *w;

    (void)state;
    assert_non_null(tree);
    assert_int_equal(tree->root->count, 4);
    expect_scalar(find(tree->root, "a"), "5", YAML_PLAIN);
    expect_scalar(find(tree->root, "b"), "4", YAML_PLAIN);
    w = tree->warnings;
    assert_int_equal(w->line, 3);
    assert_string_equal(w->what, "the key \"a\" is given twice, first on line 1");
    w = w->next;
    assert_string_equal(w->what, "the key \"b\" is given twice, first on line 2");
    w = w->next;
    assert_int_equal(w->line, 5);
    assert_null(w->next);
    yaml_tree_free(tree);
}

static void only_the_tags_of_safe_yaml_are_allowed(void **state)
{
    struct yaml_tree *tree = accept("a: !!str 1\nb: !!set {x}\nc: !!omap [a: 1]\nd: ! x\ne: !<tag:yaml.org,2002:int> 1");

    (void)state;
    assert_string_equal(find(tree->root, "a")->tag, "tag:yaml.org,2002:str");
    assert_string_equal(find(tree->root, "b")->tag, "tag:yaml.org,2002:set");
    assert_string_equal(find(tree->root, "c")->tag, "tag:yaml.org,2002:omap");
    assert_null(find(tree->root, "d")->tag);
    assert_string_equal(find(tree->root, "e")->tag, "tag:yaml.org,2002:int");
    yaml_tree_free(tree);
    refuse("a: !foo x", "x.yaml:1:4: the tag !foo is not allowed");
    refuse("a: !!python/object:os.system x",
           "x.yaml:1:4: the tag tag:yaml.org,2002:python/object:os.system is not allowed");
    refuse("!!merge x", "x.yaml:1:1: the tag tag:yaml.org,2002:merge is not allowed");
    refuse("a: !!str [x]", "x.yaml:1:4: the tag tag:yaml.org,2002:str is not for this kind of value");
    refuse("a: !!map", "x.yaml:1:4: the tag tag:yaml.org,2002:map is not for this kind of value");
    refuse("a: !!omap {}", "x.yaml:1:4: the tag tag:yaml.org,2002:omap is not for this kind of value");
    refuse("!!omap [a: 1, {b: 1, c: 2}]", "x.yaml:1:15: !!omap and !!pairs take mappings with one key");
    refuse("!!pairs [x]", "x.yaml:1:10: !!omap and !!pairs take mappings with one key");
    refuse("! '1'", "x.yaml:1:1: the tag ! is not allowed here, use !!str");
    yaml_tree_free(accept("! 'text'"));
}

static void aliases_share_what_they_name(void **state)
{
    struct yaml_tree *tree = accept("a: &m {k: 1}\nb: *m\nc: &s x\nd:\n  *s\n*s : 2");

    (void)state;
    assert_ptr_equal(find(tree->root, "a"), find(tree->root, "b"));
    expect_scalar(find(tree->root, "d"), "x", YAML_PLAIN);
    assert_int_equal(find(tree->root, "d")->line, 5);
    expect_scalar(find(tree->root, "x"), "2", YAML_PLAIN);
    yaml_tree_free(tree);
}

static void an_alias_needs_an_anchor_before_it(void **state)
{
    (void)state;
    refuse("a: *m", "x.yaml:1:4: the alias *m names an anchor that is not set above");
    refuse("[*m, &m x]", "x.yaml:1:2: the alias *m names an anchor that is not set above");
    refuse("a: &m [x, *m]", "x.yaml:1:11: the alias *m stands inside of what it names");
    refuse("&m {a: {b: *m}}", "x.yaml:1:12: the alias *m stands inside of what it names");
    refuse("[&m x,\n&m y]", "x.yaml:2:1: the anchor &m is set twice, first on line 1");
}

static void aliases_cannot_make_a_document_grow_without_end(void **state)
{
    struct buf text = BUF_INIT;

    (void)state;
    assert_int_equal(buf_str(&text, "a0: &a0 [x]\n"), 0);
    for (int i = 1; i < 30; i++)
        assert_int_equal(buf_addf(&text, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1), 0);
    refuse(text.data, "x.yaml:19:6: the document is too large, its aliases expanded");
    buf_free(&text);
}

static void repeat(struct buf *text, const char *piece, size_t times)
{
    while (times--)
        assert_int_equal(buf_str(text, piece), 0);
}

static void long_keys_are_cut_between_characters(void **state)
{
    struct buf text = BUF_INIT, message = BUF_INIT;

    (void)state;
    for (int i = 0; i < 2; i++) {
        repeat(&text, "\xc3\xa9", 40);
        repeat(&text, ": 1\n", 1);
    }
    repeat(&message, "x.yaml:2:1: the key \"", 1);
    repeat(&message, "\xc3\xa9", 31);
    repeat(&message, "\" is given twice, first on line 1", 1);
    refuse(text.data, message.data);
    buf_free(&text);
    buf_free(&message);
}

static void many_values_are_too_many(void **state)
{
    struct buf text = BUF_INIT;

    (void)state;
    repeat(&text, "[", 1);
    repeat(&text, "a,", YAML_MAX_NODES - 1);
    repeat(&text, "]", 1);
    yaml_tree_free(accept(text.data));
    text.data[text.len - 1] = 'a';
    repeat(&text, "]", 1);
    refuse(text.data, "x.yaml:1:2000000: the document is too large");
    buf_free(&text);
}

static void large_files_are_refused(void **state)
{
    size_t len = YAML_MAX_INPUT + 1;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    memset(text, ' ', len);
    refuse_bytes(text, len, "x.yaml:1:1: the file is larger than 8 MiB");
    refuse_bytes(text, len - 1, "x.yaml:1:1: the file is empty");
    free(text);
}

static void deep_documents_are_refused(void **state)
{
    struct buf text = BUF_INIT;

    (void)state;
    repeat(&text, "[", YAML_MAX_DEPTH);
    repeat(&text, "]", YAML_MAX_DEPTH);
    yaml_tree_free(accept(text.data));
    buf_reset(&text);
    repeat(&text, "[", 1000000);
    refuse(text.data, "x.yaml:1:201: nested too deeply");
    buf_reset(&text);
    repeat(&text, "a0: &a0 []\n", 1);
    for (int i = 1; i < 250; i++)
        assert_int_equal(buf_addf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1), 0);
    refuse(text.data, "x.yaml:200:7: nested too deeply");
    buf_free(&text);
}

static void merge_keys_bring_in_what_is_missing(void **state)
{
    struct yaml_tree *tree =
        accept("a: &a {x: 1, y: 1, z: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: [{y: 3, w: 3}, *b], x: 4}\n");
    const struct yaml_node *b = find(tree->root, "b"), *c = find(tree->root, "c");

    (void)state;
    assert_int_equal(b->count, 6);
    expect_scalar(find(b, "x"), "1", YAML_PLAIN);
    expect_scalar(find(b, "y"), "2", YAML_PLAIN);
    assert_int_equal(c->count, 8);
    expect_scalar(find(c, "x"), "4", YAML_PLAIN);
    expect_scalar(find(c, "y"), "3", YAML_PLAIN);
    expect_scalar(find(c, "z"), "1", YAML_PLAIN);
    expect_scalar(find(c, "w"), "3", YAML_PLAIN);
    yaml_tree_free(tree);
    tree = accept("'<<': {a: 1}");
    assert_int_equal(find(tree->root, "<<")->kind, YAML_MAP);
    yaml_tree_free(tree);
    tree = accept("{<<: {}, <: 1}");
    assert_int_equal(tree->root->count, 2);
    yaml_tree_free(tree);
    tree = accept("<<: []");
    assert_int_equal(tree->root->count, 0);
    yaml_tree_free(tree);
}

static void of_two_merges_the_later_wins(void **state)
{
    static const char text[] = "{<<: {a: 1, b: 1}, <<: {a: 2}}";
    struct err e = {0};
    struct yaml_tree *tree = read_text(text, strlen(text), true, &e);

    (void)state;
    assert_non_null(tree);
    expect_scalar(find(tree->root, "a"), "2", YAML_PLAIN);
    expect_scalar(find(tree->root, "b"), "1", YAML_PLAIN);
    yaml_tree_free(tree);
}

static void only_mappings_can_be_merged(void **state)
{
    (void)state;
    refuse("a: 1\n<<: x\n", "x.yaml:2:1: << takes a mapping or a list of mappings");
    refuse("a: 1\n<<:\n", "x.yaml:2:1: << takes a mapping or a list of mappings");
    refuse("<<: [{}, x]\n", "x.yaml:1:1: << takes mappings, but item 2 of its list is none");
    refuse("a: <<", "x.yaml:1:4: this needs quotes where it is not a key");
    refuse("[=]", "x.yaml:1:2: this needs quotes where it is not a key");
    refuse("=", "x.yaml:1:1: this needs quotes where it is not a key");
}

static void collections_cannot_be_keys(void **state)
{
    (void)state;
    refuse("a: 1\n? [x]\n: 2\n", "x.yaml:2:3: a mapping or a list cannot be a key");
    refuse("{{a: 1}: 2}", "x.yaml:1:2: a mapping or a list cannot be a key");
    refuse("a: &l []\n*l : 1", "x.yaml:2:1: a mapping or a list cannot be a key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_keep_text_style_and_place),
        cmocka_unit_test(text_may_hold_nul_characters),
        cmocka_unit_test(a_byte_order_mark_may_come_first),
        cmocka_unit_test(a_file_is_exactly_one_document),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(a_key_given_twice_names_both_lines),
        cmocka_unit_test(keys_are_the_same_when_their_values_are),
        cmocka_unit_test(the_last_of_equal_keys_wins_with_a_warning),
        cmocka_unit_test(long_keys_are_cut_between_characters),
        cmocka_unit_test(only_the_tags_of_safe_yaml_are_allowed),
        cmocka_unit_test(aliases_share_what_they_name),
        cmocka_unit_test(an_alias_needs_an_anchor_before_it),
        cmocka_unit_test(aliases_cannot_make_a_document_grow_without_end),
        cmocka_unit_test(many_values_are_too_many),
        cmocka_unit_test(large_files_are_refused),
        cmocka_unit_test(deep_documents_are_refused),
        cmocka_unit_test(merge_keys_bring_in_what_is_missing),
        cmocka_unit_test(of_two_merges_the_later_wins),
        cmocka_unit_test(only_mappings_can_be_merged),
        cmocka_unit_test(collections_cannot_be_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

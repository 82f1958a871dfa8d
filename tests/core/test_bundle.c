#include "support.h"

#include <time.h>

#include "host/bundle.h"

static char *home;
static struct buf entries, chunks;
static char format;

static int make_home(void **state)
{
    char path[200];

    (void)state;
    home = make_directory();
    (void)snprintf(path, sizeof path, "%s/lua", home);
    assert_int_equal(mkdir(path, 0755), 0);
    buf_reset(&entries);
    buf_reset(&chunks);
    format = '4';
    return 0;
}

static int remove_home(void **state)
{
    (void)state;
    bundle_close();
    buf_free(&entries);
    buf_free(&chunks);
    remove_directory(home);
    return 0;
}

static void write_file(const char *name, const char *text, size_t len)
{
    char path[200];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", home, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* A file below home with this text, and its entry. */
static void put_entry(const char *module, const char *path, const char *text)
{
    char absolute[200];
    struct stat st;

    write_file(path, text, strlen(text));
    (void)snprintf(absolute, sizeof absolute, "%s/%s", home, path);
    assert_int_equal(stat(absolute, &st), 0);
    assert_int_equal(buf_addf(&entries, "%s\t%s\t%ld\t%ld\t%zu\t%zu\n", module, path, (long)st.st_mtime,
                              (long)st.st_size, chunks.len, strlen(text)), 0);
    assert_int_equal(buf_str(&chunks, text), 0);
}

/* Its first bytes; all is the length of the whole. */
static void open_bundle(size_t len, size_t *all)
{
    struct buf bytes = BUF_INIT;

    assert_int_equal(buf_addf(&bytes, "synlua bundle %c %010zu\n%s\n%s", format, entries.len,
                              entries.data, chunks.data ? chunks.data : ""), 0);
    *all = bytes.len;
    write_file("lua.bundle", bytes.data, len < bytes.len ? len : bytes.len);
    buf_free(&bytes);
    bundle_open(home);
}

static void open_whole(void)
{
    size_t all;

    open_bundle(SIZE_MAX, &all);
}

static bool found(const char *module, const char *chunk)
{
    struct bundle_chunk got = {0};
    struct buf path = BUF_INIT;
    bool there = bundle_find(module, &got, &path);

    if (there) {
        assert_int_equal(got.len, strlen(chunk));
        assert_memory_equal(got.bytes, chunk, got.len);
        assert_memory_equal(path.data, home, strlen(home));
    }
    buf_free(&path);
    return there;
}

static void modules_are_found_by_their_whole_name(void **state)
{
    (void)state;
    put_entry("one", "lua/one.lua", "first");
    put_entry("one.two", "lua/two.lua", "second");
    open_whole();
    assert_true(found("one", "first"));
    assert_true(found("one.two", "second"));
    assert_false(found("one.t", ""));
    assert_false(found("two", ""));
}

static void each_of_many_modules_is_found(void **state)
{
    char module[32], path[64];
    unsigned i;

    (void)state;
    for (i = 0; i < 50; i++) {
        (void)snprintf(module, sizeof module, "m%02u.n", i);
        (void)snprintf(path, sizeof path, "lua/%02u.lua", i);
        put_entry(module, path, module);
        open_whole();
        assert_true(found("m00.n", "m00.n"));
        assert_true(found(module, module));
    }
    for (i = 0; i < 50; i++) {
        (void)snprintf(module, sizeof module, "m%02u.n", i);
        assert_true(found(module, module));
        module[3] = '\0';
        assert_false(found(module, ""));
    }
    assert_false(found("a", ""));
    assert_false(found("z", ""));
    assert_false(found("m00.n\n", ""));
}

static void a_file_that_has_changed_since_or_is_gone_is_not_given_out(void **state)
{
    char path[200];
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

    (void)state;
    put_entry("one", "lua/one.lua", "first");
    put_entry("three", "lua/three.lua", "third");
    put_entry("two", "lua/two.lua", "second");
    open_whole();
    write_file("lua/one.lua", "longer", 6);
    (void)snprintf(path, sizeof path, "%s/lua/two.lua", home);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    (void)snprintf(path, sizeof path, "%s/lua/three.lua", home);
    assert_int_equal(unlink(path), 0);
    assert_false(found("one", ""));
    assert_false(found("two", ""));
    assert_false(found("three", ""));
}

static void what_is_cut_off_is_not_given_out(void **state)
{
    size_t all, len;

    (void)state;
    put_entry("one", "lua/one.lua", "first");
    put_entry("two", "lua/two.lua", "second");
    open_whole();
    assert_true(found("two", "second"));
    open_bundle(SIZE_MAX, &all);
    for (len = all - strlen("second"); len < all; len++) {
        open_bundle(len, &all);
        assert_true(found("one", "first"));
        assert_false(found("two", ""));
    }
    for (len = 0; len < all - strlen("firstsecond"); len++) {
        open_bundle(len, &all);
        assert_false(found("one", ""));
    }
}

static void an_index_of_another_length_is_no_index(void **state)
{
    static const char *const lines[] = {"0000000000", "0000000005", "0000001000", "9999999999", "-000000001", "99999999999"};
    char text[100];
    size_t i;

    (void)state;
    put_entry("one", "lua/one.lua", "first");
    for (i = 0; i < sizeof lines / sizeof *lines; i++) {
        (void)snprintf(text, sizeof text, "synlua bundle 4 %s\n%s\nfirst", lines[i], entries.data);
        write_file("lua.bundle", text, strlen(text));
        bundle_open(home);
        assert_false(found("one", ""));
    }
}

static void an_entry_that_makes_no_sense_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(buf_str(&entries, "a\tlua/a.lua\t1\t1\t0\nb\t\nc\nd\tlua/d.lua\t1\t1\t-1\t9\n"), 0);
    put_entry("one", "lua/one.lua", "first");
    open_whole();
    assert_false(found("a", ""));
    assert_false(found("b", ""));
    assert_false(found("c", ""));
    assert_false(found("d", ""));
    assert_true(found("one", "first"));
}

static void without_a_bundle_or_with_another_kind_there_is_nothing(void **state)
{
    (void)state;
    bundle_open(home);
    assert_false(found("one", ""));
    put_entry("one", "lua/one.lua", "first");
    format = '1';
    open_whole();
    assert_false(found("one", ""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(modules_are_found_by_their_whole_name),
        TEST(each_of_many_modules_is_found),
        TEST(a_file_that_has_changed_since_or_is_gone_is_not_given_out),
        TEST(what_is_cut_off_is_not_given_out),
        TEST(an_index_of_another_length_is_no_index),
        TEST(an_entry_that_makes_no_sense_is_passed_over),
        TEST(without_a_bundle_or_with_another_kind_there_is_nothing),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

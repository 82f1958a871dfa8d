/* wraps: write fsync renameat fchown */
#include "support.h"

#include <sys/resource.h>

#include "files/files.h"
#include "base/sys.h"

enum call { NONE, WRITE, FSYNC, RENAMEAT, FCHOWN };

static enum call failing;
static const char *base;

#define FAIL_IF(call, code)  \
    do {                     \
        if (failing == (call)) { \
            errno = (code);  \
            return -1;       \
        }                    \
    } while (0)

ssize_t __real_sys_write(int fd, const void *from, size_t len);
ssize_t __wrap_sys_write(int fd, const void *from, size_t len);
int __real_sys_fsync(int fd);
int __wrap_sys_fsync(int fd);
int __real_sys_renameat(int dir, const char *from, const char *to);
int __wrap_sys_renameat(int dir, const char *from, const char *to);
int __wrap_sys_fchown(int fd, uid_t uid, gid_t gid);

ssize_t __wrap_sys_write(int fd, const void *from, size_t len)
{
    static bool partly;

    if (failing == WRITE) { /* the disk becomes full in the middle */
        partly = !partly;
        if (partly)
            return __real_sys_write(fd, from, len / 2);
        errno = ENOSPC;
        return -1;
    }
    return __real_sys_write(fd, from, len);
}

int __wrap_sys_fsync(int fd)
{
    FAIL_IF(FSYNC, EIO);
    return __real_sys_fsync(fd);
}

int __wrap_sys_renameat(int dir, const char *from, const char *to)
{
    FAIL_IF(RENAMEAT, EBUSY);
    return __real_sys_renameat(dir, from, to);
}

int __wrap_sys_fchown(int fd, uid_t uid, gid_t gid)
{
    (void)fd;
    (void)uid;
    (void)gid;
    FAIL_IF(FCHOWN, EPERM);
    return 0;
}

static const struct file_owner ours = {FILES_KEEP, FILES_KEEP, 0640};

static int setup(void **state)
{
    (void)state;
    base = make_directory();
    failing = NONE;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_directory(base);
    return 0;
}

static const char *at(const char *path)
{
    static char whole[8192];

    (void)snprintf(whole, sizeof whole, "%s/%s", base, path);
    return whole;
}

static int replace(const char *path, const char *text, struct err *e)
{
    struct buf b = BUF_INIT;
    int rc;

    assert_int_equal(buf_str(&b, text), 0);
    rc = file_replace(base, path, &b, &ours, true, e);
    buf_free(&b);
    return rc;
}

static void expect_text(const char *path, const char *text)
{
    struct buf b = BUF_INIT;
    struct err e = {0};

    if (file_read(at(path), 1000, &b, &e) < 0)
        fail_msg("%s", e.msg);
    assert_string_equal(b.data, text);
    buf_free(&b);
}

static int count_entry(void *arg, const char *name, const struct stat *st)
{
    (void)name;
    (void)st;
    ++*(int *)arg;
    return 0;
}

static int entries(const char *path)
{
    struct err e = {0};
    int count = 0;

    if (file_list(base, path, count_entry, &count, &e) < 0)
        fail_msg("%s", e.msg);
    return count;
}

static void a_file_is_replaced_whole_with_its_mode(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(replace("f", "a longer old text", &e), 0);
    assert_int_equal(replace("f", "new", &e), 0);
    expect_text("f", "new");
    assert_int_equal(mode_of(at("f")), 0640);
    assert_int_equal(entries(""), 1);
}

static void a_failed_replacement_leaves_the_old_file_and_nothing_else(void **state)
{
    static const struct {
        enum call call;
        int code;
    } cases[] = {{WRITE, ENOSPC}, {FSYNC, EIO}, {RENAMEAT, EBUSY}, {FCHOWN, EPERM}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_owner owner = {geteuid(), getegid(), 0600};
        struct buf b = BUF_INIT;
        struct err e = {0};

        failing = NONE;
        assert_int_equal(replace("f", "old", &e), 0);
        assert_int_equal(buf_str(&b, "new text"), 0);
        failing = cases[i].call;
        assert_int_equal(file_replace(base, "f", &b, &owner, true, &e), -1);
        assert_int_equal(e.code, cases[i].code);
        expect_text("f", "old");
        assert_int_equal(entries(""), 1);
        buf_free(&b);
    }
}

static void no_link_below_the_base_is_followed(void **state)
{
    struct buf b = BUF_INIT;
    struct err e = {0};
    struct stat st;

    (void)state;
    assert_int_equal(mkdir(at("outside"), 0755), 0);
    assert_int_equal(replace("outside/f", "kept", &e), 0);
    assert_int_equal(symlink("outside", at("link")), 0);
    assert_int_equal(symlink("outside/f", at("file")), 0);
    assert_int_equal(replace("link/f", "new", &e), -1);
    assert_int_equal(file_read_below(base, "link/f", 100, &b, &st, &e), -1);
    assert_int_equal(file_read_below(base, "file", 100, &b, &st, &e), -1);
    assert_int_equal(e.code, ELOOP);
    assert_int_equal(file_mkdir(base, "link/d", &ours, &e), -1);
    assert_int_equal(file_mkdir(base, "link", &ours, &e), -1);
    assert_int_equal(file_remove(base, "link/f", &e), -1);
    assert_int_equal(file_remove_tree(base, "link/f", &e), -1);
    assert_int_equal(file_remove_tree(base, "link", &e), 0);
    assert_int_equal(replace("file", "own", &e), 0); /* the link itself is replaced */
    expect_text("file", "own");
    expect_text("outside/f", "kept");
    assert_int_equal(entries("outside"), 1);
    buf_free(&b);
}

static void no_path_leads_out_of_its_base(void **state)
{
    static const char *const paths[] = {"..", "../x", "a/..", "a/../../x", "a/../x"};
    struct buf b = BUF_INIT;
    struct stat st;
    int count = 0;

    (void)state;
    assert_int_equal(mkdir(at("a"), 0755), 0);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct err e[6] = {0};

        assert_int_equal(replace(paths[i], "x", &e[0]), -1);
        assert_int_equal(file_read_below(base, paths[i], 100, &b, &st, &e[1]), -1);
        assert_int_equal(file_mkdir(base, paths[i], &ours, &e[2]), -1);
        assert_int_equal(file_remove(base, paths[i], &e[3]), -1);
        assert_int_equal(file_remove_tree(base, paths[i], &e[4]), -1);
        assert_int_equal(file_list(base, paths[i], count_entry, &count, &e[5]), -1);
        for (size_t k = 0; k < 6; k++)
            assert_int_equal(e[k].code, EINVAL);
    }
    buf_free(&b);
}

static void a_name_too_long_is_an_error_everywhere(void **state)
{
    char path[400];
    struct err e = {0};

    (void)state;
    memset(path, 'n', 300);
    (void)snprintf(path + 300, sizeof path - 300, "/f");
    assert_int_equal(replace(path, "x", &e), -1);
    assert_int_equal(e.code, ENAMETOOLONG);
    assert_int_equal(file_mkdir(base, path, &ours, &e), -1);
    assert_int_equal(e.code, ENAMETOOLONG);
    assert_int_equal(entries(""), 0);
}

static void a_tree_is_removed_and_never_its_base(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(file_mkdir(base, "a/b/c", &(struct file_owner){FILES_KEEP, FILES_KEEP, 0750}, &e), 0);
    assert_int_equal(replace("a/b/c/f", "x", &e), 0);
    assert_int_equal(replace("kept", "x", &e), 0);
    assert_int_equal(symlink("../kept", at("a/link")), 0);
    assert_int_equal(file_remove_tree(base, "a", &e), 0);
    assert_int_equal(file_remove_tree(base, "a", &e), 0);
    assert_int_equal(entries(""), 1);
    assert_int_equal(file_remove_tree(base, "", &e), -1);
    assert_int_equal(file_remove_tree(base, ".", &e), -1);
    assert_int_equal(file_remove_tree(base, "./", &e), -1);
    expect_text("kept", "x");
}

static void reading_stops_at_a_limit_and_at_no_fifo(void **state)
{
    struct buf b = BUF_INIT;
    struct err e = {0};

    (void)state;
    assert_int_equal(replace("f", "12345", &e), 0);
    assert_int_equal(file_read(at("f"), 5, &b, &e), 0);
    assert_int_equal(file_read(at("f"), 4, &b, &e), -1);
    assert_int_equal(e.code, EFBIG);
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    buf_reset(&b);
    assert_int_equal(file_read(at("fifo"), 4, &b, &e), 0);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void only_what_is_made_or_named_last_gets_the_owner(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(mkdir(at("a"), 0700), 0);
    assert_int_equal(file_mkdir(base, "a/b", &(struct file_owner){FILES_KEEP, FILES_KEEP, 02750}, &e), 0);
    assert_int_equal(mode_of(at("a")), 0700);
    assert_int_equal(mode_of(at("a/b")), 02750);
    assert_int_equal(file_mkdir(base, "a", &(struct file_owner){FILES_KEEP, FILES_KEEP, 0711}, &e), 0);
    assert_int_equal(mode_of(at("a")), 0711);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A service may nest directories in its own as deeply as it likes: that costs us no descriptors and no stack. */
static void a_tree_is_removed_however_deep_it_is(void **state)
{
    struct rlimit before, few;
    struct err e = {0};
    int dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    for (int i = 0; i < 5000; i++) {
        const char *name = i == 0 ? "a" : "d";
        int next;

        assert_int_equal(mkdirat(dir, name, 0700), 0);
        next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)close(dir);
        dir = next;
        if (i % 100 == 1)
            (void)close(openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
    (void)close(dir);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 128;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    if (file_remove_tree(base, "a", &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(file_remove(base, "a", &e), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_replaced_whole_with_its_mode),
        TEST(a_failed_replacement_leaves_the_old_file_and_nothing_else),
        TEST(no_link_below_the_base_is_followed),
        TEST(no_path_leads_out_of_its_base),
        TEST(a_name_too_long_is_an_error_everywhere),
        TEST(a_tree_is_removed_and_never_its_base),
        TEST(a_tree_is_removed_however_deep_it_is),
        TEST(reading_stops_at_a_limit_and_at_no_fifo),
        TEST(only_what_is_made_or_named_last_gets_the_owner),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

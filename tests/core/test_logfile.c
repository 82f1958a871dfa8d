/* wraps: write fchown renameat now */
#include "support.h"

#include "files/files.h"
#include "output/logfile.h"
#include "base/sys.h"

ssize_t __real_sys_write(int fd, const void *from, size_t len);
ssize_t __wrap_sys_write(int fd, const void *from, size_t len);
int __wrap_sys_fchown(int fd, uid_t uid, gid_t gid);
int __real_sys_renameat(int dir, const char *from, const char *to);
int __wrap_sys_renameat(int dir, const char *from, const char *to);

uint64_t __wrap_sys_now(void);

static int full, unrenamed;
static uid_t owner;
static uint64_t now = 1; /* it stands, however slow the machine is */

uint64_t __wrap_sys_now(void)
{
    return now;
}

ssize_t __wrap_sys_write(int fd, const void *from, size_t len)
{
    if (!full)
        return __real_sys_write(fd, from, len);
    if (len > 3)
        return __real_sys_write(fd, from, 3);
    errno = ENOSPC;
    return -1;
}

int __wrap_sys_fchown(int fd, uid_t uid, gid_t gid)
{
    (void)fd;
    (void)gid;
    owner = uid;
    return 0;
}

int __wrap_sys_renameat(int dir, const char *from, const char *to)
{
    if (unrenamed) {
        errno = EACCES;
        return -1;
    }
    return __real_sys_renameat(dir, from, to);
}

static char *base;
static struct logfile_rules rules;
static struct logfile file;
static struct err e;
static uint64_t missing;

static int setup(void **state)
{
    (void)state;
    base = make_directory();
    rules = (struct logfile_rules){.dir = -1, .uid = FILES_KEEP, .gid = FILES_KEEP, .max_bytes = 20, .max_age_ms = 1000000,
                                   .keep = 2};
    full = unrenamed = 0;
    logfile_init(&file);
    return logfile_directory(&rules, base, "logs", &e);
}

static int teardown(void **state)
{
    (void)state;
    logfile_close(&file);
    logfile_forget(&rules);
    remove_directory(base);
    return 0;
}

static enum logfile_news add(const char *text)
{
    return logfile_write(&file, &rules, "a", text, strlen(text), 1, &missing, &e);
}

static void expect_file(const char *name, const char *text)
{
    struct buf got = BUF_INIT;
    struct stat st;

    assert_int_equal(file_read_below(base, name, 1000, &got, &st, &e), 0);
    assert_string_equal(got.data ? got.data : "", text);
    assert_int_equal(st.st_mode & 0777, 0640);
    buf_free(&got);
}

static void path_of(char path[128], const char *name)
{
    (void)snprintf(path, 128, "%s/logs/%s", base, name);
}

static void lines_are_appended_to_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(add("one\n"), LOGFILE_SAME);
    logfile_close(&file);
    assert_int_equal(add("two\n"), LOGFILE_SAME);
    expect_file("logs/a.log", "one\ntwo\n");
}

static void by_size_files_move_up_and_the_oldest_goes(void **state)
{
    char path[128];

    (void)state;
    for (char c = 'a'; c < 'i'; c++) {
        char text[] = "?23456789\n";

        text[0] = c;
        assert_int_equal(add(text), LOGFILE_SAME);
    }
    expect_file("logs/a.log", "g23456789\nh23456789\n");
    expect_file("logs/a.log.1", "e23456789\nf23456789\n");
    expect_file("logs/a.log.2", "c23456789\nd23456789\n");
    path_of(path, "a.log.3");
    assert_int_equal(access(path, F_OK), -1);
}

static void without_any_to_keep_the_file_begins_anew(void **state)
{
    (void)state;
    rules.keep = 0;
    assert_int_equal(add("1234567890123456\n"), LOGFILE_SAME);
    assert_int_equal(add("second\n"), LOGFILE_SAME);
    expect_file("logs/a.log", "second\n");
}

static void by_age_too(void **state)
{
    (void)state;
    assert_int_equal(add("old\n"), LOGFILE_SAME);
    assert_int_equal(add("young\n"), LOGFILE_SAME);
    file.began_ms -= rules.max_age_ms;
    assert_int_equal(add("new\n"), LOGFILE_SAME);
    expect_file("logs/a.log", "new\n");
    expect_file("logs/a.log.1", "old\nyoung\n");
}

static void a_full_disk_is_told_once_and_lines_are_whole_afterwards(void **state)
{
    (void)state;
    assert_int_equal(add("one\n"), LOGFILE_SAME);
    full = 1;
    assert_int_equal(add("two\n"), LOGFILE_FAILED);
    assert_int_equal(e.code, ENOSPC);
    assert_int_equal(add("three\n"), LOGFILE_SAME);
    full = 0;
    assert_int_equal(add("four\n"), LOGFILE_RECOVERED);
    assert_int_equal(missing, 2);
    assert_int_equal(file.lost, 2);
    expect_file("logs/a.log", "one\nfour\n");
}

static void a_link_or_a_file_of_others_is_not_written(void **state)
{
    char path[128], target[128];
    int fd;

    (void)state;
    (void)snprintf(target, sizeof target, "%s/target", base);
    fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    path_of(path, "a.log");
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(add("x\n"), LOGFILE_FAILED);
    assert_int_equal(e.code, ELOOP);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(link(target, path), 0);
    logfile_init(&file);
    assert_int_equal(add("x\n"), LOGFILE_FAILED);
    assert_int_equal(e.code, EPERM);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    logfile_init(&file);
    assert_int_equal(add("x\n"), LOGFILE_FAILED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(target, path), 0);
    rules.uid = geteuid() + 1;
    logfile_init(&file);
    assert_int_equal(add("x\n"), LOGFILE_FAILED);
    assert_int_equal(e.code, EPERM);
    assert_int_equal(add("y\n"), LOGFILE_SAME);
    assert_int_equal(unlink(path), 0);
    logfile_init(&file);
    assert_int_equal(add("x\n"), LOGFILE_SAME);
    assert_int_equal(owner, geteuid() + 1);
}

static void without_rotation_nothing_grows_on(void **state)
{
    (void)state;
    assert_int_equal(add("1234567890123456\n"), LOGFILE_SAME);
    unrenamed = 1;
    assert_int_equal(add("second\n"), LOGFILE_FAILED);
    assert_int_equal(e.code, EACCES);
    unrenamed = 0;
    assert_int_equal(add("at once\n"), LOGFILE_SAME);
    now += 1000;
    assert_int_equal(add("third\n"), LOGFILE_RECOVERED);
    assert_int_equal(missing, 2);
    expect_file("logs/a.log", "third\n");
}

static void a_name_that_leads_elsewhere_makes_no_file(void **state)
{
    (void)state;
    assert_int_equal(logfile_write(&file, &rules, "../a", "x\n", 2, 1, &missing, &e), LOGFILE_FAILED);
    assert_int_equal(logfile_write(&file, &rules, ".a", "x\n", 2, 1, &missing, &e), LOGFILE_SAME);
    assert_int_equal(file.lost, 2);
    assert_int_equal(logfile_directory(&rules, base, "../logs", &e), -1);
    assert_int_equal(rules.dir, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_appended_to_what_is_there),
        TEST(by_size_files_move_up_and_the_oldest_goes),
        TEST(without_any_to_keep_the_file_begins_anew),
        TEST(by_age_too),
        TEST(a_full_disk_is_told_once_and_lines_are_whole_afterwards),
        TEST(a_link_or_a_file_of_others_is_not_written),
        TEST(without_rotation_nothing_grows_on),
        TEST(a_name_that_leads_elsewhere_makes_no_file),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* wraps: openat open_unlinked */
#include "support.h"

#include "base/sys.h"
#include "files/way.h"

#define SERVICE 991

static const char *base;
static char text[PATH_MAX];
static void (*meanwhile)(const char *name); /* what a service does just before a name is opened */

int __real_sys_openat(int dir, const char *path, int flags, mode_t mode);
int __wrap_sys_openat(int dir, const char *path, int flags, mode_t mode);

int __wrap_sys_openat(int dir, const char *path, int flags, mode_t mode)
{
    if (meanwhile)
        meanwhile(path);
    return __real_sys_openat(dir, path, flags, mode);
}

static bool older; /* the kernel, or the container, has no openat2 */

int __real_sys_open_unlinked(const char *path, int flags);
int __wrap_sys_open_unlinked(const char *path, int flags);

int __wrap_sys_open_unlinked(const char *path, int flags)
{
    char part[NAME_MAX + 2];

    for (const char *rest = path; meanwhile && way_part(&rest, part);)
        meanwhile(part);
    errno = ENOSYS;
    return older ? -1 : __real_sys_open_unlinked(path, flags);
}

static const char *at(const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, PATH_MAX, "%s/%s", base, name);
    return path;
}

static void make(const char *name, mode_t mode, uid_t uid)
{
    assert_int_equal(mkdir(at(name), 0700), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(at(name), uid, uid), 0);
    assert_int_equal(chmod(at(name), mode), 0);
}

static void make_link(const char *target, const char *name, uid_t uid)
{
    assert_int_equal(symlink(target, at(name)), 0);
    if (geteuid() == 0)
        assert_int_equal(lchown(at(name), uid, uid), 0);
}

static void make_file(const char *name)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "root's", 6), 6);
    (void)close(fd);
}

/* What way_file reads there; "" and the error's code where it does not. */
static const char *content(const char *name, int *code)
{
    struct err e = {0};
    int fd = way_file(at(name), O_RDONLY, &e);
    ssize_t n = 0;

    *code = e.code;
    if (fd >= 0) {
        n = read(fd, text, sizeof text - 1);
        (void)close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void expect_followed(const char *name)
{
    int code;

    assert_string_equal(content(name, &code), "root's");
}

static void expect_refused(const char *name)
{
    int code;

    if (geteuid() != 0) { /* any other user's paths are opened as they are */
        expect_followed(name);
        return;
    }
    assert_string_equal(content(name, &code), "");
    assert_int_equal(code, ELOOP);
}

static int setup(void **state)
{
    (void)state;
    base = make_directory();
    make("secret", 0755, 0);
    make_file("secret/file");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    meanwhile = NULL;
    remove_directory(base);
    return 0;
}

static void a_link_of_roots_in_roots_directory_is_followed(void **state)
{
    (void)state;
    make_link("secret", "relative", 0);
    make_link(at("secret"), "absolute", 0);
    make_link("absolute/../secret/./file", "leaf", 0);
    expect_followed("relative/file");
    expect_followed("absolute/file");
    expect_followed("leaf");
    expect_followed("secret//./../relative///file");
}

static void a_services_link_is_followed_at_no_component(void **state)
{
    (void)state;
    make("shared", 01777, 0);
    make_link("../secret", "shared/way", SERVICE);
    make_link("../secret/file", "shared/leaf", SERVICE);
    make_link("shared/way", "over", 0); /* nor where root's link leads over it */
    expect_refused("shared/way/file");
    expect_refused("shared/leaf");
    expect_refused("over/file");
}

static void a_link_of_roots_where_others_may_write_is_followed_only_with_the_sticky_bit(void **state)
{
    (void)state;
    make("shared", 01771, 0);
    make("others", 0777, 0);
    make("group", 0770, 0);
    make("service", 0755, SERVICE);
    make("sticky", 01777, SERVICE); /* whose a directory is may do in it what it wants */
    make_link(at("secret/file"), "shared/leaf", 0);
    make_link(at("secret/file"), "others/leaf", 0);
    make_link(at("secret/file"), "group/leaf", 0);
    make_link(at("secret/file"), "service/leaf", 0);
    make_link(at("secret/file"), "sticky/leaf", 0);
    expect_followed("shared/leaf");
    expect_refused("others/leaf");
    expect_refused("group/leaf");
    expect_refused("service/leaf");
    expect_refused("sticky/leaf");
}

static void below_a_services_directory_no_link_is_followed_whosever_it_is(void **state)
{
    (void)state;
    make("service", 0755, SERVICE);
    make("service/inner", 0755, 0);
    make("service/inner/deep", 0755, 0);
    make_file("service/inner/deep/file");
    make_link("deep/file", "service/inner/leaf", 0);
    expect_refused("service/inner/leaf");
    expect_refused("service/inner/../inner/deep/file"); /* what is above may be moved meanwhile */
    expect_followed("service/inner/deep/file");
}

static void links_that_lead_in_a_circle_end(void **state)
{
    int code;

    (void)state;
    make_link("two", "one", 0);
    make_link("one", "two", 0);
    assert_string_equal(content("one", &code), "");
    assert_int_equal(code, ELOOP);
}

static void links_of_the_kernel_lead_to_what_has_no_path(void **state)
{
    struct err e = {0};
    char path[64];
    int ends[2], fd;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    fd = way_file(path, O_RDONLY | O_NONBLOCK, &e);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void swap_for_link(const char *name)
{
    if (strcmp(name, "inner") != 0 || access(at("service/was"), F_OK) == 0)
        return;
    assert_int_equal(rename(at("service/inner"), at("service/was")), 0);
    make_link(at("secret"), "service/inner", SERVICE);
}

static void a_directory_that_becomes_a_link_at_the_last_moment_leads_nowhere(void **state)
{
    (void)state;
    make("service", 0755, SERVICE);
    make("service/inner", 0755, SERVICE);
    make_file("service/inner/file");
    expect_followed("service/inner/file");
    meanwhile = swap_for_link;
    expect_refused("service/inner/file");
}

static bool put;

static void put_roots_directory(const char *name)
{
    if (put || strcmp(name, "new") != 0 || access(at("service/new"), F_OK) != 0)
        return;
    put = true;
    assert_int_equal(rmdir(at("service/new")), 0);
    assert_int_equal(rename(at("secret"), at("service/new")), 0);
}

static void what_a_service_puts_in_place_of_a_directory_just_made_is_not_given_away(void **state)
{
    const struct file_owner to = {SERVICE, SERVICE, 0750};
    struct err e = {0};
    int fd;

    (void)state;
    if (geteuid() != 0)
        return; /* it gives nothing away */
    make("service", 0755, SERVICE);
    put = false;
    meanwhile = put_roots_directory;
    fd = way_directory(at("service/new"), &to, &e);
    meanwhile = NULL;
    assert_true(put);
    assert_int_equal(fd, -1);
    assert_int_equal(e.code, EPERM);
    assert_int_equal(what_is(at("service/new")).st_uid, 0);
    assert_int_equal(what_is(at("service/new/file")).st_uid, 0);
}

static void what_is_missing_is_made_with_its_owner_and_follows_no_services_link(void **state)
{
    bool root = geteuid() == 0;
    const struct file_owner to = {root ? SERVICE : geteuid(), root ? SERVICE : getegid(), 02750};
    struct err e = {0};
    int fd;

    (void)state;
    fd = way_directory(at("new/inner"), &to, &e);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(mode_of(at("new/inner")), 02750);
    assert_int_equal(what_is(at("new")).st_uid, to.uid);
    if (!root)
        return;
    make_link(at("secret"), "new/way", SERVICE);
    assert_int_equal(way_directory(at("new/way/made"), &to, &e), -1);
    assert_int_equal(e.code, ELOOP);
    assert_int_equal(access(at("secret/made"), F_OK), -1);
}

static void claim(const char *name, int code)
{
    const struct file_owner to = {992, 992, 0700};
    int dir = open(at("shared"), O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = way_enter(dir, name, true, &to);

    assert_int_equal(fd < 0 ? errno : 0, code);
    assert_int_equal(what_is(at("shared")).st_uid, 0);
    if (fd >= 0)
        (void)close(fd);
    (void)close(dir);
}

static void a_directory_is_claimed_where_a_service_writes_only_from_root_or_for_its_owner(void **state)
{
    (void)state;
    if (geteuid() != 0)
        return; /* it claims nothing */
    make("shared", 01771, 0);
    make("shared/roots", 0755, 0);
    make("shared/its", 0755, 992);
    make("shared/others", 0755, SERVICE);
    claim("roots", 0);
    claim("its", 0);
    claim("others", EPERM);
    assert_int_equal(what_is(at("shared/roots")).st_uid, 992);
    assert_int_equal(what_is(at("shared/others")).st_uid, SERVICE);
}

static void the_path_without_links_is_found_by_the_same_rule(void **state)
{
    struct err e = {0};
    struct buf b = {0};

    (void)state;
    make("shared", 01777, 0);
    make_link("secret", "good", 0);
    make_link(at("secret"), "shared/bad", SERVICE);
    assert_int_equal(way_real(at("good/file"), &b, &e), 0);
    assert_non_null(b.data);
    assert_string_equal(b.data, at("secret/file"));
    buf_free(&b);
    assert_int_equal(way_real(at("shared/bad"), &b, &e), geteuid() == 0 ? -1 : 0);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_link_of_roots_in_roots_directory_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_services_link_is_followed_at_no_component, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_of_roots_where_others_may_write_is_followed_only_with_the_sticky_bit,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(below_a_services_directory_no_link_is_followed_whosever_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(links_that_lead_in_a_circle_end, setup, teardown),
        cmocka_unit_test_setup_teardown(links_of_the_kernel_lead_to_what_has_no_path, setup, teardown),
        cmocka_unit_test_setup_teardown(a_directory_that_becomes_a_link_at_the_last_moment_leads_nowhere, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_a_service_puts_in_place_of_a_directory_just_made_is_not_given_away, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_missing_is_made_with_its_owner_and_follows_no_services_link, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_directory_is_claimed_where_a_service_writes_only_from_root_or_for_its_owner,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_path_without_links_is_found_by_the_same_rule, setup, teardown),
    };

    older = true;
    if (cmocka_run_group_tests_name("an older kernel", tests, NULL, NULL) != 0)
        return 1;
    older = false;
    return cmocka_run_group_tests_name("a kernel with openat2", tests, NULL, NULL);
}

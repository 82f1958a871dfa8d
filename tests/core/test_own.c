/* wraps: fchown_path fchmod */
#include "support.h"

#include <sys/sysmacros.h>

#include "files/files.h"
#include "files/own.h"
#include "base/sys.h"

#define SERVICE 4711
#define STRANGER 4242

int __wrap_sys_fchown_path(int fd, uid_t uid, gid_t gid);
int __real_sys_fchown_path(int fd, uid_t uid, gid_t gid);
int __wrap_sys_fchmod(int fd, mode_t mode);
int __real_sys_fchmod(int fd, mode_t mode);

static const char *base;
static int failing;

int __wrap_sys_fchown_path(int fd, uid_t uid, gid_t gid)
{
    if (failing) {
        errno = failing;
        return -1;
    }
    return __real_sys_fchown_path(fd, uid, gid);
}

int __wrap_sys_fchmod(int fd, mode_t mode)
{
    if (failing) {
        errno = failing;
        return -1;
    }
    return __real_sys_fchmod(fd, mode);
}

static int setup(void **state)
{
    (void)state;
    failing = 0;
    base = make_directory();
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
    static char full[8192];

    (void)snprintf(full, sizeof full, "%s/%s", base, path);
    return full;
}

static uid_t owner(const char *path)
{
    return what_is(at(path)).st_uid;
}

static struct own *begin(bool change)
{
    struct err e = {0};
    struct own *o = own_open(base, SERVICE, SERVICE, change, false, &e);

    assert_non_null(o);
    return o;
}

/* To the end, in steps of so many; how many there were. */
static unsigned walk(struct own *o, unsigned entries)
{
    struct err e = {0};
    unsigned steps = 0;
    int rc;

    do {
        rc = own_step(o, entries, &e);
        assert_true(rc >= 0);
        steps++;
    } while (rc > 0);
    return steps;
}

static void everything_is_given_whoever_had_it_and_only_what_differs_changes(void **state)
{
    struct own *o;

    (void)state;
    put_dir(at("media"), 0, 0755);
    put_file(at("media/a"), STRANGER, 0640);
    put_file(at("kept"), SERVICE, 0600);
    assert_int_equal(chown(at("kept"), SERVICE, STRANGER), 0);
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    o = begin(true);
    assert_true(walk(o, 1) >= 4);
    assert_int_equal(own_counts(o)->seen, 5);
    assert_int_equal(own_counts(o)->changed, 4);
    assert_int_equal(own_counts(o)->left, 0);
    own_close(o);
    assert_int_equal(owner(""), SERVICE);
    assert_int_equal(owner("media"), SERVICE);
    assert_int_equal(owner("media/a"), SERVICE);
    assert_int_equal(owner("fifo"), SERVICE);
    o = begin(true);
    (void)walk(o, 1000);
    assert_int_equal(own_counts(o)->changed, 0);
    own_close(o);
}

static void links_are_neither_followed_nor_changed(void **state)
{
    char outside[128];
    struct own *o;
    FILE *f;

    (void)state;
    (void)snprintf(outside, sizeof outside, "%s/../outside", base);
    assert_int_equal(mkdir(outside, 0700), 0);
    (void)snprintf(outside, sizeof outside, "%s/../outside/secret", base);
    f = fopen(outside, "w");
    assert_non_null(f);
    (void)fclose(f);
    assert_int_equal(symlink("../outside", at("directory")), 0);
    assert_int_equal(symlink("../outside/secret", at("file")), 0);
    assert_int_equal(symlink("/nowhere", at("dangling")), 0);
    o = begin(true);
    (void)walk(o, 1000);
    assert_int_equal(own_counts(o)->changed, 1);
    own_close(o);
    assert_int_equal(what_is(outside).st_uid, 0);
    assert_int_equal(owner("file"), 0);
}

static void a_file_with_another_name_elsewhere_is_left_and_named(void **state)
{
    char outside[128];
    struct own *o;

    (void)state;
    (void)snprintf(outside, sizeof outside, "%s/../secret", base);
    put_file(at("../secret"), 0, 0600);
    assert_int_equal(link(outside, at("innocent")), 0);
    o = begin(true);
    (void)walk(o, 1000);
    assert_int_equal(own_counts(o)->left, 1);
    assert_int_equal(own_misfit(o, 0)->why, OWN_LINKED);
    assert_string_equal(own_misfit(o, 0)->path, "innocent");
    assert_null(own_misfit(o, 1));
    own_close(o);
    assert_int_equal(owner("innocent"), 0);
}

static void a_device_is_left(void **state)
{
    struct own *o;

    (void)state;
    if (mknod(at("null"), S_IFCHR | 0600, makedev(1, 3)) < 0) {
        assert_int_equal(errno, EPERM); /* a container may not make one, and then there is none */
        return;
    }
    o = begin(true);
    (void)walk(o, 1000);
    assert_int_equal(own_misfit(o, 0)->why, OWN_DEVICE);
    own_close(o);
    assert_int_equal(owner("null"), 0);
}

static void what_is_left_out_keeps_its_owner_with_all_below_it(void **state)
{
    struct err e = {0};
    struct own *o;

    (void)state;
    put_dir(at("synlua"), 0, 0755);
    put_file(at("synlua/init.lua"), 0, 0644);
    put_dir(at("media"), 0, 0755);
    put_dir(at("media/synlua"), 0, 0755);
    o = begin(true);
    assert_int_equal(own_skip(o, "synlua", &e), 0);
    (void)walk(o, 1000);
    own_close(o);
    assert_int_equal(owner("synlua"), 0);
    assert_int_equal(owner("synlua/init.lua"), 0);
    assert_int_equal(owner("media/synlua"), SERVICE);
}

static void a_tree_that_is_too_deep_ends_where_our_descriptors_would(void **state)
{
    struct own *o;
    int dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC), i, next;

    (void)state;
    for (i = 0; i < 3 * OWN_DEPTH; i++) {
        assert_int_equal(mkdirat(dir, "d", 0700), 0);
        next = openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)close(dir);
        dir = next;
    }
    (void)close(dir);
    o = begin(true);
    (void)walk(o, 10);
    assert_int_equal(own_counts(o)->left, 1);
    assert_int_equal(own_misfit(o, 0)->why, OWN_DEEP);
    assert_int_equal(own_counts(o)->changed, OWN_DEPTH + 1);
    own_close(o);
}

static void more_misfits_than_are_named_are_counted(void **state)
{
    char name[32];
    struct own *o;
    int i;

    (void)state;
    for (i = 0; i < 3 * OWN_NAMED; i++) {
        (void)snprintf(name, sizeof name, "f%d", i);
        put_file(at(name), STRANGER, 0600);
    }
    assert_int_equal(chmod(base, 0777), 0);
    o = begin(false);
    (void)walk(o, 7);
    assert_int_equal(own_counts(o)->left, 3 * OWN_NAMED);
    assert_int_equal(own_counts(o)->changed, 0);
    assert_int_equal(own_misfit(o, OWN_NAMED - 1)->uid, STRANGER);
    assert_null(own_misfit(o, OWN_NAMED));
    own_close(o);
    assert_int_equal(owner("f0"), STRANGER);
}

static void only_what_the_user_cannot_use_is_a_misfit_where_nothing_is_changed(void **state)
{
    struct own *o;

    (void)state;
    assert_int_equal(chmod(base, 0777), 0);
    put_file(at("readable"), 0, 0644);
    put_file(at("of the group"), 0, 0640);
    assert_int_equal(chown(at("of the group"), 0, SERVICE), 0);
    put_file(at("own"), SERVICE, 0600);
    put_dir(at("open"), 0, 0777);
    put_dir(at("closed"), STRANGER, 0755);
    o = begin(false);
    (void)walk(o, 1000);
    assert_int_equal(own_counts(o)->left, 1);
    assert_string_equal(own_misfit(o, 0)->path, "closed");
    assert_int_equal(own_misfit(o, 0)->why, OWN_CLOSED);
    own_close(o);
}

static void what_may_not_be_changed_is_left_and_any_other_fault_ends_the_walk(void **state)
{
    struct err e = {0};
    struct own *o;

    (void)state;
    assert_int_equal(chown(base, SERVICE, SERVICE), 0);
    put_file(at("a"), 0, 0600);
    o = begin(true);
    failing = EROFS;
    (void)walk(o, 1000);
    assert_int_equal(own_misfit(o, 0)->why, OWN_REFUSED);
    own_close(o);
    o = begin(true);
    failing = EIO;
    assert_int_equal(own_step(o, 1000, &e), -1);
    assert_int_equal(e.code, EIO);
    assert_non_null(strstr(e.msg, "a"));
    own_close(o);
}

static void a_base_that_is_missing_is_told(void **state)
{
    struct err e = {0};

    (void)state;
    assert_null(own_open(at("none"), SERVICE, SERVICE, true, false, &e));
    assert_int_equal(e.code, ENOENT);
}

static void a_secret_is_closed_to_others_but_never_through_a_link(void **state)
{
    const struct file_owner closed = {.uid = FILES_KEEP, .gid = FILES_KEEP, .mode = 0600};
    char second[100];
    struct err e = {0};

    (void)state;
    put_file(at("key"), SERVICE, 0644);
    put_file(at("../else"), 0, 0644);
    assert_int_equal(symlink("../else", at("link")), 0);
    assert_int_equal(file_give(base, "key", SERVICE, &closed, &e), 0);
    assert_int_equal(file_give(base, "none", SERVICE, &closed, &e), -1);
    assert_int_equal(e.code, ENOENT);
    assert_int_equal(file_give(base, "link", SERVICE, &closed, &e), -1);
    assert_int_equal(e.code, ELOOP);
    assert_int_equal(file_give(base, "../else", SERVICE, &closed, &e), -1);
    assert_int_equal(file_give(base, "key", 0, &closed, &e), -1);
    assert_int_equal(e.code, EPERM);
    (void)snprintf(second, sizeof second, "%s/second", base);
    assert_int_equal(link(at("key"), second), 0);
    assert_int_equal(file_give(base, "key", SERVICE, &closed, &e), -1);
    assert_int_equal(mode_of(at("key")), 0600);
    assert_int_equal(what_is(at("key")).st_uid, SERVICE);
    assert_int_equal(mode_of(at("../else")), 0644);
    put_file(at("bad"), SERVICE, 0644);
    failing = EPERM;
    assert_int_equal(file_give(base, "bad", SERVICE, &closed, &e), -1);
}

static struct own *ways(bool change, const char *const *paths)
{
    struct err e = {0};
    struct own *o = own_new(SERVICE, SERVICE, change, &e);

    assert_non_null(o);
    for (; *paths; paths++)
        assert_int_equal(own_way(o, base, *paths, &e), 0);
    return o;
}

static void of_single_files_only_what_keeps_the_user_out_is_given(void **state)
{
    static const char *const paths[] = {"",       "conf/a",  "conf/open", "conf/none", "shut/b",
                                        "link/c", "way/c",   "../up",     "conf",      NULL};
    char outside[128];
    struct own *o;

    (void)state;
    assert_int_equal(chmod(base, 0755), 0);
    put_dir(at("conf"), 0, 0755);
    put_file(at("conf/a"), 0, 0600);
    put_file(at("conf/open"), 0, 0644);
    put_file(at("conf/beside"), 0, 0600);
    put_dir(at("shut"), STRANGER, 0700);
    put_file(at("shut/b"), STRANGER, 0600);
    put_dir(at("else"), 0, 0700);
    put_file(at("else/c"), 0, 0600);
    (void)snprintf(outside, sizeof outside, "%s/else", base);
    assert_int_equal(symlink(outside, at("way")), 0);
    assert_int_equal(symlink("else/c", at("link")), 0);
    o = ways(true, paths);
    assert_int_equal(own_counts(o)->changed, 3);
    assert_int_equal(own_counts(o)->left, 0);
    own_close(o);
    assert_int_equal(owner(""), getuid());
    assert_int_equal(owner("conf"), 0);
    assert_int_equal(owner("conf/a"), SERVICE);
    assert_int_equal(owner("conf/open"), 0);
    assert_int_equal(owner("conf/beside"), 0);
    assert_int_equal(owner("shut"), SERVICE);
    assert_int_equal(owner("shut/b"), SERVICE);
    assert_int_equal(owner("else"), 0);
    assert_int_equal(owner("else/c"), 0);
}

static void of_single_files_what_does_not_fit_is_named(void **state)
{
    static const char *const paths[] = {"", "a", "b", "mine", "twice", NULL};
    char first[8192];
    struct err e = {0};
    struct own *o;

    (void)state;
    assert_int_equal(chmod(base, 0700), 0);
    put_file(at("a"), STRANGER, 0600);
    put_file(at("b"), STRANGER, 0);
    put_file(at("mine"), SERVICE, 0);
    put_file(at("twice"), 0, 0600);
    assert_int_equal(mkdir(at("d"), 0700), 0);
    (void)snprintf(first, sizeof first, "%s", at("twice"));
    assert_int_equal(link(first, at("d/second")), 0);
    o = ways(false, paths);
    assert_int_equal(own_counts(o)->left, 5);
    assert_string_equal(own_misfit(o, 0)->path, ".");
    assert_string_equal(own_misfit(o, 1)->path, "a");
    assert_int_equal(own_misfit(o, 1)->uid, STRANGER);
    own_close(o);
    o = ways(true, paths);
    assert_int_equal(own_counts(o)->changed, 3);
    assert_int_equal(own_counts(o)->left, 3);
    assert_string_equal(own_misfit(o, 0)->path, "b");
    assert_int_equal(own_misfit(o, 0)->why, OWN_CLOSED);
    assert_string_equal(own_misfit(o, 2)->path, "twice");
    assert_int_equal(own_misfit(o, 2)->why, OWN_LINKED);
    own_close(o);
    o = own_new(SERVICE, SERVICE, true, &e);
    assert_non_null(o);
    assert_int_equal(own_way(o, at("none"), "a", &e), 0);
    put_file(at("c"), STRANGER, 0600);
    failing = EIO;
    assert_int_equal(own_way(o, base, "c", &e), -1);
    assert_int_equal(e.code, EIO);
    own_close(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(everything_is_given_whoever_had_it_and_only_what_differs_changes),
        T(links_are_neither_followed_nor_changed),
        T(a_file_with_another_name_elsewhere_is_left_and_named),
        T(a_device_is_left),
        T(what_is_left_out_keeps_its_owner_with_all_below_it),
        T(a_tree_that_is_too_deep_ends_where_our_descriptors_would),
        T(more_misfits_than_are_named_are_counted),
        T(only_what_the_user_cannot_use_is_a_misfit_where_nothing_is_changed),
        T(what_may_not_be_changed_is_left_and_any_other_fault_ends_the_walk),
        T(a_base_that_is_missing_is_told),
        T(of_single_files_only_what_keeps_the_user_out_is_given),
        T(of_single_files_what_does_not_fit_is_named),
        T(a_secret_is_closed_to_others_but_never_through_a_link),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "files/as_user.h"

#define SERVICE 4711
#define PERSON 4242

static const char *base;
static const struct as_user SYNAPSE = {.uid = SERVICE, .gid = SERVICE};

static int setup(void **state)
{
    (void)state;
    base = make_directory();
    assert_int_equal(chmod(base, 0755), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_directory(base);
    return 0;
}

/* Nobody but root can read as another user. */
static void begin(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
}

static const char *at(const char *path)
{
    static char full[2][4096];
    static unsigned turn;

    turn = !turn;
    (void)snprintf(full[turn], sizeof full[turn], "%s/%s", base, path);
    return full[turn];
}

/* The code of the failure, 0 where it was read. */
static int reading(const struct as_user *who, const char *path)
{
    struct buf text = BUF_INIT;
    struct err e = {0};
    int rc = as_user_read(who, path, 16, &text, &e);

    if (rc == 0)
        assert_memory_equal(text.data, "text", 4);
    buf_free(&text);
    return rc == 0 ? 0 : e.code;
}

static int trusting(const char *path)
{
    const struct as_user who = {.uid = SERVICE, .gid = SERVICE, .admins_too = true, .admin = PERSON};

    return reading(&who, at(path));
}

static void what_the_user_may_not_read_is_not_read_and_links_lead_no_further(void **state)
{
    begin(state);
    put_dir(at("own"), SERVICE, 0700);
    put_dir(at("closed"), 0, 0700);
    put_file(at("own/file"), SERVICE, 0600);
    put_file(at("secret"), 0, 0600);
    put_file(at("group"), 0, 0640);
    put_file(at("closed/file"), SERVICE, 0644);
    assert_int_equal(symlink(at("secret"), at("own/link")), 0);
    assert_int_equal(symlink(at("closed"), at("own/way")), 0);
    assert_int_equal(reading(&SYNAPSE, at("own/file")), 0);
    assert_int_equal(reading(&SYNAPSE, at("secret")), EACCES);
    assert_int_equal(reading(&SYNAPSE, at("group")), EACCES);
    assert_int_equal(reading(&SYNAPSE, at("own/link")), EACCES);
    assert_int_equal(reading(&SYNAPSE, at("own/way/file")), EACCES);
    assert_int_equal(reading(&SYNAPSE, at("none")), ENOENT);
}

static void only_regular_files_are_read_and_nobody_waits_for_a_fifo(void **state)
{
    begin(state);
    assert_int_equal(mkfifo(at("fifo"), 0666), 0);
    assert_int_equal(chmod(at("fifo"), 0666), 0);
    put_dir(at("directory"), SERVICE, 0755);
    assert_int_equal(reading(&SYNAPSE, at("fifo")), EINVAL);
    assert_int_equal(reading(&SYNAPSE, at("directory")), EISDIR);
    assert_int_equal(reading(&SYNAPSE, "/dev/zero"), EINVAL);
}

static void a_file_that_is_too_long_is_refused(void **state)
{
    struct buf text = BUF_INIT;
    struct err e = {0};

    begin(state);
    put_file(at("file"), SERVICE, 0600);
    assert_int_equal(as_user_read(&SYNAPSE, at("file"), 3, &text, &e), -1);
    assert_int_equal(e.code, EFBIG);
    buf_free(&text);
}

static void afterwards_we_are_who_we_were_with_our_groups(void **state)
{
    const gid_t groups[] = {7, 8};
    gid_t after[4];

    begin(state);
    put_file(at("secret"), 0, 0600);
    assert_int_equal(setgroups(2, groups), 0);
    assert_int_equal(reading(&SYNAPSE, at("secret")), EACCES);
    assert_int_equal(setfsuid((uid_t)-1), 0);
    assert_int_equal(setfsgid((gid_t)-1), 0);
    assert_int_equal(getgroups(4, after), 2);
    assert_int_equal(after[0] + after[1], 15);
    assert_int_equal(access(at("secret"), R_OK), 0);
}

/* The directory of the tests is in /tmp, which is sticky and everybody's. */
static void what_only_root_or_the_admin_can_have_put_there_is_read_all_the_same(void **state)
{
    begin(state);
    put_dir(at("roots"), 0, 0700);
    put_dir(at("persons"), PERSON, 0700);
    put_file(at("roots/file"), 0, 0600);
    put_file(at("persons/file"), PERSON, 0600);
    assert_int_equal(symlink("persons/file", at("link")), 0);
    assert_int_equal(reading(&SYNAPSE, at("roots/file")), EACCES);
    assert_int_equal(trusting("roots/file"), 0);
    assert_int_equal(trusting("persons/file"), 0);
    assert_int_equal(trusting("link"), 0);
    assert_int_equal(trusting("roots/none"), ENOENT);
}

static void no_name_in_a_directory_that_others_may_write_leads_to_what_the_user_may_not_read(void **state)
{
    begin(state);
    put_dir(at("roots"), 0, 0700);
    put_file(at("roots/file"), 0, 0600);
    put_dir(at("own"), SERVICE, 0700);
    put_dir(at("shared"), 0, 0770);
    put_dir(at("sticky"), 0, 01777);
    put_file(at("own/file"), 0, 0600);
    put_file(at("shared/file"), 0, 0600);
    put_file(at("sticky/file"), 0, 0600);
    assert_int_equal(symlink(at("roots/file"), at("own/link")), 0);
    assert_int_equal(symlink(at("roots"), at("sticky/link")), 0);
    assert_int_equal(symlink("../roots/file", at("roots/up")), 0);
    assert_int_equal(trusting("own/file"), EACCES);
    assert_int_equal(trusting("own/link"), EACCES);
    assert_int_equal(trusting("shared/file"), EACCES);
    assert_int_equal(trusting("sticky/file"), EACCES);
    assert_int_equal(trusting("sticky/link/file"), EACCES);
    assert_int_equal(trusting("own/../roots/file"), EACCES);
    assert_int_equal(trusting("roots/up"), EACCES);
}

/* In a mount namespace of our own, where we may have one. */
static void a_file_that_is_mounted_by_itself_is_roots_word_whosever_the_directory_is(void **state)
{
    begin(state);
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
        skip();
    put_dir(at("own"), SERVICE, 0755);
    put_dir(at("sticky"), 0, 01777);
    put_file(at("secret"), 0, 0600);
    put_file(at("own/file"), SERVICE, 0644);
    put_file(at("sticky/file"), SERVICE, 0644);
    put_file(at("own/beside"), 0, 0600);
    put_dir(at("own/way"), SERVICE, 0755);
    put_dir(at("filled"), 0, 0755);
    put_file(at("filled/file"), 0, 0600);
    assert_int_equal(symlink("secret", at("filled/link")), 0);
    assert_int_equal(mount(at("secret"), at("own/file"), "none", MS_BIND, NULL), 0);
    assert_int_equal(mount(at("secret"), at("sticky/file"), "none", MS_BIND, NULL), 0);
    assert_int_equal(mount(at("filled"), at("own/way"), "none", MS_BIND, NULL), 0);
    assert_int_equal(reading(&SYNAPSE, at("own/file")), EACCES);
    assert_int_equal(trusting("own/file"), 0);
    assert_int_equal(trusting("sticky/file"), 0);
    assert_int_equal(trusting("own/beside"), EACCES);
    assert_int_equal(trusting("own/way/file"), EACCES);
    assert_int_equal(symlink("file", at("own/link")), 0);
    assert_int_equal(trusting("own/link"), EACCES);
    assert_int_equal(umount2(at("own/way"), MNT_DETACH), 0);
    assert_int_equal(umount2(at("own/file"), MNT_DETACH), 0);
    assert_int_equal(umount2(at("sticky/file"), MNT_DETACH), 0);
}

static void a_circle_of_links_ends(void **state)
{
    begin(state);
    put_dir(at("roots"), 0, 0700);
    assert_int_equal(symlink("b", at("roots/a")), 0);
    assert_int_equal(symlink("a", at("roots/b")), 0);
    assert_int_equal(trusting("roots/a"), EACCES);
}

static int count(void *arg, const char *name, const struct stat *st)
{
    (void)name;
    (void)st;
    (*(int *)arg)++;
    return 0;
}

static void directories_are_listed_by_the_same_rule(void **state)
{
    struct err e = {0};
    int seen = 0;

    begin(state);
    put_dir(at("own"), SERVICE, 0700);
    put_file(at("own/a"), 0, 0600);
    put_file(at("own/b"), 0, 0600);
    put_dir(at("roots"), 0, 0700);
    assert_int_equal(as_user_list(&SYNAPSE, at("own"), count, &seen, &e), 0);
    assert_int_equal(seen, 2);
    assert_int_equal(as_user_list(&SYNAPSE, at("roots"), count, &seen, &e), -1);
    assert_int_equal(e.code, EACCES);
}

static int removing(const char *path)
{
    struct err e = {0};

    return as_user_remove(&SYNAPSE, at(path), &e) == 0 ? 0 : e.code;
}

static void only_the_users_own_is_removed_where_the_user_may(void **state)
{
    begin(state);
    put_dir(at("own"), SERVICE, 0700);
    put_dir(at("everybodys"), 0, 0777);
    put_dir(at("roots"), 0, 0755);
    put_file(at("own/file"), SERVICE, 0600);
    put_file(at("everybodys/file"), 0, 0600);
    put_file(at("roots/file"), SERVICE, 0600);
    assert_int_equal(symlink(at("everybodys"), at("own/link")), 0);
    assert_int_equal(removing("own/file"), 0);
    assert_int_equal(access(at("own/file"), F_OK), -1);
    assert_int_equal(removing("own/none"), 0);
    assert_int_equal(removing("own/link/file"), EPERM);
    assert_int_equal(removing("roots/file"), EACCES);
    assert_int_equal(access(at("everybodys/file"), F_OK) + access(at("roots/file"), F_OK), 0);
}

static void make_socket(const char *path, uid_t uid)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", at(path));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(chmod(at(path), 0666), 0);
    assert_int_equal(chown(at(path), uid, uid), 0);
    (void)close(fd);
}

static int admitting(const char *path, mode_t mode, gid_t group)
{
    struct err e = {0};

    return as_user_admit(&SYNAPSE, at(path), mode, group, &e) == 0 ? 0 : e.code;
}

static void a_socket_gets_a_mode_and_a_group_where_it_is_the_users_own(void **state)
{
    begin(state);
    put_dir(at("own"), SERVICE, 0755);
    make_socket("own/socket", SERVICE);
    make_socket("own/other", PERSON);
    put_file(at("own/file"), SERVICE, 0600);
    assert_int_equal(symlink(at("own/socket"), at("own/link")), 0);
    assert_int_equal(admitting("own/socket", 0660, PERSON), 0);
    assert_int_equal(mode_of(at("own/socket")), 0660);
    assert_int_equal(what_is(at("own/socket")).st_uid, SERVICE);
    assert_int_equal(what_is(at("own/socket")).st_gid, PERSON);
    assert_int_equal(admitting("own/link", 0600, AS_USER_NO_GROUP), EPERM);
    assert_int_equal(admitting("own/other", 0600, AS_USER_NO_GROUP), EPERM);
    assert_int_equal(admitting("own/file", 0666, AS_USER_NO_GROUP), EPERM);
    assert_int_equal(admitting("own/none", 0600, AS_USER_NO_GROUP), ENOENT);
    assert_int_equal(mode_of(at("own/socket")), 0660);
    assert_int_equal(mode_of(at("own/other")), 0666);
    assert_int_equal(mode_of(at("own/file")), 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(what_the_user_may_not_read_is_not_read_and_links_lead_no_further),
        T(only_regular_files_are_read_and_nobody_waits_for_a_fifo),
        T(a_file_that_is_too_long_is_refused),
        T(afterwards_we_are_who_we_were_with_our_groups),
        T(what_only_root_or_the_admin_can_have_put_there_is_read_all_the_same),
        T(no_name_in_a_directory_that_others_may_write_leads_to_what_the_user_may_not_read),
        T(a_circle_of_links_ends),
        T(a_file_that_is_mounted_by_itself_is_roots_word_whosever_the_directory_is),
        T(directories_are_listed_by_the_same_rule),
        T(only_the_users_own_is_removed_where_the_user_may),
        T(a_socket_gets_a_mode_and_a_group_where_it_is_the_users_own),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

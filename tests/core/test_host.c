#include "support.h"

#include "files/way.h"
#include "host/host.h"

static void users_are_looked_up(void **state)
{
    struct err e = {0};
    uid_t uid = 1;
    gid_t gid = 1;

    (void)state;
    assert_int_equal(host_user("root", &uid, &gid, &e), 0);
    assert_int_equal(uid, 0);
    assert_int_equal(gid, 0);
    assert_int_equal(host_user("no-such-user", &uid, &gid, &e), -1);
    assert_int_equal(e.code, ENOENT);
}

static void the_room_of_a_file_system_is_told(void **state)
{
    char *dir = make_directory();
    struct statvfs room;
    struct err e = {0};

    (void)state;
    assert_int_equal(host_room(dir, &room, &e), 0);
    assert_true(room.f_blocks > 0);
    assert_true(room.f_bavail <= room.f_blocks);
    assert_int_equal(host_room("/no/such/place", &room, &e), -1);
    assert_int_equal(e.code, ENOENT);
    remove_directory(dir);
}

static void links_are_resolved(void **state)
{
    char *dir = make_directory(), path[100];
    struct buf b = BUF_INIT;
    struct err e = {0};
    struct stat st;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/link", dir);
    assert_int_equal(symlink(".", path), 0);
    assert_int_equal(way_real(path, &b, &e), 0);
    assert_string_equal(b.data, dir);
    assert_int_equal(host_stat(path, &st, &e), 0);
    assert_true(S_ISDIR(st.st_mode));
    (void)snprintf(path, sizeof path, "%s/none", dir);
    assert_int_equal(way_real(path, &b, &e), -1);
    assert_int_equal(host_stat(path, &st, &e), -1);
    assert_int_equal(e.code, ENOENT);
    buf_free(&b);
    remove_directory(dir);
}

static void the_machine_is_described(void **state)
{
    const struct host_facts facts = host_facts();

    (void)state;
    assert_in_range(facts.cpus, 1, 4096);
    assert_int_equal(facts.page_size % 4096, 0);
    assert_int_equal(facts.uid, geteuid());
    assert_int_equal(facts.pid, getpid());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_looked_up),
        cmocka_unit_test(the_room_of_a_file_system_is_told),
        cmocka_unit_test(links_are_resolved),
        cmocka_unit_test(the_machine_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

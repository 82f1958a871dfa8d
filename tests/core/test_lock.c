#include "files/files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/synlua-lock-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/lock", dir);
    (void)unlink(path);
    return rmdir(dir);
}

/* The exit status of a child that tries to take the lock: 0 taken, else errno. */
static int try_in_child(void)
{
    struct err e = {0};
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(file_lock(dir, "lock", &e) == 0 ? 0 : e.code);
    assert_int_equal(pid, waitpid(pid, &status, 0));
    return WEXITSTATUS(status);
}

static void a_lock_ends_with_its_process(void **state)
{
    (void)state;
    assert_int_equal(0, try_in_child());
    assert_int_equal(0, try_in_child());
}

static void a_held_lock_is_refused_to_another_process(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(0, file_lock(dir, "lock", &e));
    assert_int_equal(EWOULDBLOCK, try_in_child());
}

static void a_directory_that_is_not_there_is_named(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(-1, file_lock("/nonexistent", "lock", &e));
    assert_int_equal(ENOENT, e.code);
    assert_non_null(strstr(e.msg, "/nonexistent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_ends_with_its_process),
        cmocka_unit_test(a_held_lock_is_refused_to_another_process),
        cmocka_unit_test(a_directory_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

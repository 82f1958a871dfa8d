#include "support.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "process/procfs.h"

#define REST ") S 7 40 41 0 -1 4194560 100 200 0 0 30 12 5 6 20 0 3 0 1000 5000000 250 18446744073709551615 1 1 0"

static bool parse(const char *text, struct procfs_stat *to)
{
    char copy[300];

    (void)snprintf(copy, sizeof copy, "%s", text);
    return procfs_parse(copy, to);
}

static void every_field_is_found(void **state)
{
    struct procfs_stat stat;

    (void)state;
    assert_true(parse("42 (nginx" REST, &stat));
    assert_string_equal(stat.name, "nginx");
    assert_int_equal(stat.parent, 7);
    assert_int_equal(stat.session, 41);
    assert_int_equal(stat.ticks, 42);
    assert_int_equal(stat.waited_ticks, 11);
    assert_int_equal(stat.threads, 3);
    assert_int_equal(stat.pages, 250);
}

static void the_name_may_hold_anything(void **state)
{
    static const char *const names[] = {"", " ", ")", "(", ") S 1 1 1", "((a) (b))", "two words", "a\nb"};
    struct procfs_stat stat;
    char text[300];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(text, sizeof text, "42 (%s" REST, names[i]);
        assert_true(parse(text, &stat));
        assert_string_equal(stat.name, names[i]);
        assert_int_equal(stat.session, 41);
    }
}

static void what_is_no_stat_is_refused(void **state)
{
    static const char *const texts[] = {"", "42", "42 (a", "42 a) S 1", ")(", "42 (a)", "42 (a) ", "42 (a) S",
                                        "42 (a) S 1 2", "42 (a) S 1 2 x 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"};
    struct procfs_stat stat;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(parse(texts[i], &stat));
}

static void a_live_process_is_read(void **state)
{
    struct procfs_stat stat;

    (void)state;
    (void)prctl(PR_SET_NAME, "a (live) one");
    assert_true(procfs_read(getpid(), &stat));
    assert_int_equal(stat.parent, getppid());
    assert_int_equal(stat.session, getsid(0));
    assert_string_equal(stat.name, "a (live) one");
    assert_true(stat.pages > 0);
    assert_false(procfs_read(0, &stat));
}

static void *wait_for_end(void *pipe)
{
    char byte;

    _exit(read(*(int *)pipe, &byte, 1) == 0 ? 0 : 1);
}

/* A process whose first thread ends before its second one. */
static void a_process_has_ended_when_all_its_threads_have(void **state)
{
    static int pipe_fds[2]; /* the second thread reads it when the stack of the first one is gone */
    struct procfs_stat stat = {.threads = 0};
    pthread_t second;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    pid = fork();
    if (pid == 0) {
        (void)close(pipe_fds[1]);
        if (pthread_create(&second, NULL, wait_for_end, &pipe_fds[0]) != 0)
            _exit(1);
        pthread_exit(NULL);
    }
    while (stat.state != 'Z' && procfs_read(pid, &stat))
        (void)sched_yield();
    assert_int_equal(stat.state, 'Z');
    assert_false(procfs_ended(&stat));
    (void)close(pipe_fds[1]);
    while (!procfs_ended(&stat) && procfs_read(pid, &stat))
        (void)sched_yield();
    assert_true(procfs_ended(&stat));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    (void)close(pipe_fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_found),
        cmocka_unit_test(the_name_may_hold_anything),
        cmocka_unit_test(what_is_no_stat_is_refused),
        cmocka_unit_test(a_live_process_is_read),
        cmocka_unit_test(a_process_has_ended_when_all_its_threads_have),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include <time.h>

#include "process/overtime.h"

static const char words[] = "the last words\n";

static void spin(long ms)
{
    struct timespec now;
    long ends;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    ends = now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
    do
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < ends);
}

/* Runs in a child, whose stderr is the pipe. Returns its exit status, and what it wrote. */
static int status_of(void (*work)(void), char *said, size_t size)
{
    int ends[2], status;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[1]);
        work();
        _exit(1);
    }
    (void)close(ends[1]);
    n = read(ends[0], said, size - 1);
    said[n > 0 ? n : 0] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void for_ever(void)
{
    struct err e = {0};

    if (overtime_begin(50, words, sizeof words - 1, &e) == 0)
        spin(60000);
}

static void ended_in_time(void)
{
    struct err e = {0};

    if (overtime_begin(50, words, sizeof words - 1, &e) < 0)
        return;
    overtime_end();
    spin(150);
    if (overtime_begin(60000, words, sizeof words - 1, &e) < 0)
        return;
    spin(100);
    overtime_end();
    _exit(5);
}

static void test_what_does_not_end_is_ended_with_its_last_words(void **state)
{
    char said[100];

    (void)state;
    assert_int_equal(status_of(for_ever, said, sizeof said), OVERTIME_STATUS);
    assert_string_equal(said, words);
}

static void test_what_ends_in_time_goes_on(void **state)
{
    char said[100];

    (void)state;
    assert_int_equal(status_of(ended_in_time, said, sizeof said), 5);
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_end_is_ended_with_its_last_words),
        cmocka_unit_test(test_what_ends_in_time_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

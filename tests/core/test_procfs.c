#include "support.h"

#include <sys/prctl.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_found),
        cmocka_unit_test(the_name_may_hold_anything),
        cmocka_unit_test(what_is_no_stat_is_refused),
        cmocka_unit_test(a_live_process_is_read),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include <poll.h>
#include <unistd.h>

#include "output/access.h"
#include "output/fifo.h"
#include "output/log.h"

#define LINES 400000 /* 20 MB, far more than the FIFO and the pipe hold */

static const struct file_owner us = {.uid = FILES_KEEP, .gid = FILES_KEEP, .mode = 0600};
static char *base, path[64];
static int to[2], errors[2], saved;
static struct buf got, said;

static int open_fifo(const char *name, bool passes, bool counts, struct err *e)
{
    const struct fifo_use use = {.to = passes ? to[1] : -1, .counts = counts};

    return fifo_open(base, name, &us, &use, e);
}

static int setup_for(void **state, bool passes, bool counts)
{
    struct err e = {0};

    if (loop_setup(state) < 0)
        return -1;
    base = make_directory();
    (void)snprintf(path, sizeof path, "%s/access", base);
    make_pipe(to);
    make_pipe(errors);
    set_nonblocking(to[0]);
    set_nonblocking(errors[0]);
    saved = redirect(STDERR_FILENO, errors[1]);
    if (log_open(&e) < 0)
        return -1;
    return open_fifo("access", passes, counts, &e);
}

static int setup(void **state)
{
    return setup_for(state, true, false);
}

static int setup_counting(void **state)
{
    return setup_for(state, true, true);
}

static int setup_only_counting(void **state)
{
    return setup_for(state, false, true);
}

static int teardown(void **state)
{
    fifo_close();
    log_close();
    restore(STDERR_FILENO, saved);
    for (int end = 0; end < 2; end++) {
        (void)close(to[end]);
        (void)close(errors[end]);
    }
    remove_directory(base);
    buf_free(&got);
    buf_free(&said);
    return loop_teardown(state);
}

static void say(const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static void expect(const char *text)
{
    RUN_UNTIL((read_available(to[0], &got), got.len >= strlen(text)));
    assert_string_equal(got.data, text);
    buf_reset(&got);
}

static void only_its_owner_may_open_it(void **state)
{
    (void)state;
    assert_true(S_ISFIFO(what_is(path).st_mode));
    assert_int_equal(mode_of(path), 0600);
}

static void lines_pass_whole_from_one_writer_after_another(void **state)
{
    (void)state;
    say("one\n");
    expect("one\n");
    say("two\nthr");
    say("ee\nfour\n");
    expect("two\nthree\nfour\n");
    assert_int_equal(fifo_lost(), 0);
}

static void there_is_one_at_most(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(open_fifo("other", true, false, &e), -1);
}

/* Writes numbered lines as nginx does, blocking, in a process of its own. Returns its pid. */
static pid_t writer(void)
{
    pid_t pid = fork();
    char part[PIPE_BUF + 1];
    int fd;

    if (pid != 0)
        return pid;
    fd = open(path, O_WRONLY | O_APPEND);
    for (int n = 0; n < LINES; n += 50) {
        for (int at = 0; at < 50; at++)
            (void)snprintf(part + at * 50, 51, "number %07d xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", n + at);
        if (write(fd, part, 2500) != 2500)
            _exit(1);
    }
    _exit(0);
}

/* The numbers rise, and each line is whole. Returns how many there are. */
static int count_lines(void)
{
    int count = 0, last = -1, number;

    for (const char *at = got.data; at && *at; at += 50, count++) {
        assert_int_equal(sscanf(at, "number %d xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", &number), 1);
        assert_int_equal(at[49], '\n');
        assert_true(number > last);
        last = number;
    }
    return count;
}

/* The sum of all notices. */
static uint64_t told_lost(void)
{
    uint64_t sum = 0;

    for (const char *at = said.data; (at = strstr(at, "warning: ")) != NULL; at++)
        sum += strtoull(at + 9, NULL, 10);
    return sum;
}

/* The loop does not turn and nobody reads the pipe; the writer must end nevertheless. */
static void a_writer_never_waits_and_each_lost_line_is_counted(void **state)
{
    pid_t pid = writer();
    int status;

    (void)state;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    RUN_UNTIL((read_available(to[0], &got), (uint64_t)got.len / 50 + fifo_lost() == LINES));
    assert_true(fifo_lost() > 0);
    assert_int_equal((uint64_t)count_lines() + fifo_lost(), LINES);
    buf_reset(&got);
    say("after\n");
    expect("after\n");
    RUN_UNTIL((read_available(errors[0], &said), said.data && strstr(said.data, "lines of access were dropped")));
    fifo_close();
    read_available(errors[0], &said);
    assert_int_equal(told_lost(), fifo_lost());
}

static void a_line_that_no_write_takes_whole_is_lost(void **state)
{
    static char text[PIPE_BUF + 2];

    (void)state;
    memset(text, 'x', PIPE_BUF);
    text[PIPE_BUF] = '\n';
    say(text);
    say("next\n");
    expect("next\n");
    assert_int_equal(fifo_lost(), 1);
}

static void what_is_left_passes_at_the_end(void **state)
{
    (void)state;
    say("last\n");
    fifo_close();
    read_available(to[0], &got);
    assert_string_equal(got.data, "last\n");
}

static void without_us_a_write_fails_and_does_not_wait(void **state)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    (void)state;
    fifo_close();
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(write(fd, "x\n", 2), -1);
    assert_int_equal(errno, EPIPE);
    (void)close(fd);
}

static uint64_t counted(void)
{
    static struct access_counts counts;

    access_copy(&counts);
    return counts.lines;
}

static void what_counts_is_counted_and_the_rest_of_a_line_passes(void **state)
{
    (void)state;
    say("200 GET main /x 0.001 1 2 0.000;0.001;\tone\n200 GET - - 0.000 1 2 -;-;\nnonsense\n");
    say("200 GET main /x 0.001 1 2 0.000;0.001;\ttwo\n");
    expect("one\nnonsense\ntwo\n");
    assert_int_equal(counted(), 4);
    assert_int_equal(fifo_lost(), 0);
}

static void nothing_passes_where_there_is_no_access_log(void **state)
{
    (void)state;
    say("200 GET main /x 0.001 1 2 0.000;0.001;\n200 GET main /x 0.001 1 2 0.000;0.001;\tone\n");
    RUN_UNTIL(counted() == 2);
    fifo_close();
    read_available(to[0], &got);
    assert_int_equal(got.len, 0);
    assert_int_equal(fifo_lost(), 0);
}

/* Nobody reads the pipe of the access log. */
static void each_line_of_a_busy_nginx_is_counted(void **state)
{
    pid_t pid = writer();
    int status;

    (void)state;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    RUN_UNTIL(counted() == LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_counts_is_counted_and_the_rest_of_a_line_passes, setup_counting, teardown),
        cmocka_unit_test_setup_teardown(nothing_passes_where_there_is_no_access_log, setup_only_counting, teardown),
        cmocka_unit_test_setup_teardown(each_line_of_a_busy_nginx_is_counted, setup_counting, teardown),
        cmocka_unit_test_setup_teardown(only_its_owner_may_open_it, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_pass_whole_from_one_writer_after_another, setup, teardown),
        cmocka_unit_test_setup_teardown(there_is_one_at_most, setup, teardown),
        cmocka_unit_test_setup_teardown(a_writer_never_waits_and_each_lost_line_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_that_no_write_takes_whole_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_left_passes_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(without_us_a_write_fails_and_does_not_wait, setup, teardown),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

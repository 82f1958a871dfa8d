/* wraps: uv_timer_start */
#include "support.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "net/control.h"
#include "net/control_client.h"

static struct buf told;
static char *dir, path[100];
static uint64_t last, request_ms, stall_ms;

int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t repeat);

/* Other deadlines than the usual ones. */
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t repeat)
{
    if (ms == CONTROL_REQUEST_MS)
        ms = request_ms;
    else if (ms == CONTROL_STALL_MS)
        ms = stall_ms;
    return __real_uv_timer_start(timer, fn, ms, repeat);
}

static void deadlines(uint64_t of_request, uint64_t of_stall)
{
    request_ms = of_request;
    stall_ms = of_stall;
}

static void count_pipe(uv_handle_t *handle, void *arg)
{
    unsigned *count = arg;

    *count += handle->type == UV_NAMED_PIPE && !uv_is_closing(handle);
}

/* Connections: every pipe but the listener. */
static unsigned clients(void)
{
    unsigned count = 0;

    uv_walk(loop_get(), count_pipe, &count);
    return count - 1;
}

static void on_request(uint64_t id, const char *line, size_t len)
{
    last = id;
    (void)buf_addf(&told, "%s%.*s;", line ? "" : "gone", line ? (int)len : 0, line ? line : "");
}

static int setup(void **state)
{
    struct err e = {0};

    dir = make_directory();
    (void)snprintf(path, sizeof path, "%s/control", dir);
    deadlines(DEADLINE_MS, CONTROL_STALL_MS); /* nobody is late where that is not what is looked at */
    return loop_setup(state) < 0 ? -1 : control_start(path, on_request, &e);
}

static int teardown(void **state)
{
    control_stop();
    remove_directory(dir);
    buf_free(&told);
    return loop_teardown(state);
}

static int dial(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(at.sun_path, path, strlen(path) + 1);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The other end was closed. */
static bool ended(int fd)
{
    char part[65536];
    ssize_t n;

    do
        n = recv(fd, part, sizeof part, MSG_DONTWAIT);
    while (n > 0);
    return n == 0 || (errno != EAGAIN && errno != EINTR);
}

static const char *heard(void)
{
    return told.len > 0 ? told.data : "";
}

static void only_the_owner_may_connect_and_the_end_removes_it(void **state)
{
    struct err e = {0};
    char long_path[200];

    (void)state;
    assert_int_equal(mode_of(path), 0600);
    control_stop();
    assert_int_equal(access(path, F_OK), -1);
    (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    memset(long_path, 'x', sizeof long_path);
    long_path[108] = '\0';
    assert_int_equal(control_start(long_path, on_request, &e), -1);
    assert_int_equal(e.code, ENAMETOOLONG);
    assert_int_equal(control_start("/nonexistent/socket", on_request, &e), -1);
    assert_int_equal(e.code, ENOENT);
    assert_int_equal(control_start(path, on_request, &e), 0); /* over a socket that is left there as well */
}

static void a_request_is_answered_line_by_line(void **state)
{
    struct err e = {0};
    struct control_client *c = control_client_new(path, DEADLINE_MS, &e);
    const char *line;
    size_t len;

    (void)state;
    assert_non_null(c);
    assert_int_equal(control_client_ask(c, "hello", 5, DEADLINE_MS, &e), 0);
    RUN_UNTIL(told.len > 0);
    assert_string_equal(heard(), "hello;");
    assert_int_equal(control_send(last, "one\ntwo\nhal", 11), CONTROL_SENT);
    control_finish(last);
    assert_int_equal(control_send(last, "x", 1), CONTROL_GONE);
    RUN_UNTIL(clients() == 0);
    line = control_client_line(c, DEADLINE_MS, &len, &e);
    assert_int_equal(len, 3);
    assert_memory_equal(line, "one", 3);
    line = control_client_line(c, DEADLINE_MS, &len, &e);
    assert_memory_equal(line, "two", 3);
    assert_null(control_client_line(c, DEADLINE_MS, &len, &e));
    assert_int_equal(e.code, 0);
    assert_string_equal(heard(), "hello;"); /* nobody is told of the end of one that was answered */
    control_client_free(c);
}

/* As a shell does: printf ... | nc -N -U control */
static void who_has_said_everything_and_still_listens_is_answered(void **state)
{
    int fd = dial();
    char part[100];

    (void)state;
    say(fd, "one\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    RUN_UNTIL(told.len > 0);
    run_turns(3);
    assert_string_equal(heard(), "one;");
    assert_int_equal(control_send(last, "first\n", 6), CONTROL_SENT);
    run_turns(3);
    assert_int_equal(control_send(last, "second\n", 7), CONTROL_SENT);
    control_finish(last);
    RUN_UNTIL(clients() == 0);
    assert_int_equal(recv(fd, part, sizeof part, 0), 13);
    assert_memory_equal(part, "first\nsecond\n", 13);
    assert_int_equal(recv(fd, part, sizeof part, 0), 0);
    assert_string_equal(heard(), "one;");
    (void)close(fd);
}

static void who_has_said_everything_and_goes_before_the_answer_is_told_of(void **state)
{
    int fd = dial();

    (void)state;
    say(fd, "one\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    RUN_UNTIL(told.len > 0);
    run_turns(3);
    (void)close(fd);
    RUN_UNTIL(strstr(heard(), "gone"));
    assert_int_equal(clients(), 0);
}

static void it_listens_once_only(void **state)
{
    struct err e = {0};
    int fd;

    (void)state;
    assert_int_equal(control_start(path, on_request, &e), -1);
    assert_int_equal(e.code, EALREADY);
    fd = dial();
    say(fd, "still here\n");
    RUN_UNTIL(told.len > 0);
    (void)close(fd);
    control_stop();
    assert_int_equal(control_start(path, on_request, &e), -1); /* before the loop has let go of the old one */
    assert_int_equal(e.code, EALREADY);
    (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    assert_int_equal(control_start(path, on_request, &e), 0);
}

static void a_line_may_come_in_pieces(void **state)
{
    int fd = dial();

    (void)state;
    say(fd, "he");
    RUN_UNTIL(clients() == 1);
    (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    assert_string_equal(heard(), "");
    say(fd, "llo\n");
    RUN_UNTIL(told.len > 0);
    assert_string_equal(heard(), "hello;");
    (void)close(fd);
    RUN_UNTIL(clients() == 0);
    assert_string_equal(heard(), "hello;gone;");
    assert_int_equal(control_send(last, "x", 1), CONTROL_GONE);
    control_finish(last);
}

static void what_is_no_single_line_is_dropped_unheard(void **state)
{
    static char big[1024 * 1024];
    int two = dial(), endless = dial(), more = dial();

    (void)state;
    memset(big, 'x', sizeof big);
    say(two, "one\ntwo\n");
    assert_true(send(endless, big, sizeof big, MSG_NOSIGNAL) > CONTROL_REQUEST_MAX);
    RUN_UNTIL(ended(two) && ended(endless));
    assert_string_equal(heard(), "");
    say(more, "one\n");
    RUN_UNTIL(told.len > 0);
    say(more, "two\n");
    RUN_UNTIL(ended(more));
    assert_string_equal(heard(), "one;gone;");
    (void)close(two);
    (void)close(endless);
    (void)close(more);
}

static void who_asks_nothing_is_dropped_at_a_deadline(void **state)
{
    int silent, half;

    (void)state;
    deadlines(20, CONTROL_STALL_MS);
    silent = dial();
    half = dial();
    say(half, "hal");
    RUN_UNTIL(ended(silent) && ended(half));
    assert_int_equal(clients(), 0);
    assert_string_equal(heard(), "");
    (void)close(silent);
    (void)close(half);
}

static void idle_ones_keep_nobody_out(void **state)
{
    int fds[200], late, i;

    (void)state;
    for (i = 0; i < 200; i++) {
        fds[i] = dial();
        RUN_UNTIL(clients() == (unsigned)(i < CONTROL_CLIENTS_MAX ? i + 1 : CONTROL_CLIENTS_MAX));
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    }
    late = dial();
    say(late, "let me in\n");
    RUN_UNTIL(told.len > 0);
    assert_string_equal(heard(), "let me in;");
    assert_true(ended(fds[0]) && ended(fds[184]) && !ended(fds[199]));
    assert_int_equal(clients(), CONTROL_CLIENTS_MAX);
    (void)close(late);
    for (i = 0; i < 200; i++)
        (void)close(fds[i]);
    RUN_UNTIL(clients() == 0);
}

static void more_than_so_many_that_wait_for_answers_are_turned_away(void **state)
{
    int fds[CONTROL_CLIENTS_MAX], late, i;

    (void)state;
    for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        fds[i] = dial();
        say(fds[i], "q\n");
    }
    RUN_UNTIL(told.len == 2 * CONTROL_CLIENTS_MAX);
    late = dial();
    RUN_UNTIL(ended(late));
    assert_int_equal(clients(), CONTROL_CLIENTS_MAX);
    assert_int_equal(control_send(last, "a", 1), CONTROL_SENT);
    (void)close(late);
    for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
        (void)close(fds[i]);
    RUN_UNTIL(clients() == 0);
}

static void who_does_not_read_costs_a_bounded_buffer_and_is_dropped(void **state)
{
    static char piece[65536];
    int fd, pieces = 0;

    (void)state;
    deadlines(CONTROL_REQUEST_MS, 50);
    memset(piece, 'x', sizeof piece);
    fd = dial();
    say(fd, "flood\n");
    RUN_UNTIL(told.len > 0);
    while (control_send(last, piece, sizeof piece) == CONTROL_SENT)
        pieces++;
    assert_in_range(pieces, 15, 64);
    assert_int_equal(control_send(last, piece, sizeof piece), CONTROL_FULL);
    RUN_UNTIL(clients() == 0);
    assert_string_equal(heard(), "flood;gone;");
    (void)close(fd);
}

static void one_answer_too_big_to_be_taken_at_once_has_the_same_deadline(void **state)
{
    static char big[CONTROL_UNSENT_MAX];
    int fd;

    (void)state;
    deadlines(CONTROL_REQUEST_MS, 50);
    fd = dial();
    say(fd, "flood\n");
    RUN_UNTIL(told.len > 0);
    assert_int_equal(control_send(last, big, sizeof big), CONTROL_SENT);
    control_finish(last);
    RUN_UNTIL(clients() == 0);
    assert_string_equal(heard(), "flood;"); /* its answer was complete: nobody needs to know */
    (void)close(fd);
}

static void who_reads_slowly_gets_everything(void **state)
{
    static char piece[65536], part[65536];
    size_t got = 0, sent = 0;
    bool end = false;
    int fd;

    (void)state;
    memset(piece, 'x', sizeof piece);
    fd = dial();
    say(fd, "flood\n");
    RUN_UNTIL(told.len > 0);
    while (control_send(last, piece, sizeof piece) == CONTROL_SENT)
        sent += sizeof piece;
    control_finish(last);
    while (!end) {
        ssize_t n = recv(fd, part, 1000, MSG_DONTWAIT);

        got += n > 0 ? (size_t)n : 0;
        end = n == 0;
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    }
    assert_int_equal(got, sent);
    (void)close(fd);
}

static void another_user_is_refused_even_if_the_file_lets_him(void **state)
{
    char byte = 0;
    int fds[2], status;
    pid_t pid;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(path, 0666), 0);
    make_pipe(fds);
    pid = fork();
    if (pid == 0) {
        struct err e = {0};
        struct control_client *c = NULL;
        size_t len;

        (void)close(fds[0]);
        if (setuid(991) == 0)
            c = control_client_new(path, DEADLINE_MS, &e);
        if (c)
            (void)control_client_ask(c, "let me in", 9, DEADLINE_MS, &e);
        _exit(c && !control_client_line(c, DEADLINE_MS, &len, &e) && e.code != ETIMEDOUT ? 0 : 1);
    }
    (void)close(fds[1]);
    set_nonblocking(fds[0]);
    RUN_UNTIL(((void)uv_run(loop_get(), UV_RUN_NOWAIT), read(fds[0], &byte, 1) == 0));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_string_equal(heard(), "");
    assert_int_equal(clients(), 0);
    (void)close(fds[0]);
}

static void a_client_says_why_nobody_answers(void **state)
{
    struct err e = {0};
    struct control_client *c;
    char dead[120];
    size_t len;
    int fd;
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    (void)state;
    assert_null(control_client_new("/nonexistent/socket", 100, &e));
    assert_int_equal(e.code, ENOENT);
    (void)snprintf(dead, sizeof dead, "%s/dead", dir);
    memcpy(at.sun_path, dead, strlen(dead) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_null(control_client_new(dead, 100, &e));
    assert_int_equal(e.code, ECONNREFUSED);
    assert_int_equal(listen(fd, 0), 0); /* it listens and never accepts: one waits, the next cannot */
    c = control_client_new(dead, 100, &e);
    assert_non_null(c);
    assert_null(control_client_line(c, 20, &len, &e));
    assert_int_equal(e.code, ETIMEDOUT);
    assert_null(control_client_new(dead, 20, &e));
    assert_int_equal(e.code, ETIMEDOUT);
    control_client_free(c);
    (void)close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_owner_may_connect_and_the_end_removes_it),
        TEST(a_request_is_answered_line_by_line),
        TEST(who_has_said_everything_and_still_listens_is_answered),
        TEST(who_has_said_everything_and_goes_before_the_answer_is_told_of),
        TEST(it_listens_once_only),
        TEST(a_line_may_come_in_pieces),
        TEST(what_is_no_single_line_is_dropped_unheard),
        TEST(who_asks_nothing_is_dropped_at_a_deadline),
        TEST(idle_ones_keep_nobody_out),
        TEST(more_than_so_many_that_wait_for_answers_are_turned_away),
        TEST(who_does_not_read_costs_a_bounded_buffer_and_is_dropped),
        TEST(one_answer_too_big_to_be_taken_at_once_has_the_same_deadline),
        TEST(who_reads_slowly_gets_everything),
        TEST(another_user_is_refused_even_if_the_file_lets_him),
        TEST(a_client_says_why_nobody_answers),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

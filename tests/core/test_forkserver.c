#include "support.h"

#include <sys/socket.h>

#include "process/forkserver.h"

/* Longer than a busy machine needs. Tests of the timeout itself use SHORT_TIMEOUT. */
#define TIMEOUT (2 * DEADLINE_MS)
#define SHORT_TIMEOUT 200

/* The other end: this program plays the server itself. */
static int server = -1;

static struct {
    int count;
    char name[64];
    pid_t pid;
    struct err e;
} told;

static void on_answer(const char *name, pid_t pid, const struct err *e)
{
    told.count++;
    (void)snprintf(told.name, sizeof told.name, "%s", name);
    told.pid = pid;
    told.e = *e;
}

static int setup(void **state)
{
    struct err e = {0};

    memset(&told, 0, sizeof told);
    if (loop_setup(state) != 0)
        return -1;
    forkserver_start(on_answer);
    server = forkserver_open(&e);
    return server < 0 ? -1 : 0;
}

static void end_server(void)
{
    if (server >= 0)
        forkserver_opened(server);
    server = -1;
}

static int teardown(void **state)
{
    forkserver_stop();
    end_server();
    return loop_teardown(state);
}

static char *const argv_of[] = {"/venv/bin/python", "-m", "synapse.app.generic_worker", NULL};
static char *const environment[] = {"A=1", "B=", NULL};

static int ask_within(uint64_t timeout_ms, const char *name, struct err *e)
{
    struct spawn_spec spec = {.argv = argv_of, .envp = environment, .cwd = "/data", .out = STDOUT_FILENO,
                              .err = STDERR_FILENO, .open_files = 77, .oom_score_adj = 5, .death_signal = SIGTERM,
                              .mark = (1ULL << 52) + 1};
    struct child entry = {.stage = 3, .stop_signal = SIGTERM, .grace_ms = 1000};

    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    return forkserver_ask(&spec, &entry, timeout_ms, e);
}

static int ask_as(const char *name, struct err *e)
{
    return ask_within(TIMEOUT, name, e);
}

static void ask(const char *name)
{
    struct err e = {0};

    if (ask_as(name, &e) < 0)
        fail_msg("%s", e.msg);
}

/* The next request; its descriptors are stdout, stderr and the go pipe. */
static ssize_t receive(char *text, size_t size, int fds[3])
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(3 * sizeof(int))];
    } control;
    struct iovec iov = {.iov_base = text, .iov_len = size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(server, &msg, MSG_CMSG_CLOEXEC);

    assert_true(n > 0);
    assert_int_equal(CMSG_FIRSTHDR(&msg)->cmsg_type, SCM_RIGHTS);
    memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&msg)), 3 * sizeof(int));
    return n;
}

static void answer(const char *text)
{
    assert_int_equal(send(server, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* A child that waits at the go pipe: exits with 7 when it may go on, else with 3. */
static pid_t waiting_child(int go)
{
    pid_t pid = fork();

    if (pid == 0) {
        char byte;

        (void)close_range(3, (unsigned)go - 1, 0); /* our own ends of go pipes: the real server never has them */
        (void)close_range((unsigned)go + 1, ~0U, 0);
        (void)setsid();
        _exit(read(go, &byte, 1) == 1 ? 7 : 3);
    }
    while (getsid(pid) != pid) /* until it leads its session, as a real one before it is told of */
        continue;
    return pid;
}

/* Takes one request and has a child wait for it. */
static pid_t serve(void)
{
    char text[4096];
    int fds[3];
    pid_t pid;
    int i;

    (void)receive(text, sizeof text, fds);
    pid = waiting_child(fds[2]);
    for (i = 0; i < 3; i++)
        (void)close(fds[i]);
    return pid;
}

static void answer_pid(pid_t pid)
{
    char text[32];

    (void)snprintf(text, sizeof text, "pid %ld", (long)pid);
    answer(text);
}

static void expect_exit(pid_t pid, int code)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void expect_failure(int count, const char *name, int code, const char *text)
{
    assert_int_equal(told.count, count);
    assert_string_equal(told.name, name);
    assert_int_equal(told.pid, -1);
    assert_int_equal(told.e.code, code);
    assert_string_equal(told.e.msg, text);
}

static void what_was_asked_for_goes_on_once_it_is_in_the_table(void **state)
{
    pid_t pid;

    (void)state;
    ask("w1");
    pid = serve();
    answer_pid(pid);
    RUN_UNTIL(told.count == 1);
    assert_int_equal(told.pid, pid);
    assert_string_equal(told.name, "w1");
    assert_ptr_equal(child_find(pid), child_named("w1"));
    assert_int_equal(child_named("w1")->stage, 3);
    child_remove(child_named("w1"));
    expect_exit(pid, 7);
}

static void a_request_says_everything_of_the_process(void **state)
{
    static const char wanted[] = "synlua 2\0w1\0/data\0" "77\0" "5\0" "15\0" "4503599627370497\0" "3\0/venv/bin/python\0-m\0"
                                 "synapse.app.generic_worker\0A=1\0B=";
    char text[4096];
    int fds[3], i;

    (void)state;
    ask("w1");
    assert_int_equal(receive(text, sizeof text, fds), sizeof wanted);
    assert_memory_equal(text, wanted, sizeof wanted);
    for (i = 0; i < 3; i++) {
        assert_true(fcntl(fds[i], F_GETFL) >= 0);
        (void)close(fds[i]);
    }
}

static void no_answer_in_time_fails_and_nothing_that_comes_late_runs(void **state)
{
    pid_t pid;
    struct err e = {0};

    (void)state;
    assert_int_equal(ask_within(SHORT_TIMEOUT, "w1", &e), 0);
    assert_int_equal(ask_within(SHORT_TIMEOUT, "w2", &e), 0);
    pid = serve();
    RUN_UNTIL(told.count == 2);
    expect_failure(2, "w2", ETIMEDOUT, "fork server: no answer in time");
    expect_exit(pid, 3);
    assert_int_equal(ask_as("w3", &e), -1);
    assert_int_equal(e.code, ECONNRESET);
}

static void each_answer_has_its_own_time(void **state)
{
    struct err e = {0};
    pid_t one, two;

    (void)state;
    ask("w1");
    ask("w2");
    one = serve();
    two = serve();
    answer_pid(one);
    RUN_UNTIL(told.count == 1);
    answer_pid(two);
    RUN_UNTIL(told.count == 2);
    assert_int_equal(told.pid, two);
    assert_int_equal(ask_within(SHORT_TIMEOUT, "w3", &e), 0);
    ask("w4");
    RUN_UNTIL(told.count == 4); /* much sooner than the others would have been late */
    expect_failure(4, "w4", ETIMEDOUT, "fork server: no answer in time");
    child_remove(child_named("w1"));
    child_remove(child_named("w2"));
    expect_exit(one, 7);
    expect_exit(two, 7);
}

static void a_server_that_has_gone_fails_what_it_owes(void **state)
{
    (void)state;
    ask("w1");
    ask("w2");
    end_server();
    RUN_UNTIL(told.count == 2);
    expect_failure(2, "w2", ECONNRESET, "fork server: it has gone");
}

static void a_new_server_fails_what_the_old_one_owes(void **state)
{
    struct err e = {0};
    int old = server;

    (void)state;
    ask("w1");
    server = forkserver_open(&e);
    assert_true(server >= 0);
    expect_failure(1, "w1", ECONNRESET, "fork server: another one takes its place");
    forkserver_opened(old);
    ask("w2");
    answer("no reason");
    RUN_UNTIL(told.count == 2);
    expect_failure(2, "w2", EOPNOTSUPP, "fork server: reason");
}

static void only_a_new_child_of_ours_is_believed(void **state)
{
    const pid_t pids[] = {0, 1, getpid(), getppid(), -1};
    size_t i;
    pid_t pid, known;

    (void)state;
    for (i = 0; i < sizeof pids / sizeof *pids; i++) {
        ask("w1");
        pid = serve();
        answer_pid(pids[i]);
        RUN_UNTIL(told.count == (int)i + 1);
        assert_int_equal(told.e.code, EPROTO);
        assert_null(child_first());
        expect_exit(pid, 3);
    }
    ask("w1");
    known = serve();
    answer_pid(known);
    ask("w2");
    pid = serve();
    answer_pid(known); /* a second time */
    RUN_UNTIL(told.count == (int)i + 2);
    assert_int_equal(told.e.code, EPROTO);
    assert_null(child_named("w2"));
    child_remove(child_named("w1"));
    expect_exit(known, 7);
    expect_exit(pid, 3);
}

static void a_child_without_a_session_of_its_own_is_not_believed(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    ask("w1");
    answer_pid(pid);
    RUN_UNTIL(told.count == 1);
    assert_int_equal(told.e.code, EPROTO);
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_session_of_somebody_elses_is_not_believed(void **state)
{
    int fds[2];
    pid_t theirs, parent;

    (void)state;
    make_pipe(fds);
    parent = fork();
    if (parent == 0) {
        theirs = fork();
        if (theirs == 0) {
            theirs = setsid();
            (void)!write(fds[1], &theirs, sizeof theirs);
        }
        (void)pause();
        _exit(0);
    }
    assert_int_equal(read(fds[0], &theirs, sizeof theirs), sizeof theirs);
    ask("w1");
    answer_pid(theirs);
    RUN_UNTIL(told.count == 1);
    assert_int_equal(told.e.code, EPROTO);
    assert_null(child_first());
    (void)kill(theirs, SIGKILL);
    (void)kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void what_died_at_once_is_still_known_by_its_name(void **state)
{
    pid_t pid;

    (void)state;
    ask("w1");
    pid = serve();
    (void)kill(pid, SIGKILL);
    answer_pid(pid);
    RUN_UNTIL(told.count == 1);
    assert_int_equal(told.pid, pid);
    assert_ptr_equal(child_find(pid), child_named("w1"));
    child_remove(child_named("w1"));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void what_is_not_wanted_any_more_exits_untold(void **state)
{
    pid_t pid;

    (void)state;
    ask("w1");
    pid = serve();
    forkserver_cancel("w1");
    answer_pid(pid);
    ask("w2");
    answer("stale x has changed");
    RUN_UNTIL(told.count == 1);
    expect_failure(1, "w2", ESTALE, "fork server: x has changed");
    expect_exit(pid, 3);
    assert_null(child_first());
}

static void an_answer_that_nobody_asked_for_ends_the_link(void **state)
{
    struct err e = {0};
    char byte;

    (void)state;
    answer("pid 1");
    RUN_UNTIL(recv(server, &byte, 1, MSG_DONTWAIT) == 0);
    assert_int_equal(ask_as("w1", &e), -1);
    assert_int_equal(e.code, ECONNRESET);
}

static void a_full_socket_refuses_and_holds_nothing(void **state)
{
    struct err e = {0};
    int asked = 0, free_before, free_after;

    (void)state;
    while (asked < 10000) {
        free_before = dup(0);
        (void)close(free_before);
        if (ask_as("w", &e) < 0)
            break;
        asked++;
    }
    assert_in_range(asked, 1, 9999);
    assert_int_equal(e.code, EAGAIN);
    free_after = dup(0);
    assert_int_equal(free_after, free_before);
    (void)close(free_after);
    end_server();
    RUN_UNTIL(told.count == asked);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(what_was_asked_for_goes_on_once_it_is_in_the_table),
        CASE(a_request_says_everything_of_the_process),
        CASE(no_answer_in_time_fails_and_nothing_that_comes_late_runs),
        CASE(each_answer_has_its_own_time),
        CASE(a_server_that_has_gone_fails_what_it_owes),
        CASE(a_new_server_fails_what_the_old_one_owes),
        CASE(only_a_new_child_of_ours_is_believed),
        CASE(a_child_without_a_session_of_its_own_is_not_believed),
        CASE(a_session_of_somebody_elses_is_not_believed),
        CASE(what_died_at_once_is_still_known_by_its_name),
        CASE(what_is_not_wanted_any_more_exits_untold),
        CASE(an_answer_that_nobody_asked_for_ends_the_link),
        CASE(a_full_socket_refuses_and_holds_nothing),
    };

    begin_program();
    (void)signal(SIGPIPE, SIG_IGN); /* as synlua does: a new process may be dead before it may go on */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

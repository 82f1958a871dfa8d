/* What the server relays: a process behind a unix socket, which may say anything. */
#include "support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/serve.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define ASKS 56 /* so many may be relayed at once */

static char *dir, path[100];
static int port, own_asked, asked;
static int listener = -1, peer = -1;
static struct buf answer, question, got;
static size_t said;     /* bytes of the answer */
static bool stays_open; /* after the answer */

static void answer_own(const char *of, const char *host, struct serve_answer *to)
{
    (void)of;
    (void)host;
    own_asked++;
    to->status = 404;
}

static int setup(void **state)
{
    static struct serve_relay relays[] = {
        {.path = "/metrics/main", .uri = "/_synapse/metrics", .to.socket = path},
        {.path = "/metrics/tcp", .uri = "/m", .to = {.address = "127.0.0.1", .port = 1}},
    };
    struct serve_terms terms = {.address = "127.0.0.1", .relays = relays, .relays_len = 2};
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct err e = {0};

    own_asked = asked = 0;
    said = 0;
    stays_open = false;
    buf_reset(&answer);
    buf_reset(&question);
    dir = make_directory();
    (void)snprintf(path, sizeof path, "%s/s", dir);
    memcpy(at.sun_path, path, strlen(path) + 1);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 128) < 0 || loop_setup(state) < 0)
        return -1;
    port = serve_start(&terms, answer_own, &e);
    return port > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    serve_stop();
    (void)close(listener);
    (void)close(peer);
    listener = peer = -1;
    remove_directory(dir);
    buf_free(&got);
    buf_free(&answer);
    buf_free(&question);
    return loop_teardown(state);
}

/* One step of the process behind the socket. */
static void behave(void)
{
    ssize_t n;

    if (peer < 0 && (peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        asked++;
        said = 0;
        buf_reset(&question);
    }
    if (peer < 0)
        return;
    read_available(peer, &question);
    if (!question.data || !strstr(question.data, "\r\n\r\n"))
        return;
    while (said < answer.len) {
        n = send(peer, answer.data + said, answer.len - said, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0)
            break;
        said += (size_t)n;
    }
    if (!stays_open || said < answer.len) {
        (void)close(peer);
        peer = -1;
    }
}

static int say(const char *text)
{
    return say_to_port(port, text);
}

static bool ended(int fd)
{
    char part[65536];
    ssize_t n;

    behave();
    while ((n = read(fd, part, sizeof part)) > 0)
        assert_int_equal(buf_add(&got, part, (size_t)n), 0);
    return n == 0 || errno == ECONNRESET;
}

static const char *answer_to(const char *text)
{
    int fd = say(text);

    buf_reset(&got);
    RUN_UNTIL(ended(fd));
    (void)close(fd);
    return got.data && got.len > 0 ? got.data : "";
}

static void set_answer(const char *text)
{
    buf_reset(&answer);
    assert_int_equal(buf_str(&answer, text), 0);
}

static void add_lines(size_t bytes)
{
    while (bytes > 0) {
        size_t n = bytes < 64 ? bytes : 64;

        assert_int_equal(buf_add(&answer, "synapse_something_total{name=\"a\",server_name=\"example.org\"} 1.0\n12", n), 0);
        bytes -= n;
    }
}

static void assert_begins(const char *text, const char *with)
{
    if (strncmp(text, with, strlen(with)) != 0)
        fail_msg("%.200s\ndoes not begin with %s", text, with);
}

static void a_process_is_asked_and_its_answer_passed_on(void **state)
{
    const char *text;

    (void)state;
    set_answer(OK "Server: x\r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\na 1\n");
    text = answer_to(GET("/metrics/main"));
    assert_begins(text, "HTTP/1.1 200 OK\r\n");
    assert_non_null(strstr(text, "Content-Length: 4\r\n"));
    assert_non_null(strstr(text, "\r\n\r\na 1\n"));
    assert_begins(question.data, "GET /_synapse/metrics HTTP/1.0\r\n");
    /* Nothing of its head goes out, or it could make a browser run what it sends. */
    assert_non_null(strstr(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(text, "X-Content-Type-Options: nosniff\r\n"));
    assert_null(strstr(text, "Set-Cookie"));
    assert_int_equal(own_asked, 0);
}

static void a_long_answer_of_unknown_length_passes_whole(void **state)
{
    size_t head;
    const char *body;

    (void)state;
    set_answer(OK "\r\n");
    head = answer.len;
    add_lines(3000000);
    body = strstr(answer_to("GET /metrics/main HTTP/1.0\r\n\r\n"), "\r\n\r\n");
    assert_non_null(body);
    body += 4;
    assert_int_equal(got.len - (size_t)(body - got.data), 3000000);
    assert_memory_equal(body, answer.data + head, 3000000);
}

static void what_has_said_its_length_is_not_waited_for(void **state)
{
    (void)state;
    stays_open = true;
    set_answer(OK "Content-Length: 4\r\n\r\na 1\n");
    assert_non_null(strstr(answer_to(GET("/metrics/main")), "\r\n\r\na 1\n"));
}

static void a_process_that_does_not_listen_is_told(void **state)
{
    (void)state;
    (void)unlink(path);
    assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 502 Bad Gateway\r\n");
    assert_non_null(strstr(got.data, "\r\n\r\nno such file or directory\n"));
    assert_begins(answer_to(GET("/metrics/tcp")), "HTTP/1.1 502 Bad Gateway\r\n");
    assert_non_null(strstr(got.data, "\r\n\r\nconnection refused\n"));
}

static void what_is_no_answer_of_metrics_is_not_passed_on(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "closed without an answer"},
        {"hello, I am no server\r\n\r\n", "not an HTTP answer"},
        {"HTTP/1.1 \r\n\r\n", "not an HTTP answer"},
        {"HTTP/1.1 404 Not Found\r\n\r\nsecret", "HTTP status 404"},
        {"HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\n\r\n", "HTTP status 302"},
        {OK "transfer-encoding: chunked\r\n\r\n4\r\na 1\n\r\n0\r\n\r\n", "an encoded answer"},
        {OK "Content-Encoding: gzip\r\n\r\nx", "an encoded answer"},
        {OK "Content-Length: 4\r\nContent-Length: 5\r\n\r\na 1\n", "an unclear length"},
        {OK "Content-Length: -1\r\n\r\na 1\n", "an unclear length"},
        {OK "Content-Length: 4x\r\n\r\na 1\n", "an unclear length"},
        {OK "Content-Length: 99999999999999999999999\r\n\r\na 1\n", "an unclear length"},
        {OK "Content-Length: 99999999999\r\n\r\na 1\n", "too long an answer"},
        {OK "Content-Length: 3\r\n\r\na 1\n", "too long an answer"},
    };
    char end[100];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_answer(rows[i].text);
        assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 502 Bad Gateway\r\n");
        (void)snprintf(end, sizeof end, "\r\n\r\n%s\n", rows[i].why);
        if (!strstr(got.data, end))
            fail_msg("%s\nis not told of %s", got.data, rows[i].text);
    }
}

static void a_head_without_an_end_is_not_read_on(void **state)
{
    (void)state;
    set_answer(OK "X: ");
    add_lines(1000000);
    assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 502 Bad Gateway\r\n");
    assert_non_null(strstr(got.data, "too long a head"));
    assert_true(said < 900000);
}

static void an_answer_that_is_cut_short_is_not_whole_for_the_client_either(void **state)
{
    (void)state;
    set_answer(OK "Content-Length: 100\r\n\r\na 1\n");
    assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 200 OK\r\n");
    assert_non_null(strstr(got.data, "Content-Length: 100\r\n"));
    assert_non_null(strstr(got.data, "\r\n\r\na 1\n"));
}

static void an_endless_answer_ends(void **state)
{
    (void)state;
    set_answer(OK "\r\n");
    add_lines(40 << 20);
    assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 200 OK\r\n");
    assert_true(got.len < 34 << 20);
    assert_null(strstr(got.data + got.len - 8, "\r\n0\r\n\r\n")); /* as it would end if it were whole */
}

static void only_what_is_asked_for_by_its_name_and_with_get_is_relayed(void **state)
{
    static const char *const names[] = {GET("/metrics/other"), GET("/metrics/"), GET("/metrics/main/"),
        GET("/metrics//main"), GET("/metrics/../metrics/main"), GET("/metrics/MAIN"), GET("/_synapse/metrics")};
    static const char *const methods[] = {"HEAD", "POST", "PUT", "DELETE", "CONNECT"};
    char text[200];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        assert_begins(answer_to(names[i]), "HTTP/1.1 404 Not Found\r\n");
    assert_int_equal(own_asked, (int)i);
    for (i = 0; i < sizeof methods / sizeof *methods; i++) {
        (void)snprintf(text, sizeof text, "%s /metrics/main HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
                       methods[i]);
        assert_begins(answer_to(text), "HTTP/1.1 405 Method Not Allowed\r\n");
    }
    assert_int_equal(asked, 0);
}

static void processes_that_hang_have_a_limit_and_leave_room(void **state)
{
    int waiting[ASKS];
    size_t i;

    (void)state;
    (void)close(peer);
    peer = dup(0); /* so that nobody takes a connection */
    set_answer("");
    for (i = 0; i < ASKS; i++)
        waiting[i] = say(GET("/metrics/main"));
    run_turns(200);
    assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 503 Service Unavailable\r\n");
    assert_begins(answer_to(GET("/other")), "HTTP/1.1 404 Not Found\r\n");
    for (i = 0; i < ASKS; i++) {
        buf_reset(&got);
        RUN_UNTIL(ended(waiting[i]));
        assert_begins(got.data, "HTTP/1.1 502 Bad Gateway\r\n");
        assert_non_null(strstr(got.data, "no whole answer in time"));
        (void)close(waiting[i]);
    }
}

static bool is_asked(void)
{
    behave();
    return asked > 0 && question.len > 0;
}

static void a_client_that_leaves_and_a_stop_do_no_harm(void **state)
{
    int fd;

    (void)state;
    set_answer(OK "Content-Length: 1000000\r\n\r\n");
    add_lines(1000);
    stays_open = true;
    fd = say(GET("/metrics/main"));
    RUN_UNTIL(is_asked());
    (void)close(fd);
    add_lines(10000);
    behave();
    run_turns(20);
    (void)close(peer);
    peer = -1;
    asked = 0;
    fd = say(GET("/metrics/main"));
    RUN_UNTIL(is_asked());
    serve_stop();
    RUN_UNTIL(ended(fd));
    (void)close(fd);
}

static void root_follows_no_link_of_a_service_to_another_socket(void **state)
{
    char real[sizeof path + 4];

    (void)state;
    if (geteuid() != 0) /* whoever else asks has no more rights than the service */
        skip();
    (void)snprintf(real, sizeof real, "%s.of", path);
    assert_int_equal(rename(path, real), 0);
    assert_int_equal(symlink(real, path), 0);
    assert_int_equal(lchown(path, 991, 991), 0);
    assert_int_equal(chown(dir, 991, 991), 0);
    set_answer(OK "\r\nsecret 1\n");
    assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 502 ");
    assert_int_equal(asked, 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(real, path), 0); /* what lies there itself is asked */
    assert_begins(answer_to(GET("/metrics/main")), "HTTP/1.1 200 ");
    assert_int_equal(asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_is_asked_and_its_answer_passed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_answer_of_unknown_length_passes_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_said_its_length_is_not_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_that_does_not_listen_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_answer_of_metrics_is_not_passed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_head_without_an_end_is_not_read_on, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_that_is_cut_short_is_not_whole_for_the_client_either, setup, teardown),
        cmocka_unit_test_setup_teardown(an_endless_answer_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_is_asked_for_by_its_name_and_with_get_is_relayed, setup, teardown),
        cmocka_unit_test_setup_teardown(processes_that_hang_have_a_limit_and_leave_room, setup, teardown),
        cmocka_unit_test_setup_teardown(root_follows_no_link_of_a_service_to_another_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_that_leaves_and_a_stop_do_no_harm, setup, teardown),
    };

    begin_program();
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

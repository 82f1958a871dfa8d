#include "support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/serve.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static int port, asked;
static char called[64];
static struct buf got;

static void answer_hello(const char *path, const char *host, struct serve_answer *answer)
{
    asked++;
    (void)snprintf(called, sizeof called, "%s", host);
    if (strcmp(path, "/hello") != 0)
        return;
    answer->status = 200;
    (void)snprintf(answer->type, sizeof answer->type, "text/plain; version=0.0.4");
    (void)buf_str(&answer->body, "good day\n");
}

static int setup(void **state)
{
    struct err e = {0};

    asked = 0;
    if (loop_setup(state) < 0)
        return -1;
    port = serve_start(&(struct serve_terms){.address = "127.0.0.1"}, answer_hello, &e);
    return port > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    serve_stop();
    buf_free(&got);
    return loop_teardown(state);
}

static int say(const char *text)
{
    return say_to_port(port, text);
}

/* True at the end of what the server sends. */
static bool ended(int fd)
{
    char part[4096];
    ssize_t n;

    while ((n = read(fd, part, sizeof part)) > 0)
        assert_int_equal(buf_add(&got, part, (size_t)n), 0);
    return n == 0 || errno == ECONNRESET;
}

/* The whole answer: the server ends the connection by itself. */
static const char *answer_to(const char *text)
{
    int fd = say(text);

    buf_reset(&got);
    RUN_UNTIL(ended(fd));
    (void)close(fd);
    return got.data ? got.data : "";
}

static void assert_begins(const char *text, const char *with)
{
    if (strncmp(text, with, strlen(with)) != 0)
        fail_msg("%s\ndoes not begin with %s", text, with);
}

static void a_page_is_answered(void **state)
{
    const char *text = answer_to(GET("/hello"));

    (void)state;
    assert_begins(text, "HTTP/1.1 200 OK\r\n");
    assert_non_null(strstr(text, "Content-Type: text/plain; version=0.0.4\r\n"));
    assert_non_null(strstr(text, "Connection: close\r\n"));
    assert_non_null(strstr(text, "\r\n\r\ngood day\n"));
}

static void the_host_that_the_client_names_is_told(void **state)
{
    (void)state;
    assert_begins(answer_to(GET("/hello")), "HTTP/1.1 200 OK\r\n");
    assert_string_equal(called, "localhost");
    assert_begins(answer_to("GET /hello HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 OK\r\n");
    assert_string_equal(called, "");
}

static void a_query_is_no_part_of_the_path(void **state)
{
    (void)state;
    assert_begins(answer_to(GET("/hello?x=1")), "HTTP/1.1 200 OK\r\n");
}

static void head_has_no_body(void **state)
{
    const char *text = answer_to("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");

    (void)state;
    assert_begins(text, "HTTP/1.1 200 OK\r\n");
    assert_non_null(strstr(text, "Content-Length: 9\r\n"));
    assert_null(strstr(text, "good day"));
}

static void an_unknown_path_is_404(void **state)
{
    const char *text = answer_to(GET("/other"));

    (void)state;
    assert_begins(text, "HTTP/1.1 404 Not Found\r\n");
    assert_non_null(strstr(text, "\r\n\r\nnot found\n"));
}

static void other_methods_are_refused(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "FOO"};
    char text[200];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof methods / sizeof *methods; i++) {
        (void)snprintf(text, sizeof text, "%s /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
                       methods[i]);
        assert_begins(answer_to(text), "HTTP/1.1 405 Method Not Allowed\r\n");
        assert_non_null(strstr(got.data, "Allow: GET, HEAD\r\n"));
    }
    assert_int_equal(asked, 0);
}

static void a_body_is_not_taken(void **state)
{
    (void)state;
    assert_string_equal(answer_to("GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody"), "");
    assert_int_equal(asked, 0);
}

static void a_head_that_does_not_end_is_refused(void **state)
{
    struct buf text = BUF_INIT;
    int i;

    (void)state;
    (void)buf_str(&text, "GET /hello HTTP/1.1\r\n");
    for (i = 0; i < 400; i++)
        (void)buf_addf(&text, "X-%d: 0123456789012345678901234567890123456789\r\n", i);
    (void)buf_str(&text, "\r\n");
    (void)answer_to(text.data);
    if (got.len > 0) /* else the connection was reset with bytes of ours unread */
        assert_begins(got.data, "HTTP/1.1 431 ");
    assert_int_equal(asked, 0);
    buf_free(&text);
    assert_begins(answer_to(GET("/hello")), "HTTP/1.1 200 OK\r\n");
}

static void what_is_no_http_does_no_harm(void **state)
{
    (void)state;
    (void)answer_to("\x16\x03\x01\x02 not http\r\n\r\n");
    assert_int_equal(asked, 0);
    assert_begins(answer_to(GET("/hello")), "HTTP/1.1 200 OK\r\n");
}

static void connections_are_bounded_and_idle_ones_end(void **state)
{
    int idle[SERVE_CONNECTIONS], i, late;

    (void)state;
    for (i = 0; i < SERVE_CONNECTIONS; i++)
        idle[i] = say("GET /hel");
    late = say(GET("/hello"));
    for (i = 0; i < 20; i++)
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    assert_false(ended(late));
    assert_int_equal(asked, 0);
    RUN_UNTIL(ended(late)); /* when the others have timed out */
    assert_begins(got.data, "HTTP/1.1 200 OK\r\n");
    for (i = 0; i < SERVE_CONNECTIONS; i++) {
        RUN_UNTIL(ended(idle[i]));
        (void)close(idle[i]);
    }
    (void)close(late);
}

/* Each sends another byte, as long as somebody takes it. */
static bool drip_until_ended(const int *slow, size_t n, int fd)
{
    size_t i;

    for (i = 0; i < n; i++)
        (void)send(slow[i], "X", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    return ended(fd);
}

static void clients_that_send_a_byte_now_and_then_keep_nobody_out(void **state)
{
    int slow[SERVE_CONNECTIONS + 48], late;
    size_t i, n = sizeof slow / sizeof *slow;

    (void)state;
    for (i = 0; i < n; i++)
        slow[i] = say("GET /hello HTTP/1.1\r\n");
    late = say(GET("/hello"));
    buf_reset(&got);
    RUN_UNTIL(drip_until_ended(slow, n, late));
    assert_begins(got.data ? got.data : "", "HTTP/1.1 200 OK\r\n");
    assert_int_equal(asked, 1);
    (void)close(late);
    for (i = 0; i < n; i++)
        (void)close(slow[i]);
}

static void a_client_that_goes_on_sending_is_ended(void **state)
{
    int slow = say("GET /hello HTTP/1.1\r\n");

    (void)state;
    RUN_UNTIL(drip_until_ended(&slow, 1, slow));
    assert_int_equal(asked, 0);
    (void)close(slow);
}

static void only_loopback_addresses_are_taken(void **state)
{
    static const char *const others[] = {"0.0.0.0", "::", "192.0.2.1", "126.0.0.1", "localhost", "", "::2"};
    struct err e = {0};
    size_t i;

    (void)state;
    assert_int_equal(serve_start(&(struct serve_terms){.address = "127.0.0.1"}, answer_hello, &e), -1);
    assert_int_equal(e.code, EALREADY);
    serve_stop();
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(serve_start(&(struct serve_terms){.address = others[i]}, answer_hello, &e), -1);
        assert_int_equal(e.code, EINVAL);
    }
}

static void a_taken_port_is_told(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct err e = {0};

    (void)state;
    serve_stop();
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(serve_start(&(struct serve_terms){.address = "127.0.0.1", .port = ntohs(at.sin_port)}, answer_hello,
                                 &e), -1);
    assert_int_equal(e.code, EADDRINUSE);
    (void)close(fd);
}

static void it_stops_with_a_connection_open(void **state)
{
    int fd = say("GET /hel");
    int i;

    (void)state;
    for (i = 0; i < 5; i++)
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    serve_stop();
    RUN_UNTIL(ended(fd));
    (void)close(fd);
}

static int start_with_token(void **state)
{
    struct err e = {0};

    if (setup(state) < 0)
        return -1;
    serve_stop();
    run_turns(3);
    port = serve_start(&(struct serve_terms){.address = "0.0.0.0", .token = "s3cret"}, answer_hello, &e);
    return port > 0 ? 0 : -1;
}

static void with_a_token_any_address_is_taken_and_only_who_says_it_is_answered(void **state)
{
    static const char *const others[] = {"", "Authorization: Bearer\r\n", "Authorization: Bearer s3cre\r\n",
        "Authorization: Bearer s3cret2\r\n", "Authorization: Bearer S3cret\r\n", "Authorization: Basic s3cret\r\n",
        "Authorization: s3cret\r\n", "Cookie: s3cret\r\n"};
    static const char *const paths[] = {"/hello", "/other"};
    char text[200];
    size_t i;

    (void)state;
    for (i = 0; i < 2 * sizeof others / sizeof *others; i++) {
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", paths[i % 2], others[i / 2]);
        assert_begins(answer_to(text), "HTTP/1.1 401 Unauthorized\r\n");
        assert_non_null(strstr(got.data, "WWW-Authenticate: Bearer\r\n"));
    }
    assert_int_equal(asked, 0);
    assert_begins(answer_to("GET /hello HTTP/1.1\r\nHost: h\r\nAuthorization: bearer s3cret\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(the_host_that_the_client_names_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_query_is_no_part_of_the_path, setup, teardown),
        cmocka_unit_test_setup_teardown(head_has_no_body, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_path_is_404, setup, teardown),
        cmocka_unit_test_setup_teardown(other_methods_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_is_not_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_head_that_does_not_end_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_http_does_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(connections_are_bounded_and_idle_ones_end, setup, teardown),
        cmocka_unit_test_setup_teardown(clients_that_send_a_byte_now_and_then_keep_nobody_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_that_goes_on_sending_is_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(only_loopback_addresses_are_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_taken_port_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(with_a_token_any_address_is_taken_and_only_who_says_it_is_answered,
                                        start_with_token, teardown),
        cmocka_unit_test_setup_teardown(it_stops_with_a_connection_open, setup, teardown),
    };

    begin_program();
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

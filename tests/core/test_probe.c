#include "support.h"

#include "net/probe.h"

static const char *answer; /* NULL: none */
static char asked[1024];
static union {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
} server, peer;
static uv_write_t writing;
static bool ready_told;
static size_t answer_len;
static int times;
static size_t told_len;
static char why_told[200];

static void on_told(void *arg, bool ready, const char *why)
{
    assert_ptr_equal(arg, &server);
    ready_told = ready;
    told_len = strlen(why);
    (void)snprintf(why_told, sizeof why_told, "%s", why);
    times++;
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)handle;
    (void)size;
    *buf = uv_buf_init(asked, sizeof asked - 1);
}

static void close_peer(void)
{
    if (!uv_is_closing((uv_handle_t *)&peer))
        uv_close((uv_handle_t *)&peer, NULL);
}

static void on_answered(uv_write_t *req, int status)
{
    (void)req;
    (void)status;
    close_peer();
}

static void on_asked(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    uv_buf_t bytes;

    (void)buf;
    if (n < 0) {
        close_peer();
        return;
    }
    asked[n] = '\0';
    if (!answer)
        return;
    bytes = uv_buf_init((char *)(size_t)answer, (unsigned)answer_len);
    (void)uv_write(&writing, stream, &bytes, 1, on_answered);
}

static void on_connection(uv_stream_t *listening, int status)
{
    assert_int_equal(status, 0);
    if (listening->type == UV_TCP)
        (void)uv_tcp_init(loop_get(), &peer.tcp);
    else
        (void)uv_pipe_init(loop_get(), &peer.pipe, 0);
    assert_int_equal(uv_accept(listening, &peer.stream), 0);
    assert_int_equal(uv_read_start(&peer.stream, on_alloc, on_asked), 0);
}

static int serve_tcp(void)
{
    struct sockaddr_storage at;
    int len = sizeof at;

    (void)uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)&at);
    assert_int_equal(uv_tcp_init(loop_get(), &server.tcp), 0);
    assert_int_equal(uv_tcp_bind(&server.tcp, (struct sockaddr *)&at, 0), 0);
    assert_int_equal(uv_listen(&server.stream, 1, on_connection), 0);
    assert_int_equal(uv_tcp_getsockname(&server.tcp, (struct sockaddr *)&at, &len), 0);
    return ntohs(((struct sockaddr_in *)&at)->sin_port);
}

static void ask(const struct probe_target *target)
{
    struct err e = {0};

    times = 0;
    if (probe_run(target, on_told, &server, &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(times, 0);
    RUN_UNTIL(times > 0);
}

/* why: "" where it is ready */
static void expect(const char *text, const char *why)
{
    struct probe_target target = {.to.address = "127.0.0.1", .uri = "/health", .timeout_ms = DEADLINE_MS};

    target.to.port = serve_tcp();
    answer = text;
    answer_len = strlen(text);
    ask(&target);
    uv_close((uv_handle_t *)&server, NULL);
    RUN_UNTIL(uv_is_closing((uv_handle_t *)&peer));
    assert_string_equal(why_told, why);
    assert_int_equal(ready_told, *why == '\0');
    assert_int_equal(times, 1);
}

static void an_http_status_from_200_to_399_is_ready(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", "");
    assert_non_null(strstr(asked, "GET /health HTTP/1.1\r\nHost: localhost\r\n"));
    expect("HTTP/1.0 302 Found\r\n\r\n", "");
    expect("HTTP/1.0 404 Not Found\r\n\r\n", "HTTP status 404");
    expect("HTTP/1.0 502 Bad Gateway\r\n\r\n", "HTTP status 502");
}

static void what_is_not_http_is_told(void **state)
{
    (void)state;
    expect("SSH-2.0-OpenSSH\r\n", "not an HTTP answer");
    expect("HTTP/1.1 abc\r\n", "not an HTTP answer");
    expect("HTTP/1.1200 OK\r\n", "not an HTTP answer");
    expect("", "connection closed without an answer");
    expect("HTTP/1.1 2", "connection closed without an answer");
}

static void an_answer_without_an_end_is_told(void **state)
{
    static char endless[600];

    (void)state;
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    expect(endless, "not an HTTP answer");
}

static void as_much_as_is_wanted_is_read_of_an_answer(void **state)
{
    static char text[4000] = "HTTP/1.1 200 OK\r\n\r\n";
    struct probe_target target = {.to.address = "127.0.0.1", .uri = "/", .timeout_ms = DEADLINE_MS, .whole = true};

    (void)state;
    for (int round = 0; round < 2; round++) {
        target.to.port = serve_tcp();
        answer = text;
        answer_len = strlen(text);
        ask(&target);
        assert_true(ready_told);
        assert_int_equal(told_len, round == 0 ? answer_len : PROBE_WHOLE);
        uv_close((uv_handle_t *)&server, NULL);
        RUN_UNTIL(uv_is_closing((uv_handle_t *)&peer));
        memset(text + answer_len, 'x', sizeof text - 1 - answer_len);
    }
}

static void a_refused_connection_is_told(void **state)
{
    struct probe_target target = {.to.address = "127.0.0.1", .uri = "/", .timeout_ms = DEADLINE_MS};

    (void)state;
    target.to.port = serve_tcp();
    uv_close((uv_handle_t *)&server, NULL);
    (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    ask(&target);
    assert_false(ready_told);
    assert_string_equal(why_told, "connection refused");
}

static void no_answer_in_time_is_told(void **state)
{
    struct probe_target target = {.to.address = "127.0.0.1", .uri = "/", .timeout_ms = 50};

    (void)state;
    target.to.port = serve_tcp();
    answer = NULL;
    ask(&target);
    assert_string_equal(why_told, "no answer in time");
    uv_close((uv_handle_t *)&server, NULL);
    RUN_UNTIL(uv_is_closing((uv_handle_t *)&peer));
}

static void a_unix_socket_can_be_asked(void **state)
{
    char *dir = make_directory(), path[100];
    struct probe_target target = {.to.socket = path, .uri = "/health", .timeout_ms = DEADLINE_MS};

    (void)state;
    (void)snprintf(path, sizeof path, "%s/s", dir);
    ask(&target);
    assert_string_equal(why_told, "no such file or directory");
    assert_int_equal(uv_pipe_init(loop_get(), &server.pipe, 0), 0);
    assert_int_equal(uv_pipe_bind(&server.pipe, path), 0);
    assert_int_equal(uv_listen(&server.stream, 1, on_connection), 0);
    answer = "HTTP/1.1 200 OK\r\n\r\n";
    answer_len = strlen(answer);
    ask(&target);
    assert_true(ready_told);
    uv_close((uv_handle_t *)&server, NULL);
    RUN_UNTIL(uv_is_closing((uv_handle_t *)&peer));
    remove_directory(dir);
}

static void what_cannot_be_asked_is_refused_and_nobody_is_told(void **state)
{
    char uri[1000];
    struct probe_target target = {.to.address = "localhost", .to.port = 1, .uri = "/", .timeout_ms = 50};
    struct err e = {0};

    (void)state;
    times = 0;
    assert_int_equal(probe_run(&target, on_told, &server, &e), -1);
    assert_int_equal(e.code, EINVAL);
    memset(uri, 'x', sizeof uri);
    uri[sizeof uri - 1] = '\0';
    target.to.address = "127.0.0.1";
    target.uri = uri;
    assert_int_equal(probe_run(&target, on_told, &server, &e), -1);
    assert_int_equal(e.code, ENAMETOOLONG);
    target.uri = "/";
    assert_int_equal(probe_run(&target, on_told, &server, &e), 0);
    probe_stop();
    while (uv_run(loop_get(), UV_RUN_ONCE))
        continue;
    assert_int_equal(times, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_http_status_from_200_to_399_is_ready),
        TEST(what_is_not_http_is_told),
        TEST(an_answer_without_an_end_is_told),
        TEST(as_much_as_is_wanted_is_read_of_an_answer),
        TEST(a_refused_connection_is_told),
        TEST(no_answer_in_time_is_told),
        TEST(a_unix_socket_can_be_asked),
        TEST(what_cannot_be_asked_is_refused_and_nobody_is_told),
    };

    begin_program();
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* wraps: uv_timer_start */
#include "support.h"

#include "files/files.h"
#include "output/output.h"
#include "output/source.h"
#include "output/stream.h"
#include "base/sys.h"

static int shown[2], saved;
static struct buf got;
static bool patient;

int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t repeat);

/* patient: an event waits for its next line however slow the machine is. */
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t repeat)
{
    return __real_uv_timer_start(timer, fn, patient && ms > 0 ? 2 * DEADLINE_MS : ms, repeat);
}

static int setup(void **state)
{
    struct err e = {0};

    if (loop_setup(state) < 0)
        return -1;
    make_pipe(shown);
    set_nonblocking(shown[0]);
    saved = redirect(STDOUT_FILENO, shown[1]);
    return output_start(&e);
}

static int teardown(void **state)
{
    output_stop();
    patient = false;
    restore(STDOUT_FILENO, saved);
    (void)close(shown[0]);
    (void)close(shown[1]);
    buf_free(&got);
    return loop_teardown(state);
}

static int writer_of(const char *name, const char *stream)
{
    struct err e = {0};
    int fd = output_writer(name, stream, &e);

    assert_true(fd >= 0);
    return fd;
}

static void say(int fd, const char *text, size_t len)
{
    assert_int_equal(write(fd, text, len), len);
}

static void expect_shown(const char *text)
{
    RUN_UNTIL((read_available(shown[0], &got), got.len >= strlen(text)));
    assert_string_equal(got.data, text);
    buf_reset(&got);
}

static void expect_last(const char *name, size_t n, const char *text)
{
    char last[RING_MAX];
    size_t len = output_last(name, n, last);

    assert_int_equal(len, strlen(text));
    assert_memory_equal(last, text, len);
}

static void every_line_gets_the_name_of_its_service(void **state)
{
    (void)state;
    say(writer_of("synapse", "out"), "one\n\ntwo\n", 9);
    expect_shown("synapse | one\nsynapse | \nsynapse | two\n");
    expect_last("synapse", 1, "two\n");
    expect_last("nginx", 1, "");
}

static void a_line_in_pieces_is_shown_whole(void **state)
{
    int fd = writer_of("a", "out");

    (void)state;
    say(fd, "x\nbegin", 7);
    expect_shown("a | x\n");
    say(fd, "ning\ny", 6);
    expect_shown("a | beginning\n");
    output_drain("a");
    expect_shown("a | y\n");
    output_drain("a");
    read_available(shown[0], &got);
    assert_int_equal(got.len, 0);
}

static void long_lines_are_cut(void **state)
{
    static char text[OUTPUT_LINE_MAX + 4];
    int fd = writer_of("a", "out");

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\n';
    say(fd, text, sizeof text);
    RUN_UNTIL((read_available(shown[0], &got), got.len >= sizeof text + 9));
    assert_int_equal(got.len, sizeof text + 9);
    assert_string_equal(got.data + 4 + OUTPUT_LINE_MAX, "\na | xxx\n");
}

static void a_line_of_just_the_limit_is_one_line(void **state)
{
    static char text[OUTPUT_LINE_MAX];
    int fd = writer_of("a", "out");

    (void)state;
    memset(text, 'x', sizeof text);
    say(fd, text, sizeof text);
    say(fd, "\n", 1);
    RUN_UNTIL((read_available(shown[0], &got), got.len >= sizeof text + 5));
    assert_int_equal(got.len, sizeof text + 5);
}

static void the_last_line_is_that_of_the_stream_that_wrote_last(void **state)
{
    int out = writer_of("a", "out"), err = writer_of("a", "err");

    (void)state;
    assert_int_not_equal(out, err);
    assert_int_equal(writer_of("a", "out"), out);
    say(out, "1\n", 2);
    expect_shown("a | 1\n");
    say(err, "2\n", 2);
    expect_shown("a | 2\n");
    expect_last("a", 1, "2\n");
    say(out, "3\n", 2);
    expect_shown("a | 3\n");
    expect_last("a", 1, "3\n");
}

#define SAY(fd, text) say(fd, text, sizeof(text) - 1)

static void a_traceback_in_several_reads_is_not_torn_apart(void **state)
{
    int a = writer_of("a", "err"), b = writer_of("b", "out");

    (void)state;
    patient = true;
    SAY(a, "x\nfault\nTraceback (most recent call last):\n  Fi");
    expect_shown("a | x\n");
    SAY(b, "1\n");
    expect_shown("b | 1\n");
    SAY(a, "le\nValueError: 1\nnext\n");
    expect_shown("a | fault\na | Traceback (most recent call last):\na |   File\na | ValueError: 1\na | next\n");
}

static void an_event_that_does_not_go_on_is_shown_after_a_while(void **state)
{
    int a = writer_of("a", "err");

    (void)state;
    SAY(a, "x\n y\n z");
    expect_shown("a | x\na |  y\n");
    SAY(a, "\n");
    expect_shown("a |  z\n");
}

static int steady;
static char many[32768];

static void write_steadily(uv_timer_t *timer)
{
    (void)timer;
    SAY(steady, " y\n");
}

static void an_event_without_end_is_shown_in_bounded_time(void **state)
{
    uint64_t before;
    uv_timer_t timer;

    (void)state;
    steady = writer_of("a", "err");
    SAY(steady, "x\n");
    expect_shown("a | x\n");
    before = sys_now();
    (void)uv_timer_init(loop_get(), &timer);
    (void)uv_timer_start(&timer, write_steadily, 10, 10);
    RUN_UNTIL((read_available(shown[0], &got), got.len > 0));
    assert_true(sys_now() - before < DEADLINE_MS / 2);
    assert_memory_equal(got.data, "a |  y\n", 7);
    uv_close((uv_handle_t *)&timer, NULL);
    run_turns(1);
}

static void an_event_without_end_is_shown_in_bounded_memory(void **state)
{
    int a = writer_of("a", "err");

    (void)state;
    memset(many, ' ', sizeof many);
    for (size_t i = 63; i < sizeof many; i += 64)
        many[i] = '\n';
    for (int i = 0; i < 3; i++)
        say(a, many, sizeof many);
    run_turns(10);
    read_available(shown[0], &got);
    assert_true(got.len > sizeof many);
}

static void what_a_dead_process_left_is_shown_at_once(void **state)
{
    int a = writer_of("a", "err");

    (void)state;
    SAY(a, "x\n y\n z");
    output_drain("a");
    read_available(shown[0], &got);
    assert_string_equal(got.data, "a | x\na |  y\na |  z\n");
    expect_last("a", 5, "x\n y\n z\n");
}

static void lines_are_counted_by_service_and_together(void **state)
{
    (void)state;
    SAY(writer_of("a", "out"), "12\n3\n");
    expect_shown("a | 12\na | 3\n");
    SAY(writer_of("b", "out"), "4\n");
    expect_shown("b | 4\n");
    assert_int_equal(output_counts("a").lines, 2);
    assert_int_equal(output_counts("a").bytes, 5);
    assert_int_equal(output_counts(NULL).lines, 3);
    assert_int_equal(output_counts("nobody").lines, 0);
}

static void lines_on_both_sides_of_a_change_of_texts_are_left_out(void **state)
{
    static const char line[] = "cannot reach synapse\nother\n";
    struct buf texts = BUF_INIT;
    int fd = writer_of("nginx", "err");

    (void)state;
    say(fd, line, sizeof line - 1); /* before anybody knew that synapse is gone */
    assert_int_equal(buf_add(&texts, "cannot reach\0", sizeof "cannot reach\0"), 0);
    assert_int_equal(output_quiet("nginx", &texts), 1);
    expect_shown("nginx | other\n");
    say(fd, line, sizeof line - 1); /* before anybody knew that it is back */
    assert_int_equal(output_quiet("nginx", &texts), 1);
    expect_shown("nginx | other\n");
    say(fd, line, sizeof line - 1);
    expect_shown("nginx | cannot reach synapse\nnginx | other\n");
    assert_int_equal(output_quiet("nginx", &texts), 0);
}

static void fill_stdout(void)
{
    static char text[4096];
    int flags = fcntl(shown[1], F_GETFL);

    set_nonblocking(shown[1]);
    memset(text, '-', sizeof text);
    while (write(shown[1], text, sizeof text) > 0)
        continue;
    (void)fcntl(shown[1], F_SETFL, flags);
}

/* What a pipe takes without being read by us, in lines of 64 bytes. */
static size_t fill(int fd)
{
    size_t lines = 0;
    ssize_t n;

    memset(many, 'x', sizeof many);
    for (size_t i = 63; i < sizeof many; i += 64)
        many[i] = '\n';
    set_nonblocking(fd);
    while ((n = write(fd, many, sizeof many)) > 0)
        lines += (size_t)n / 64;
    return lines;
}

static void while_nobody_reads_services_go_on_and_losses_are_told_by_name(void **state)
{
    int a = writer_of("a", "out");
    char told[128];
    size_t lines = 0;

    (void)state;
    fill_stdout();
    RUN_UNTIL((lines += fill(a), output_counts("a").dropped > 0));
    RUN_UNTIL(output_counts("a").lines == lines);
    (void)snprintf(told, sizeof told, "synlua | warning: %lu lines of a were dropped: nobody read our output\n",
                   (unsigned long)output_counts("a").dropped);
    RUN_UNTIL((read_available(shown[0], &got), got.data && strstr(got.data, told)));
    assert_int_equal(output_counts(NULL).dropped, output_counts("a").dropped);
    SAY(a, "after\n");
    RUN_UNTIL((read_available(shown[0], &got), strstr(got.data, told + 20) && strstr(got.data, "a | after\n")));
}

static void services_wait_for_the_reader_where_that_is_wanted(void **state)
{
    int a = writer_of("a", "out");
    size_t lines, count = 0;

    (void)state;
    output_format(false, true, false);
    fill_stdout();
    SAY(a, "first\n");
    RUN_UNTIL(output_counts("a").lines == 1);
    lines = 1 + fill(a);
    run_turns(10);
    assert_int_equal(output_counts("a").lines, 1);
    RUN_UNTIL((read_available(shown[0], &got), output_counts("a").lines == lines));
    RUN_UNTIL((read_available(shown[0], &got), got.data[got.len - 1] == '\n' && got.len > 65536 + lines * 68 - 68));
    for (const char *at = got.data; (at = strchr(at, '\n')); at++)
        count++;
    assert_int_equal(count, lines);
    assert_int_equal(output_counts(NULL).dropped, 0);
}

static void nobody_waits_for_a_reader_when_everything_stops(void **state)
{
    int a = writer_of("a", "out");
    size_t lines;

    (void)state;
    output_format(false, true, false);
    fill_stdout();
    SAY(a, "first\n");
    RUN_UNTIL(output_counts("a").lines == 1);
    lines = 1 + fill(a);
    output_stopping();
    RUN_UNTIL(output_counts("a").lines == lines);
}

static void as_json_each_line_is_an_object(void **state)
{
    (void)state;
    output_format(true, false, false);
    SAY(writer_of("a", "err"), "\"x\"\n");
    RUN_UNTIL((read_available(shown[0], &got), got.len > 0));
    assert_string_equal(strchr(got.data, ','), ",\"service\":\"a\",\"stream\":\"err\",\"msg\":\"\\\"x\\\"\"}\n");
    buf_reset(&got);
    output_format(false, false, false);
}

static void files_hold_what_was_written_and_are_opened_anew_when_asked(void **state)
{
    const struct logfile_rules rules = {
        .dir = -1, .uid = FILES_KEEP, .gid = FILES_KEEP, .max_bytes = 1000, .max_age_ms = 100000, .keep = 1};
    char *base = make_directory(), path[128], moved[128];
    struct err e = {0};
    struct buf text = BUF_INIT;

    (void)state;
    assert_int_equal(source_files(base, "../x", NULL, &rules, &e), -1);
    assert_int_equal(source_files(base, "logs", NULL, &rules, &e), 0);
    SAY(writer_of("a", "out"), "one\ntw");
    expect_shown("a | one\n");
    (void)snprintf(path, sizeof path, "%s/logs/a.log", base);
    (void)snprintf(moved, sizeof moved, "%s/logs/moved", base);
    assert_int_equal(rename(path, moved), 0);
    source_reopen();
    output_drain("a");
    assert_int_equal(file_read(path, 100, &text, &e), 0);
    assert_string_equal(text.data, "tw\n");
    buf_reset(&text);
    assert_int_equal(file_read(moved, 100, &text, &e), 0);
    assert_string_equal(text.data, "one\n");
    buf_free(&text);
    assert_int_equal(source_files(NULL, NULL, NULL, NULL, &e), 0);
    read_available(shown[0], &got);
    remove_directory(base);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_line_gets_the_name_of_its_service),
        TEST(a_line_in_pieces_is_shown_whole),
        TEST(long_lines_are_cut),
        TEST(a_line_of_just_the_limit_is_one_line),
        TEST(the_last_line_is_that_of_the_stream_that_wrote_last),
        TEST(a_traceback_in_several_reads_is_not_torn_apart),
        TEST(an_event_that_does_not_go_on_is_shown_after_a_while),
        TEST(an_event_without_end_is_shown_in_bounded_time),
        TEST(an_event_without_end_is_shown_in_bounded_memory),
        TEST(what_a_dead_process_left_is_shown_at_once),
        TEST(lines_are_counted_by_service_and_together),
        TEST(lines_on_both_sides_of_a_change_of_texts_are_left_out),
        TEST(while_nobody_reads_services_go_on_and_losses_are_told_by_name),
        TEST(services_wait_for_the_reader_where_that_is_wanted),
        TEST(nobody_waits_for_a_reader_when_everything_stops),
        TEST(as_json_each_line_is_an_object),
        TEST(files_hold_what_was_written_and_are_opened_anew_when_asked),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

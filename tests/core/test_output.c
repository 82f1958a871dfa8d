#include "support.h"

#include "output.h"

static int shown[2], saved;
static struct buf got;

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
    restore(STDOUT_FILENO, saved);
    (void)close(shown[0]);
    (void)close(shown[1]);
    buf_free(&got);
    return loop_teardown(state);
}

static int writer_of(const char *name, const char *stream)
{
    struct err e = {0};
    struct output *o = output_get(name, stream, &e);

    assert_non_null(o);
    return output_writer(o);
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

static void every_line_gets_the_name_of_its_service(void **state)
{
    (void)state;
    say(writer_of("synapse", "out"), "one\n\ntwo\n", 9);
    expect_shown("synapse | one\nsynapse | \nsynapse | two\n");
    assert_string_equal(output_last("synapse"), "two");
    assert_string_equal(output_last("nginx"), "");
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
    assert_string_equal(output_last("a"), "2");
    say(out, "3\n", 2);
    expect_shown("a | 3\n");
    assert_string_equal(output_last("a"), "3");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_line_gets_the_name_of_its_service), TEST(a_line_in_pieces_is_shown_whole),
        TEST(long_lines_are_cut),
        TEST(a_line_of_just_the_limit_is_one_line),    TEST(the_last_line_is_that_of_the_stream_that_wrote_last),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

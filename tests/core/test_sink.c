/* wraps: write openat */
#include "support.h"

#include "output/sink.h"
#include "base/sys.h"

ssize_t __real_sys_write(int fd, const void *from, size_t len);
ssize_t __wrap_sys_write(int fd, const void *from, size_t len);

int __real_sys_openat(int dir, const char *path, int flags, mode_t mode);
int __wrap_sys_openat(int dir, const char *path, int flags, mode_t mode);

static int failing, unopened;

int __wrap_sys_openat(int dir, const char *path, int flags, mode_t mode)
{
    if (unopened) {
        errno = EACCES;
        return -1;
    }
    return __real_sys_openat(dir, path, flags, mode);
}

ssize_t __wrap_sys_write(int fd, const void *from, size_t len)
{
    if (failing) {
        errno = failing;
        return -1;
    }
    return __real_sys_write(fd, from, len);
}

static char lines[64 * 1024];
static struct sink_source one = {.name = "one"}, other = {.name = "other"};

static void notice(struct buf *to, const char *name, uint64_t count)
{
    (void)buf_addf(to, "%llu lines of %s were dropped\n", (unsigned long long)count, name);
}

static int rooms;

static void on_room(void)
{
    rooms++;
}

static void make_lines(void)
{
    memset(lines, 'x', sizeof lines);
    for (size_t i = 63; i < sizeof lines; i += 64)
        lines[i] = '\n';
}

static void a_full_pipe_never_blocks_and_nothing_is_lost_before_the_limit(void **state)
{
    struct buf got = BUF_INIT;
    struct sink *s;
    int fds[2];

    (void)state;
    make_pipe(fds);
    set_nonblocking(fds[0]);
    s = sink_new(fds[1], notice);
    sink_attach(s, on_room);
    assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
    for (int i = 0; i < 8; i++)
        sink_write(s, &one, lines, sizeof lines, 1024);
    assert_int_equal(sink_dropped(s), 0);
    RUN_UNTIL((read_available(fds[0], &got), got.len >= 8 * sizeof lines));
    assert_int_equal(got.len, 8 * sizeof lines);
    for (size_t i = 0; i < 8; i++)
        assert_memory_equal(got.data + i * sizeof lines, lines, sizeof lines);
    sink_free(s);
    (void)close(fds[0]);
    (void)close(fds[1]);
    buf_free(&got);
}

static void beyond_the_limit_whole_batches_are_dropped_counted_and_told(void **state)
{
    static const char told[] = "2048 lines of other were dropped\n6144 lines of one were dropped\n";
    struct buf got = BUF_INIT;
    size_t batches;
    struct sink *s;
    int fds[2];

    (void)state;
    rooms = 0;
    make_pipe(fds);
    set_nonblocking(fds[0]);
    s = sink_new(fds[1], notice);
    sink_attach(s, on_room);
    for (batches = 0; sink_dropped(s) == 0; batches++)
        sink_write(s, &one, lines, sizeof lines, 1024);
    for (int i = 0; i < 7; i++)
        sink_write(s, i % 3 == 1 ? &other : &one, lines, sizeof lines, 1024);
    assert_int_equal(sink_dropped(s), 8192);
    assert_int_equal(one.dropped, 6144);
    assert_int_equal(other.dropped, 2048);
    assert_in_range(sink_waiting(s), SINK_MAX - sizeof lines, SINK_MAX);
    batches--;
    RUN_UNTIL((read_available(fds[0], &got), got.len >= batches * sizeof lines + strlen(told)));
    for (size_t i = 0; i < batches; i++)
        assert_memory_equal(got.data + i * sizeof lines, lines, sizeof lines);
    assert_string_equal(got.data + batches * sizeof lines, told);
    assert_int_equal(sink_waiting(s), 0);
    assert_int_equal(rooms, 1);
    assert_int_equal(one.unsaid, 0);
    sink_write(s, &one, "after\n", 6, 1);
    read_available(fds[0], &got);
    assert_string_equal(got.data + got.len - 6, "after\n");
    sink_free(s);
    (void)close(fds[0]);
    (void)close(fds[1]);
    buf_free(&got);
}

/* A pipe that is full, and its sink, which was given 4096 lines: the pipe took the first 1024, 64 KiB. */
static struct sink *new_full(int fds[2])
{
    struct sink *s;

    make_pipe(fds);
    s = sink_new(fds[1], notice);
    for (int i = 0; i < 4; i++)
        sink_write(s, &one, lines, sizeof lines, 1024);
    return s;
}

static void without_a_reader_everything_is_counted_as_lost(void **state)
{
    struct sink *s;
    int fds[2];

    (void)state;
    s = new_full(fds);
    assert_int_equal(sink_dropped(s), 0);
    (void)close(fds[0]);
    sink_flush(s, DEADLINE_MS);
    sink_write(s, &one, "more\n", 5, 1);
    assert_int_equal(sink_dropped(s), 4096 - 1024 + 1);
    sink_free(s);
    (void)close(fds[1]);
}

static void a_pipe_that_cannot_be_opened_again_is_never_written_beyond_what_it_takes(void **state)
{
    unopened = 1;
    a_full_pipe_never_blocks_and_nothing_is_lost_before_the_limit(state);
    unopened = 0;
}

static void flushing_gives_up_on_a_reader_that_is_away(void **state)
{
    uint64_t before = sys_now();
    struct sink *s;
    int fds[2];

    (void)state;
    s = new_full(fds);
    assert_int_equal(sink_flush(s, 30), 4096 - 1024);
    assert_in_range(sys_now() - before, 30, DEADLINE_MS);
    sink_free(s);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* Reads 64 KiB at a time, with pauses, until all has come. */
static void *read_slowly(void *arg)
{
    const int *fd = arg;
    static char got[sizeof lines];
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

    for (size_t left = 4 * sizeof lines; left > 0;) {
        ssize_t n = read(*fd, got, sizeof got);

        if (n <= 0)
            break;
        left -= (size_t)n;
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

static void flushing_waits_for_a_reader_that_is_slow(void **state)
{
    pthread_t reader;
    struct sink *s;
    int fds[2];

    (void)state;
    s = new_full(fds);
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, &fds[0]), 0);
    assert_int_equal(sink_flush(s, DEADLINE_MS), 0);
    assert_int_equal(pthread_join(reader, NULL), 0);
    sink_free(s);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void losses_that_were_not_told_count_at_the_end(void **state)
{
    struct sink *s;
    int fds[2];

    (void)state;
    make_pipe(fds);
    s = sink_new(fds[1], notice);
    sink_attach(s, on_room);
    for (int i = 0; i < 40; i++)
        sink_write(s, i % 2 ? &one : &other, lines, sizeof lines, 1024);
    assert_int_equal(sink_flush(s, 1), 39 * 1024);
    assert_int_equal(sink_dropped(s), 39 * 1024);
    sink_free(s);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void a_full_disk_keeps_lines_until_there_is_room(void **state)
{
    char path[] = "/tmp/synlua-test-XXXXXX", text[32] = "";
    int fd = mkstemp(path);
    struct sink *s = sink_new(fd, notice);
    uint64_t before = sys_now();

    (void)state;
    (void)unlink(path);
    sink_attach(s, on_room);
    failing = ENOSPC;
    sink_write(s, &one, "one\n", 4, 1);
    failing = 0;
    sink_write(s, &one, "two\n", 4, 1);
    assert_int_equal(pread(fd, text, sizeof text - 1, 0), 8);
    assert_string_equal(text, "one\ntwo\n");
    failing = ENOSPC;
    sink_write(s, &one, "three\n", 6, 1);
    assert_int_equal(sink_flush(s, DEADLINE_MS), 1); /* at once: nobody tells when there is room */
    failing = 0;
    assert_in_range(sys_now() - before, 0, DEADLINE_MS - 1);
    sink_free(s);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_pipe_never_blocks_and_nothing_is_lost_before_the_limit, loop_setup,
                                        loop_teardown),
        cmocka_unit_test_setup_teardown(beyond_the_limit_whole_batches_are_dropped_counted_and_told, loop_setup,
                                        loop_teardown),
        cmocka_unit_test_setup_teardown(a_pipe_that_cannot_be_opened_again_is_never_written_beyond_what_it_takes,
                                        loop_setup, loop_teardown),
        cmocka_unit_test(without_a_reader_everything_is_counted_as_lost),
        cmocka_unit_test(flushing_gives_up_on_a_reader_that_is_away),
        cmocka_unit_test(flushing_waits_for_a_reader_that_is_slow),
        cmocka_unit_test_setup_teardown(losses_that_were_not_told_count_at_the_end, loop_setup, loop_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_keeps_lines_until_there_is_room, loop_setup, loop_teardown),
    };

    begin_program();
    (void)signal(SIGPIPE, SIG_IGN);
    make_lines();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

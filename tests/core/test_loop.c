#include "support.h"

#include "base/sys.h"

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    loop_stop();
}

static void a_handle_left_open_is_named(void **state)
{
    uv_timer_t timer;
    struct err e = {0};

    (void)state;
    assert_int_equal(loop_open(&e), 0);
    (void)uv_timer_init(loop_get(), &timer);
    (void)uv_timer_start(&timer, on_timer, 1, 1);
    loop_run();
    (void)uv_timer_stop(&timer);
    assert_int_equal(loop_close(&e), -1);
    assert_string_equal(e.msg, "event loop: a timer handle was left open");
    uv_close((uv_handle_t *)&timer, NULL);
    assert_int_equal(loop_close(&e), 0);
}

static void what_is_opened_is_not_inherited(void **state)
{
    int fds[2], fd = sys_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0);

    (void)state;
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(sys_pipe(fds), 0);
    assert_true(fcntl(fds[0], F_GETFD) & fcntl(fds[1], F_GETFD) & FD_CLOEXEC);
    (void)close(fds[0]);
    (void)close(fds[1]);
    (void)close(fd);
}

static void random_bytes_fill_all_of_it(void **state)
{
    unsigned char bytes[600] = {0};
    bool end = false;

    (void)state;
    assert_int_equal(sys_random(bytes, sizeof bytes), 0);
    for (size_t i = 560; i < sizeof bytes; i++)
        end = end || bytes[i] != 0;
    assert_true(end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_left_open_is_named),
        cmocka_unit_test(what_is_opened_is_not_inherited),
        cmocka_unit_test(random_bytes_fill_all_of_it),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

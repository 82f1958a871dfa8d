#include "support.h"

#include <poll.h>

#include "process/child.h"
#include "output/log.h"
#include "process/reap.h"
#include "process/shutdown.h"
#include "process/signals.h"
#include "process/spawn.h"
#include "base/sys.h"
#include "process/watchdog.h"

#define ENDED_BY_ITSELF 42 /* the supervisor ended in its ordinary way */

/* What a supervisor of a test does once its services run. */
typedef void (*part_fn)(void);

static part_fn on_exit_part;
static int said[2]; /* services and supervisor write here; its stderr too */
static int go[2];   /* a byte ends what stands there */

static void on_exit_of_child(const struct reap_child *dead)
{
    (void)dead;
    if (on_exit_part)
        on_exit_part();
    shutdown_step();
}

static void on_signal(int signum)
{
    (void)signum;
    shutdown_begin(0);
}

static void spin(void)
{
    for (volatile unsigned long n = 0;; n++)
        continue;
}

static void service(const char *name, int stage, const char *script, uint64_t grace_ms)
{
    struct child c = {.stage = stage, .stop_signal = SIGTERM, .grace_ms = grace_ms};
    char *argv[] = {"/bin/sh", "-c", (char *)(size_t)script, (char *)(size_t)name, NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", NULL};
    struct spawn_spec spec = {.argv = argv, .envp = envp, .uid = SPAWN_KEEP, .gid = SPAWN_KEEP};
    struct err e = {0};

    spec.out = spec.err = said[1];
    c.pid = spawn_process(&spec, &e);
    (void)snprintf(c.name, sizeof c.name, "%s", name);
    if (c.pid < 0 || !child_add(&c, &e))
        _exit(99);
}

#define OBEDIENT "trap 'echo $0 ends; exit' TERM; echo $0 runs; while :; do sleep 1000 & wait; done"
#define SLOW "trap 'sleep 3; echo $0 ends; exit' TERM; echo $0 runs; while :; do sleep 1000 & wait; done"
#define STUBBORN "trap '' TERM; echo $0 runs; exec sleep 1000"

/* A process with loop and watchdog; it runs the services part, then the other, then the loop. */
static pid_t supervisor(part_fn services, part_fn then)
{
    struct err e = {0};
    pid_t pid;

    make_pipe(said);
    (void)fflush(stdout);
    pid = fork();
    if (pid != 0) {
        (void)close(said[1]);
        return pid;
    }
    (void)dup2(said[1], STDERR_FILENO);
    signals_prepare(on_signal);
    if (loop_open(&e) < 0 || log_open(&e) < 0 || reap_start(on_exit_of_child, &e) < 0 ||
        signals_take(&e) < 0 || watchdog_start(&e) < 0)
        _exit(98);
    shutdown_prepare(loop_stop);
    shutdown_budget(60000);
    services();
    if (then)
        then();
    loop_run();
    watchdog_stop();
    _exit(ENDED_BY_ITSELF);
}

/* Reads until the text was said. */
static void until_said(struct buf *all, const char *text)
{
    uint64_t end = sys_now() + DEADLINE_MS;

    while (!all->data || !strstr(all->data, text)) {
        struct pollfd p = {.fd = said[0], .events = POLLIN};
        char part[4096];
        ssize_t n = 0;

        if (sys_now() < end && poll(&p, 1, 100) > 0)
            n = read(said[0], part, sizeof part);
        if (n > 0)
            assert_int_equal(buf_add(all, part, (size_t)n), 0);
        else if (sys_now() >= end || (p.revents & POLLHUP))
            fail_msg("%s was not said: %s", text, all->data ? all->data : "");
    }
}

static int status_of(pid_t pid, struct buf *all)
{
    int status = 0;

    read_available(said[0], all);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(said[0]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect_order(const struct buf *all, const char *first, const char *second)
{
    const char *a = strstr(all->data, first), *b = strstr(all->data, second);

    if (!a || !b || a >= b)
        fail_msg("not in order: %s, %s: %s", first, second, all->data);
}

static void two_services(void)
{
    service("low", 1, OBEDIENT, 60000);
    service("top", 2, OBEDIENT, 60000);
}

static void one_slow_service(void)
{
    service("low", 1, SLOW, 60000);
}

static void one_stubborn_service(void)
{
    service("low", 1, STUBBORN, 60000);
}

static void a_stop_works_in_order_though_the_loop_is_stuck(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid = supervisor(two_services, spin);
    uint64_t before;

    (void)state;
    until_said(&all, "low runs");
    until_said(&all, "top runs");
    before = sys_now();
    (void)kill(pid, SIGTERM);
    assert_int_equal(status_of(pid, &all), 0);
    assert_in_range(sys_now() - before, 1500, 60000);
    expect_order(&all, "stopping without it", "top ends");
    expect_order(&all, "top ends", "low ends");
    buf_free(&all);
}

static void a_second_signal_hurries_it(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid = supervisor(one_stubborn_service, spin);

    (void)state;
    until_said(&all, "low runs");
    (void)kill(pid, SIGTERM);
    until_said(&all, "stopping without it");
    (void)kill(pid, SIGINT);
    assert_int_equal(status_of(pid, &all), 0);
    assert_non_null(strstr(all.data, "low did not end in time: killed"));
    buf_free(&all);
}

static void fail_then_spin(void)
{
    shutdown_begin(70);
    spin();
}

static void the_status_is_that_of_the_end_that_was_begun(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid = supervisor(two_services, fail_then_spin);

    (void)state;
    assert_int_equal(status_of(pid, &all), 70);
    assert_non_null(strstr(all.data, "stopping without it"));
    buf_free(&all);
}

static void stuck_in_the_middle(void)
{
    on_exit_part = spin;
}

static void an_end_that_gets_stuck_half_way_is_carried_through(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid = supervisor(two_services, stuck_in_the_middle);

    (void)state;
    until_said(&all, "low runs");
    until_said(&all, "top runs");
    (void)kill(pid, SIGTERM);
    assert_int_equal(status_of(pid, &all), 0);
    expect_order(&all, "top ends", "stopping without it");
    expect_order(&all, "stopping without it", "low ends");
    buf_free(&all);
}

/* Until somebody else has signalled the service. */
static void stand_then_act(void)
{
    const volatile struct child *c = child_first();

    while (c->stop_ms == 0)
        (void)usleep(1000);
    service("late", 1, OBEDIENT, 60000);
    (void)!write(said[1], "acted\n", 6);
}

static void what_wakes_up_too_late_starts_nothing_any_more(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid = supervisor(one_slow_service, stand_then_act);

    (void)state;
    until_said(&all, "low runs");
    (void)kill(pid, SIGTERM);
    assert_int_equal(status_of(pid, &all), 0);
    assert_non_null(strstr(all.data, "low ends"));
    assert_null(strstr(all.data, "acted"));
    assert_null(strstr(all.data, "late"));
    buf_free(&all);
}

/* A thread in vfork stands in the kernel and takes no signal until its child has gone. Below valgrind vfork is fork,
   which does not wait: then the loop turns as always. */
static void wait_in_the_kernel(void)
{
    pid_t pid = vfork();

    (void)!write(said[1], "it stands\n", 10); /* the child, while its parent does; below valgrind also the parent */
    if (pid == 0) {
        (void)sleep(1000);
        _exit(0);
    }
    child_lock(); /* for ever once the watchdog has it */
    (void)kill(pid, SIGKILL);
    child_unlock();
}

static void a_signal_that_the_stuck_thread_cannot_take_is_seen(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid;
    int status;

    (void)state;
    pid = supervisor(two_services, wait_in_the_kernel);
    until_said(&all, "low runs");
    until_said(&all, "top runs");
    until_said(&all, "it stands");
    (void)kill(pid, SIGTERM);
    status = status_of(pid, &all);
    if (status == 0)
        expect_order(&all, "top ends", "low ends");
    buf_free(&all);
    if (status == ENDED_BY_ITSELF)
        skip();
    assert_int_equal(status, 0);
}

static void a_loop_that_turns_is_left_alone(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid = supervisor(one_slow_service, NULL);

    (void)state;
    until_said(&all, "low runs");
    (void)kill(pid, SIGTERM);
    assert_int_equal(status_of(pid, &all), ENDED_BY_ITSELF);
    assert_non_null(strstr(all.data, "low ends"));
    assert_null(strstr(all.data, "stopping without it"));
    buf_free(&all);
}

static uv_timer_t later;

static void on_later(uv_timer_t *timer)
{
    char byte;

    (void)timer;
    (void)!read(go[0], &byte, 1);
}

static void stand_later(void)
{
    (void)uv_timer_init(loop_get(), &later);
    (void)uv_timer_start(&later, on_later, 1500, 0);
}

static void without_a_stop_it_only_speaks(void **state)
{
    struct buf all = BUF_INIT;
    pid_t pid;

    (void)state;
    make_pipe(go);
    pid = supervisor(two_services, stand_later);
    until_said(&all, "low runs");
    until_said(&all, "top runs");
    until_said(&all, "the event loop has not turned for 5 s");
    assert_int_equal(write(go[1], "", 1), 1);
    until_said(&all, "the event loop turns again, after ");
    assert_null(strstr(all.data, "ends"));
    (void)kill(pid, SIGTERM);
    assert_int_equal(status_of(pid, &all), ENDED_BY_ITSELF);
    expect_order(&all, "top ends", "low ends");
    buf_free(&all);
    (void)close(go[0]);
    (void)close(go[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_works_in_order_though_the_loop_is_stuck),
        cmocka_unit_test(a_second_signal_hurries_it),
        cmocka_unit_test(the_status_is_that_of_the_end_that_was_begun),
        cmocka_unit_test(an_end_that_gets_stuck_half_way_is_carried_through),
        cmocka_unit_test(what_wakes_up_too_late_starts_nothing_any_more),
        cmocka_unit_test(a_signal_that_the_stuck_thread_cannot_take_is_seen),
        cmocka_unit_test(a_loop_that_turns_is_left_alone),
        cmocka_unit_test(without_a_stop_it_only_speaks),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

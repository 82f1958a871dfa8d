/* wraps: kill */
#include "support.h"

#include "process/child.h"
#include "process/ending.h"
#include "output/output.h"
#include "process/reap.h"
#include "process/shutdown.h"
#include "process/spawn.h"
#include "base/sys.h"

static struct buf events;
static bool done, immortal, by_hand; /* by_hand: the test makes the steps */

int __real_sys_kill(pid_t pid, int sig);
int __wrap_sys_kill(pid_t pid, int sig);

int __wrap_sys_kill(pid_t pid, int sig)
{
    const struct child *c = child_find(pid < 0 ? -pid : pid);
    siginfo_t dead = {0};

    if (c) /* the group of a dead one is killed too; that is no part of the order */
        (void)waitid(P_PID, (id_t)c->pid, &dead, WEXITED | WNOHANG | WNOWAIT);
    if (c && dead.si_pid == 0 && sig != SIGCONT)
        (void)buf_addf(&events, "%s<%d ", c->name, sig);
    if (immortal && sig != 0)
        return 0;
    return __real_sys_kill(pid, sig);
}

static void on_exit_of_child(const struct reap_child *dead)
{
    (void)buf_addf(&events, "%s%s%d ", dead->name, dead->how.signaled ? "!" : "=", dead->how.code);
    if (!by_hand)
        shutdown_step();
}

static void on_done(void)
{
    done = true;
    (void)buf_str(&events, "done");
}

static int setup(void **state)
{
    struct err e = {0};

    done = immortal = by_hand = false;
    if (loop_setup(state) < 0 || reap_start(on_exit_of_child, &e) < 0)
        return -1;
    shutdown_prepare(on_done);
    shutdown_budget(60000);
    return 0;
}

static int teardown(void **state)
{
    shutdown_close();
    reap_stop();
    buf_free(&events);
    return loop_teardown(state);
}

/* Returns once the script has said that it is ready. */
static pid_t begin(const char *name, const char *script, int stage, int stop_signal, uint64_t grace_ms)
{
    struct child c = {.stage = stage, .stop_signal = stop_signal, .grace_ms = grace_ms};
    char *argv[] = {"/bin/sh", "-c", (char *)(size_t)script, NULL}, *envp[] = {"PATH=/usr/bin:/bin", NULL};
    struct spawn_spec spec = {.argv = argv, .envp = envp, .uid = SPAWN_KEEP, .gid = SPAWN_KEEP};
    struct err e = {0};
    int fds[2];
    char ready;

    make_pipe(fds);
    spec.out = spec.err = fds[1];
    c.pid = spawn_process(&spec, &e);
    assert_true(c.pid > 0);
    (void)snprintf(c.name, sizeof c.name, "%s", name);
    assert_non_null(child_add(&c, &e));
    assert_int_equal(read(fds[0], &ready, 1), 1);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return c.pid;
}

#define OBEDIENT "echo; exec sleep 1000"
#define SLOW "trap 'sleep 0.2; exit 7' TERM; echo; while :; do sleep 1000 & wait; done"
#define STUBBORN "trap '' TERM; echo; exec sleep 1000"

static void stages_end_one_after_another_from_the_top(void **state)
{
    (void)state;
    (void)begin("low", OBEDIENT, 1, SIGTERM, 60000);
    (void)begin("top", OBEDIENT, 3, SIGINT, 60000);
    (void)begin("mid", OBEDIENT, 2, SIGTERM, 60000);
    shutdown_begin(3);
    RUN_UNTIL(done);
    assert_string_equal(events.data, "top<2 top!2 mid<15 mid!15 low<15 low!15 done");
    assert_int_equal(ending_status(), 3);
}

static void after_its_grace_a_child_is_killed(void **state)
{
    uint64_t before = sys_now();

    (void)state;
    (void)begin("a", STUBBORN, 1, SIGTERM, 60);
    shutdown_begin(0);
    RUN_UNTIL(done);
    assert_string_equal(events.data, "a<15 a<9 a!9 done");
    assert_in_range(sys_now() - before, 60, 50000);
}

static void the_budget_is_for_everything(void **state)
{
    (void)state;
    shutdown_budget(60);
    (void)begin("a", STUBBORN, 1, SIGTERM, 60000);
    shutdown_begin(0);
    RUN_UNTIL(done);
    assert_string_equal(events.data, "a<15 a<9 a!9 done");
}

/* Both stages ask for more than there is: the upper may not use up what the lower one needs. */
static void a_stubborn_stage_leaves_the_next_its_share_of_the_budget(void **state)
{
    uint64_t before = sys_now();

    (void)state;
    shutdown_budget(10000);
    (void)begin("top", STUBBORN, 2, SIGTERM, 60000);
    (void)begin("low", SLOW, 1, SIGTERM, 60000);
    shutdown_begin(0);
    RUN_UNTIL(done);
    assert_string_equal(events.data, "top<15 top<9 top!9 low<15 low=7 done");
    assert_in_range(sys_now() - before, 5000, 60000);
}

static void what_the_budget_has_room_for_is_given_in_full(void **state)
{
    uint64_t before = sys_now();

    (void)state;
    shutdown_budget(10000);
    (void)begin("top", STUBBORN, 2, SIGTERM, 5600);
    (void)begin("low", OBEDIENT, 1, SIGTERM, 4000);
    shutdown_begin(0);
    RUN_UNTIL(done);
    assert_string_equal(events.data, "top<15 top<9 top!9 low<15 low!15 done");
    assert_in_range(sys_now() - before, 5600, 60000); /* an equal share would be 5000 */
}

static void what_cannot_be_killed_does_not_hold_up_the_end(void **state)
{
    pid_t pid = begin("a", OBEDIENT, 1, SIGTERM, 60000);

    (void)state;
    shutdown_budget(50);
    immortal = true;
    shutdown_begin(5);
    RUN_UNTIL(done);
    assert_string_equal(events.data, "a<15 a<9 done");
    assert_int_equal(ending_status(), 5);
    assert_int_equal(kill(pid, SIGKILL), 0);
    events.len = 0;
    RUN_UNTIL(child_first() == NULL);
}

static void hurrying_kills_what_lives_and_keeps_the_first_status(void **state)
{
    (void)state;
    (void)begin("a", STUBBORN, 1, SIGTERM, 60000);
    shutdown_begin(4);
    assert_true(ending_begun());
    shutdown_hurry();
    RUN_UNTIL(done);
    assert_string_equal(events.data, "a<15 a<9 a!9 done");
    assert_int_equal(ending_status(), 4);
}

static void a_stop_that_has_begun_is_not_begun_again(void **state)
{
    (void)state;
    (void)begin("a", STUBBORN, 1, SIGTERM, 60000);
    shutdown_begin(4);
    shutdown_begin(0);
    run_turns(3);
    assert_string_equal(events.data, "a<15 ");
    shutdown_hurry();
    RUN_UNTIL(done);
    assert_int_equal(ending_status(), 4);
}

static struct buf said;

static void on_say(enum log_level level, const char *text)
{
    (void)level;
    (void)buf_addf(&said, "%s\n", text);
}

/* Nothing of synlua runs while it is paused, and the clock goes on: it comes back long after the deadline. */
static void after_a_pause_everything_is_killed_before_it_counts_as_what_cannot_be(void **state)
{
    uint64_t now = 1000;

    (void)state;
    by_hand = true;
    (void)begin("a", STUBBORN, 1, SIGTERM, 60000);
    ending_budget(50);
    ending_begin(3, now);
    assert_false(ending_step(now, on_say));
    assert_string_equal(events.data, "a<15 ");
    assert_false(ending_step(now += 600000, on_say));
    assert_string_equal(events.data, "a<15 a<9 ");
    immortal = true; /* killed, and paused once more before it could be collected */
    assert_false(ending_step(now += 600000, on_say));
    immortal = false;
    RUN_UNTIL(child_first() == NULL);
    assert_true(ending_step(now + 20, on_say));
    assert_string_equal(said.data, "a did not end in time: killed\n");
    buf_free(&said);
}

/* The same where a left-over is the last to go. */
static void after_a_pause_left_overs_are_killed_first_too(void **state)
{
    uint64_t now = 1000;

    (void)state;
    by_hand = true;
    (void)begin("a", "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo; exec sleep 1000' & wait", 1, SIGKILL, 0);
    ending_budget(50);
    ending_begin(3, now);
    assert_false(ending_step(now, on_say));
    RUN_UNTIL(child_first() == NULL);
    (void)ending_step(now += 600000, on_say);
    RUN_UNTIL(!reap_now());
    assert_true(ending_step(now + 20, on_say));
    assert_null(strstr(said.data, "cannot be killed"));
    buf_free(&said);
}

static void a_stopped_child_can_still_end(void **state)
{
    pid_t pid = begin("a", OBEDIENT, 1, SIGTERM, 60000);

    (void)state;
    (void)kill(pid, SIGSTOP);
    shutdown_begin(0);
    RUN_UNTIL(done);
    assert_string_equal(events.data, "a<15 a!15 done");
}

static void what_is_left_over_is_ended_too(void **state)
{
    (void)state;
    (void)begin("a", "trap '' TERM; setsid sh -c 'echo; exec sleep 1000' & wait", 1, SIGKILL, 0);
    shutdown_begin(0);
    RUN_UNTIL(done);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void with_nothing_running_it_is_done_at_once(void **state)
{
    (void)state;
    assert_false(ending_begun());
    shutdown_begin(0);
    assert_true(done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stages_end_one_after_another_from_the_top),
        TEST(after_its_grace_a_child_is_killed),
        TEST(the_budget_is_for_everything),
        TEST(a_stubborn_stage_leaves_the_next_its_share_of_the_budget),
        TEST(what_the_budget_has_room_for_is_given_in_full),
        TEST(what_cannot_be_killed_does_not_hold_up_the_end),
        TEST(hurrying_kills_what_lives_and_keeps_the_first_status),
        TEST(a_stop_that_has_begun_is_not_begun_again),
        TEST(after_a_pause_everything_is_killed_before_it_counts_as_what_cannot_be),
        TEST(after_a_pause_left_overs_are_killed_first_too),
        TEST(a_stopped_child_can_still_end),
        TEST(what_is_left_over_is_ended_too),
        TEST(with_nothing_running_it_is_done_at_once),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

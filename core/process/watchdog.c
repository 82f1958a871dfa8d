#include "process/watchdog.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/child.h"
#include "process/ending.h"
#include "base/loop.h"
#include "process/reap.h"
#include "base/sys.h"

#define LOOK_MS 1000       /* between two looks while all is well */
#define STOPPING_MS 100    /* the same once a stop was asked for */
#define ENDING_MS 20       /* between two steps of the end */
#define REPORT_MS 5000     /* a loop that stands still for this long is logged */
#define QUIET_MS 60000     /* the shortest time between two such lines */
#define STACK (256 * 1024)
#define STOP_SIGNALS 3

static const int STOPS[STOP_SIGNALS] = {SIGTERM, SIGINT, SIGQUIT};

/* The main thread's side. */
static bool started;
static uv_thread_t thread;
static uv_async_t ping; /* on the main loop, which answers it if it turns */
static atomic_uint answered;

/* The thread's side. Its own loop gets the same signals as the main one; the two do not depend on each other. */
static uv_loop_t own;
static uv_signal_t caught[STOP_SIGNALS];
static uv_timer_t look;
static uv_async_t leave;
static unsigned asked;
static unsigned period;
static unsigned standing_ms;  /* time without an answer, counted in looks, so that a paused machine adds nothing */
static unsigned unheeded_ms;  /* the same, since a stop was requested */
static unsigned stops;        /* stop signals seen */
static unsigned pending;      /* stop signals that the main thread has not handled */
static bool reported, taken;
static uint64_t reported_at;

/* Never blocks. If nobody reads stderr, the line is lost. */
static void say(enum log_level level, const char *text)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    char line[400];
    size_t i, len;

    (void)snprintf(line, sizeof line, "synlua | %s%s\n",
                   level == LOG_LEVEL_WARN    ? "warning: "
                   : level == LOG_LEVEL_ERROR ? "error: "
                                              : "",
                   text);
    len = strlen(line);
    for (i = 0; i + 1 < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    if (poll(&out, 1, 0) > 0)
        (void)sys_write(STDERR_FILENO, line, len);
}

static void on_ping(uv_async_t *handle)
{
    (void)handle;
    atomic_fetch_add(&answered, 1);
}

static void on_look(uv_timer_t *handle);

static void set_period(unsigned ms)
{
    if (ms == period)
        return;
    period = ms;
    (void)uv_timer_start(&look, on_look, ms, ms);
}

static void end_step(void)
{
    enum reap_found found;

    do
        found = reap_next(NULL);
    while (found == REAP_ORPHAN || found == REAP_SERVICE);
    if (ending_step(sys_now(), say))
        _exit(ending_status());
}

static void take_over(void)
{
    child_lock(); /* for good */
    taken = true;
    say(LOG_LEVEL_ERROR, "asked to stop, but the event loop does not turn: stopping without it");
    if (!ending_begun())
        ending_begin(0, sys_now());
    if (stops > 1)
        ending_hurry(sys_now());
    set_period(ENDING_MS);
    end_step();
}

static void report(void)
{
    uint64_t now = sys_now();

    if (reported || standing_ms < REPORT_MS || (reported_at && now < reported_at + QUIET_MS))
        return;
    reported = true;
    reported_at = now;
    say(LOG_LEVEL_WARN, "the event loop has not turned for 5 s: no restarts, log lines or readiness meanwhile");
}

static void report_end(void)
{
    char text[100];

    if (reported) {
        (void)snprintf(text, sizeof text, "the event loop turns again, after %u s", standing_ms / 1000);
        say(LOG_LEVEL_WARN, text);
    }
    reported = false;
}

static void seen(unsigned signals)
{
    stops += signals;
    if (taken && stops > 1)
        ending_hurry(sys_now());
    if (!taken)
        set_period(STOPPING_MS);
}

/* A main thread that waits in the kernel handles no signal. The signal stays pending, and because this thread blocks
   it, we can see that. The main thread still gets it when it returns. */
static void see_pending(void)
{
    sigset_t set;
    unsigned found = 0;
    size_t i;

    if (sigpending(&set) < 0)
        return;
    for (i = 0; i < STOP_SIGNALS; i++)
        found += sigismember(&set, STOPS[i]) == 1;
    if (found > pending)
        seen(found - pending);
    pending = found;
}

static void on_look(uv_timer_t *handle)
{
    (void)handle;
    see_pending();
    if (taken) {
        end_step();
        return;
    }
    if (atomic_load(&answered) == asked) {
        report_end();
        standing_ms = unheeded_ms = 0;
        asked++;
        (void)uv_async_send(&ping);
    } else {
        standing_ms += period;
        unheeded_ms += stops > 0 || ending_begun() ? period : 0;
        if (atomic_load(&answered) > 0) /* before its first turn the loop is still starting */
            report();
    }
    if (stops > 0 || ending_begun())
        set_period(STOPPING_MS);
    if (unheeded_ms >= WATCHDOG_TAKE_MS)
        take_over();
}

static void on_stop_signal(uv_signal_t *handle, int signum)
{
    (void)handle;
    (void)signum;
    if (pending > 0)
        pending--; /* see_pending has counted this one already */
    else
        seen(1);
    if (taken)
        end_step();
}

static void on_leave(uv_async_t *handle)
{
    (void)handle;
    if (!taken)
        uv_stop(&own);
}

static void run(void *arg)
{
    sigset_t set;
    size_t i;

    (void)arg;
    (void)sigemptyset(&set);
    for (i = 0; i < STOP_SIGNALS; i++)
        (void)sigaddset(&set, STOPS[i]);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)uv_run(&own, UV_RUN_DEFAULT);
}

static void close_handles(void)
{
    size_t i;

    for (i = 0; i < STOP_SIGNALS; i++)
        if (caught[i].loop)
            uv_close((uv_handle_t *)&caught[i], NULL);
    uv_close((uv_handle_t *)&look, NULL);
    uv_close((uv_handle_t *)&leave, NULL);
    (void)uv_run(&own, UV_RUN_DEFAULT);
    (void)uv_loop_close(&own);
    uv_close((uv_handle_t *)&ping, NULL);
}

static int open_handles(void)
{
    int rc = uv_loop_init(&own);
    size_t i;

    if (rc == 0)
        rc = uv_timer_init(&own, &look);
    if (rc == 0)
        rc = uv_async_init(&own, &leave, on_leave);
    for (i = 0; i < STOP_SIGNALS && rc == 0; i++) {
        rc = uv_signal_init(&own, &caught[i]);
        if (rc == 0)
            rc = uv_signal_start(&caught[i], on_stop_signal, STOPS[i]);
    }
    if (rc == 0)
        rc = uv_async_init(loop_get(), &ping, on_ping);
    return rc;
}

int watchdog_start(struct err *e)
{
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK};
    int rc;

    if (started)
        return 0;
    period = standing_ms = unheeded_ms = stops = pending = 0;
    reported = taken = false;
    reported_at = 0;
    atomic_store(&answered, 0);
    rc = open_handles();
    if (rc < 0) /* the program then does not start, so the handles need not be closed */
        return err_set(e, -rc, "watchdog: %s", uv_strerror(rc));
    uv_unref((uv_handle_t *)&ping);
    asked = 1;
    (void)uv_async_send(&ping); /* the first turn of the loop answers it */
    set_period(LOOK_MS);
    rc = uv_thread_create_ex(&thread, &options, run, NULL);
    if (rc < 0) {
        close_handles();
        return err_set(e, -rc, "watchdog: %s", uv_strerror(rc));
    }
    started = true;
    return 0;
}

void watchdog_stop(void)
{
    if (!started)
        return;
    started = false;
    (void)uv_async_send(&leave);
    (void)uv_thread_join(&thread);
    close_handles();
}

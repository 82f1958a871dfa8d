#include "process/signals.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"

static const int TAKEN[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};
#define COUNT (sizeof TAKEN / sizeof *TAKEN)

static uv_signal_t watchers[COUNT];
static signals_fn tell;
static bool taken;

static void on_signal_caught(uv_signal_t *handle, int signum)
{
    (void)handle;
    tell(signum);
}

static void on_signal_unwatched(int signum)
{
    _exit(128 + signum);
}

void signals_prepare(signals_fn on_signal)
{
    /* The kernel does not deliver a signal to PID 1 if PID 1 has no handler for it. A shell makes the commands that it
       starts in the background ignore the signals of the terminal. */
    struct sigaction leave = {.sa_handler = getpid() == 1 ? on_signal_unwatched : SIG_DFL};

    tell = on_signal;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigaction(SIGTERM, &leave, NULL);
    (void)sigaction(SIGINT, &leave, NULL);
    (void)sigaction(SIGQUIT, &leave, NULL);
}

bool signals_taken(void)
{
    return taken;
}

int signals_take(struct err *e)
{
    size_t i;

    if (taken)
        return 0;
    taken = true;
    for (i = 0; i < COUNT; i++) {
        int rc = uv_signal_init(loop_get(), &watchers[i]);

        if (rc == 0)
            rc = uv_signal_start(&watchers[i], on_signal_caught, TAKEN[i]);
        if (rc < 0)
            return err_set(e, -rc, "watching SIG%s: %s", signals_name(TAKEN[i]), uv_strerror(rc));
    }
    return 0;
}

void signals_stop(void)
{
    size_t i;

    for (i = 0; i < COUNT; i++)
        loop_end(&watchers[i]);
}

const char *signals_name(int signum)
{
    const char *name = sigabbrev_np(signum);

    return name ? name : "?";
}

int signals_number(const char *name)
{
    int n;

    for (n = 1; n < NSIG; n++) {
        const char *known = sigabbrev_np(n);

        if (known && strcmp(known, name) == 0)
            return n;
    }
    return -1;
}

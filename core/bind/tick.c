#include "bind/tick.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id /* the kernel's name, which glibc lacks */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static timer_t timer;
static bool begun;

/* The signal goes to this thread and no other: Lua's state belongs to it. */
static bool begin(void (*fn)(int signum))
{
    struct sigaction action = {.sa_handler = fn, .sa_flags = SA_RESTART};
    struct sigevent how = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM};
    clockid_t clock;

    how.sigev_notify_thread_id = gettid();
    (void)sigemptyset(&action.sa_mask);
    return sigaction(SIGVTALRM, &action, NULL) == 0 && pthread_getcpuclockid(pthread_self(), &clock) == 0
           && timer_create(clock, &how, &timer) == 0;
}

bool tick_every(uint64_t ms, void (*fn)(int signum))
{
    struct timespec period = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    if (ms == 0 && !begun)
        return true;
    begun = begun || begin(fn);
    return begun && timer_settime(timer, 0, &(struct itimerspec){.it_interval = period, .it_value = period}, NULL) == 0;
}

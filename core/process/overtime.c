#include "process/overtime.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

static timer_t timer;
static const char *last_words;
static size_t last_len;

/* Runs in a thread of its own. */
static void on_overtime(union sigval value)
{
    (void)value;
    (void)sys_write(STDERR_FILENO, last_words, last_len);
    _exit(OVERTIME_STATUS);
}

int overtime_begin(uint64_t ms, const char *text, size_t len, struct err *e)
{
    struct itimerspec after = {.it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000}};
    struct sigevent how = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_overtime};
    clockid_t clock;
    int rc = pthread_getcpuclockid(pthread_self(), &clock);

    if (rc != 0 || timer_create(clock, &how, &timer) < 0)
        return err_set(e, rc ? rc : errno, "the time of a script cannot be limited");
    last_words = text;
    last_len = len;
    if (timer_settime(timer, 0, &after, NULL) == 0)
        return 0;
    rc = errno;
    (void)timer_delete(timer);
    return err_set(e, rc, "the time of a script cannot be limited");
}

void overtime_end(void)
{
    (void)timer_delete(timer);
}

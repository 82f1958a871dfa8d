/* The order of start and stop, and the exit status. Everything that a person may want to change is in lua/. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "bind/entry.h"
#include "base/buf.h"
#include "process/child.h"
#include "net/control.h"
#include "process/forkserver.h"
#include "host/host.h"
#include "output/log.h"
#include "base/loop.h"
#include "process/notify.h"
#include "output/output.h"
#include "net/probe.h"
#include "process/reap.h"
#include "net/serve.h"
#include "process/shutdown.h"
#include "process/signals.h"
#include "process/watchdog.h"

static void on_exit_of_child(const struct reap_child *dead)
{
    vm_on_exit(dead);
    shutdown_step();
}

/* Only a second signal hurries the stop. The stop may have begun by itself, and the sender of the first signal cannot
   know that. */
static void on_stop_signal(int signum)
{
    static bool was_asked;

    if (was_asked) {
        log_line(LOG_LEVEL_INFO, "SIG%s", signals_name(signum));
        shutdown_hurry();
    } else if (ending_begun()) {
        log_line(LOG_LEVEL_INFO, "SIG%s: stopping already; another signal kills all remaining processes",
                 signals_name(signum));
    } else {
        log_line(LOG_LEVEL_INFO, "SIG%s: stopping", signals_name(signum));
        /* The stop begins before Lua is told, so that it does not depend on Lua. */
        shutdown_begin(vm_expects_stop() ? 0 : 128 + signum);
        vm_on_stopping(true);
    }
    was_asked = true;
}

static void on_signal(int signum)
{
    if (signum == SIGTERM || signum == SIGINT || signum == SIGQUIT)
        on_stop_signal(signum);
    else
        vm_on_signal(signum);
}

static int start(struct err *e)
{
    struct buf home = BUF_INIT;
    int rc = -1;

    if (loop_open(e) < 0)
        return -1;
    log_attach();
    signals_prepare(on_signal);
    shutdown_prepare(loop_stop);
    if (reap_start(on_exit_of_child, e) == 0 && output_start(e) == 0 && host_home(&home, e) == 0)
        rc = vm_open(home.data, e);
    buf_free(&home);
    return rc;
}

/* After a command that is done, the kernel frees Lua's memory. To free each object would take a tenth of the time of a
   short command. */
static void stop(bool is_done)
{
    struct err e = {0};

    control_stop();
    serve_stop();
    probe_stop();
    forkserver_stop();
    output_stop();
    notify_stop();
    signals_stop();
    shutdown_close();
    if (!is_done)
        vm_close();
    watchdog_stop(); /* comes late, because the calls above may get stuck too */
    reap_stop();
    log_detach();
    if (!is_done && loop_close(&e) < 0)
        log_line(LOG_LEVEL_DEBUG, "%s", e.msg);
    log_close();
}

/* If a standard descriptor is closed at the start, opens /dev/null for it. Otherwise our first pipe would take its
   number. */
static void hold_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

static void carry_on(void)
{
    struct err e = {0};

    if (signals_take(&e) < 0) {
        log_line(LOG_LEVEL_ERROR, "%s", e.msg);
        shutdown_begin(1);
    }
    if (!shutdown_done())
        loop_run();
}

int main(int argc, char **argv)
{
    struct err e = {0};
    bool is_done;
    int status;

    hold_standard_descriptors();
    if (log_open(&e) < 0) {
        (void)fprintf(stderr, "synlua: %s\n", e.msg);
        return 1;
    }
    if (start(&e) < 0) {
        log_line(LOG_LEVEL_ERROR, "%s", e.msg);
        log_close();
        return 1;
    }
    status = vm_main(argc, argv);
    is_done = status >= 0 && !child_first();
    if (!is_done) {
        if (status >= 0 && !ending_begun()) /* the command failed after it had started a service */
            shutdown_begin(status);
        if (!shutdown_done())
            carry_on();
        status = ending_status();
    }
    stop(is_done);
    return status;
}

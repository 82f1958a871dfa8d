/* Sole owner of SIGCHLD and of waiting for any child: every process that dies below us is collected here, our children
   and the orphans that fell to us (synlua is a subreaper). */
#ifndef SYNLUA_REAP_H
#define SYNLUA_REAP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "process/child.h"

struct reap_child {
    const char *name;
    pid_t pid;
    struct exit_how how;
    unsigned long long ran_ms;
};

/* Called once per dead child of the table, after its output was drained and its entry removed. What it left behind in
   any session (mark.h) was killed before, and has ended; only what the kernel holds longer than two seconds is not
   waited for. During a stop it is told at once: the stop ends everything by itself. */
typedef void (*reap_fn)(const struct reap_child *dead);

/* What reap_next found. */
enum reap_found { REAP_NOBODY = -1, REAP_NONE_DEAD = 0, REAP_ORPHAN, REAP_SERVICE };

/* Waits for one dead process, after killing the group of a service, whose entry stays in the table, marked as gone.
   *pid is whose; NULL where it does not matter. To be called with the table locked. */
enum reap_found reap_next(pid_t *pid);

int reap_start(reap_fn on_exit, struct err *e);
void reap_stop(void);

/* Collects and tells now instead of at the next turn of the loop. True while any process is left below us. */
bool reap_now(void);

#endif

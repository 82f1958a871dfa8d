/* The only part that handles SIGCHLD and waits for children. It collects every process that dies below synlua: its
   children, and the orphans that it inherits as a subreaper. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "process/child.h"

struct reap_child {
    const char *name;
    pid_t pid;
    struct exit_how how;
    unsigned long long ran_ms;
    unsigned left; /* processes outside of its group that it left behind */
};

/* Called once for each dead child of the table, after its output is drained and its entry removed. By then the
   processes that it left behind, in any session (mark.h), are killed and have ended. One that is stuck in the kernel is
   waited for two seconds at most. During a stop the death is reported at once, because the stop ends everything anyway.
   */
typedef void (*reap_fn)(const struct reap_child *dead);

/* What reap_next found. */
enum reap_found { REAP_NOBODY = -1, REAP_NONE_DEAD = 0, REAP_ORPHAN = 1, REAP_SERVICE = 2 };

/* Waits for one dead process. If it is a service, its process group is killed first, and its entry stays in the table,
   marked as gone. *pid is set to the process; pid may be NULL. Needs the lock of the table. */
enum reap_found reap_next(pid_t *pid);

int reap_start(reap_fn on_exit, struct err *e);
void reap_stop(void);

/* Collects and reports deaths now, not at the next turn of the loop. Returns true while a process is left below us. */
bool reap_now(void);

/* The table of live children. It holds everything that is needed to end each of them without Lua.
   Owns its entries. Only reap.c removes one; a Lua value that is collected or lost never does.

   Only the main thread adds and removes entries. When that thread is stuck, the watchdog may take over. Therefore every
   caller that changes the table, forks, waits or sends a signal holds the lock. The watchdog takes it for good. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct exit_how {
    bool signaled; /* ended by a signal; otherwise it called exit */
    int code;      /* exit status, or number of the signal */
};

struct child {
    struct child *next;
    char name[64];
    pid_t pid;     /* leader of its own session and group */
    uint64_t mark; /* carried by all its descendants, see mark.h; 0: none */
    int stage; /* a shutdown begins with the highest stage */
    int stop_signal;
    uint64_t grace_ms;   /* from the stop signal to SIGKILL */
    uint64_t started_ms; /* monotonic */
    uint64_t stop_ms;    /* when the stop signal was sent; 0: not yet */
    uint64_t kill_ms;    /* when SIGKILL is due; valid once stop_ms is set */
    bool killed;         /* its grace ended and SIGKILL was sent */
    bool gone;           /* dead and waited for, so its pid may name another process. The entry stays until the
                            processes it left behind have ended; until then its name cannot be started */
    struct exit_how how; /* valid once it is gone, like the fields below */
    uint64_t ended_ms;
    uint64_t waited_ms;  /* how long we have waited for the processes it left behind */
    bool is_swept;       /* the log has told of the processes it left behind */
    unsigned left;       /* how many those were at first */
};

/* The lock may be taken again by its holder. Never hold it during a call that can block for long. */
void child_lock(void);
void child_unlock(void);

/* Copies *spec. The result is borrowed and valid until child_remove. */
struct child *child_add(const struct child *spec, struct err *e);
struct child *child_find(pid_t pid); /* NULL for a child that is gone */
struct child *child_named(const char *name);
struct child *child_first(void); /* go on with ->next; the order is not defined */
void child_remove(struct child *c);

/* The highest stage below `limit` that has a live child; -1 when there is none. */
int child_top_stage(int limit);

/* The child to whose session `pid` belongs, or NULL. A helper process of a service may send messages too. */
struct child *child_of(pid_t pid);

/* Sends a signal to the child. SIGKILL goes to its whole process group. */
void child_signal(const struct child *c, int signal);

/* The table of live children: everything that must be known to end each of them without Lua.
   Owns its entries. Collecting or losing a Lua value never removes one; only reap.c does.

   Only the main thread adds and removes. The watchdog may take over when that thread is stuck: whoever changes the
   table, forks, waits or sends a signal holds the lock meanwhile, and the watchdog never gives it back. */
#ifndef SYNLUA_CHILD_H
#define SYNLUA_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct exit_how {
    bool signaled; /* else it called exit */
    int code;      /* exit status, or number of the signal */
};

struct child {
    struct child *next;
    char name[64];
    pid_t pid;     /* leader of its own session and group */
    uint64_t mark; /* on everything that descends from it, see mark.h; 0: none */
    int stage; /* shutdown goes from the highest stage down */
    int stop_signal;
    uint64_t grace_ms;   /* from the stop signal to SIGKILL */
    uint64_t started_ms; /* monotonic */
    uint64_t stop_ms;    /* when the stop signal was sent, 0 before */
    uint64_t kill_ms;    /* when its time is over, once stop_ms is set */
    bool killed;         /* its grace was over */
    bool gone;           /* dead and waited for: its pid may name another process now. The entry stays until what it
                            left behind has ended too, and its name cannot be started meanwhile */
    struct exit_how how; /* once it is gone, like the following */
    uint64_t ended_ms;
    uint64_t waited_ms;  /* for what it left behind */
    bool is_swept;       /* what it left behind was told of */
};

/* May be nested. Never held during anything that can block for long. */
void child_lock(void);
void child_unlock(void);

/* Copies *spec. Borrowed result, valid until child_remove. */
struct child *child_add(const struct child *spec, struct err *e);
struct child *child_find(pid_t pid); /* not one that is gone */
struct child *child_named(const char *name);
struct child *child_first(void); /* then ->next; order of starting is not promised */
void child_remove(struct child *c);

/* Highest stage below `limit` with a live child, -1 when there is none. */
int child_top_stage(int limit);

/* The child whose session `pid` belongs to, or NULL: for messages that a helper of a service sends. */
struct child *child_of(pid_t pid);

/* Sends a signal to the child, or with SIGKILL to its whole group. */
void child_signal(const struct child *c, int signal);

#endif

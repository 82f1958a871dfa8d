/* Client of forkserver.py, which imports Synapse once and gives us copies of itself: children like any other, sooner
   and smaller than by exec. Owns the socket to it and every request until that has its answer; never waits. */
#ifndef SYNLUA_FORKSERVER_H
#define SYNLUA_FORKSERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "process/child.h"
#include "base/err.h"
#include "process/spawn.h"

/* How one request ended: the pid, which is in the table of children already, or -1 and why: ESTALE (the server must be
   made anew), EOPNOTSUPP (it cannot start this one), ETIMEDOUT or EPROTO (it has to be killed: no answer, an answer
   that cannot be), ECONNRESET (it has gone). */
typedef void (*forkserver_fn)(const char *name, pid_t pid, const struct err *e);

void forkserver_start(forkserver_fn on_answer);

/* Makes the socket for a new server. Returns its end, for its stdin, to be given back once it is started. What a server
   before it still owes has failed. */
int forkserver_open(struct err *e);
void forkserver_opened(int end);

/* Asks for a process; entry is what the table will hold of it. -1 with what kept it from being asked. The user is the
   server's own: uid and gid of the spec are not looked at. */
int forkserver_ask(const struct spawn_spec *spec, const struct child *entry, uint64_t timeout_ms, struct err *e);

/* The answer is no longer wanted: a process that comes of it exits before it ran anything. */
void forkserver_cancel(const char *name);

void forkserver_stop(void);

#endif

/* Client of forkserver.py, which imports Synapse once and then forks. Its copies are children like any other, but start
   sooner and share memory. Owns the socket, and each request until its answer comes. Never blocks. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "process/child.h"
#include "base/err.h"
#include "process/spawn.h"

/* The result of one request: a pid, which is in the table of children already, or -1 and an error. ESTALE: the server
   must be restarted. EOPNOTSUPP: it cannot start this program. ETIMEDOUT (no answer) or EPROTO (an invalid answer): the
   server must be killed. ECONNRESET: the server has ended. */
typedef void (*forkserver_fn)(const char *name, pid_t pid, const struct err *e);

void forkserver_start(forkserver_fn on_answer);

/* Makes the socket for a new server. Returns the descriptor for the server's stdin; close it once the server runs.
   Requests to an earlier server fail. */
int forkserver_open(struct err *e);
void forkserver_opened(int end);

/* Asks for a process. entry is its future entry in the table. Returns -1 with the reason if the request could not be
   sent. The process runs as the server's user; uid and gid of the spec are ignored. */
int forkserver_ask(const struct spawn_spec *spec, const struct child *entry, uint64_t timeout_ms, struct err *e);

/* Cancels the request. If the server still makes the process, it exits before it has run anything. */
void forkserver_cancel(const char *name);

void forkserver_stop(void);

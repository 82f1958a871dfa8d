/* The mark of a service: a number that every process carries which descends from it, whatever its session, parent,
   user or environment is by then. It tells what a dead service has left behind from what belongs to others, or came
   into the container from outside.

   It is the soft limit RLIMIT_RTTIME, which every process inherits and anybody may read in /proc/PID/limits. Nothing
   else comes of it: the limit is 142 years of the processor for a process with realtime priority. The environment
   would be no mark: PostgreSQL, nginx and Redis write their titles over it, and other users may not read it. */
#ifndef SYNLUA_MARK_H
#define SYNLUA_MARK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t mark_of_name(const char *name); /* never 0, which is no mark */

/* Gives it to this process and what it will start. Async-signal-safe. A hard limit that is too low for it leaves the
   process without a mark. */
void mark_take(uint64_t mark);

uint64_t mark_of_process(pid_t pid); /* 0: none */
bool mark_is_on(pid_t pid, uint64_t mark);

#endif

/* The mark of a service is a number that all its descendants carry, even after they change their session, parent, user
   or environment. By it synlua finds the processes that a dead service left behind. Processes of other services, and
   those that came into the container from outside, do not carry it.

   The mark is the soft limit RLIMIT_RTTIME. Every process inherits it, and anybody may read it in /proc/PID/limits. It
   has no other effect: it allows a realtime process 142 years of processor time. The environment could not hold the
   mark, because PostgreSQL, nginx and Redis write their titles over it, and other users may not read it. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

uint64_t mark_of_name(const char *name); /* never 0, which means no mark */

/* Marks this process and all that it will start. Async-signal-safe. If the hard limit is too low for the mark, the
   process gets none. */
void mark_take(uint64_t mark);

uint64_t mark_of_process(pid_t pid); /* 0: none */

/* The orderly end, without Lua. The stages end one after another, the highest first. Each child gets its stop signal,
   and its group gets SIGKILL when its grace is over, or when the budget for everything is. Then the orphans are ended.
   */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "process/ending.h"

typedef void (*shutdown_fn)(void); /* called when everything has ended */

void shutdown_prepare(shutdown_fn on_done);
void shutdown_budget(uint64_t ms); /* the time for the whole shutdown; 8 s by default */
void shutdown_close(void);

/* The reason, which is logged last, so that nobody has to search for it above the other services' lines. */
void shutdown_because(const char *why);

void shutdown_begin(int status); /* a second call changes nothing, not even the exit status */
void shutdown_hurry(void);       /* after that: kills at once what is still alive */
bool shutdown_done(void); /* everything has ended, and on_done was called */

/* Call it when a child has gone, so that the next stage ends at once. */
void shutdown_step(void);

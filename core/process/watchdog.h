/* A thread without Lua that watches the loop. It owns only itself.

   It logs when the loop has not turned for REPORT_MS, and when it turns again. If a stop is requested and the loop does
   not turn for WATCHDOG_TAKE_MS, the watchdog takes over. It locks the table of children for good, so that the main
   thread can no longer start, signal or wait for a process. Then it ends all services and the program, with the
   shutdown's exit status. Without a request to stop it stops nothing. It writes to stderr directly and not through
   log.h, because the main thread may be using the sinks of that. */
#pragma once

#include "base/err.h"

#define WATCHDOG_TAKE_MS 2000

int watchdog_start(struct err *e); /* after the loop, signals.c and shutdown.c; a second call does nothing */

/* Call it before the loop is closed. It does not return if the watchdog has taken over. */
void watchdog_stop(void);

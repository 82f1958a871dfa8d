/* A thread without Lua that looks after the loop. It owns nothing but itself.

   It says when the loop has not turned for REPORT_MS, and when it turns again. When a stop was asked for and the loop
   does not turn for WATCHDOG_TAKE_MS, it takes over: locks the table of children for good, so that the main thread can
   neither start, signal nor wait for anything any more, carries the end through and ends the program with the status
   the shutdown has. Without a request to stop it never stops anything. It writes to stderr by itself, never through
   log.h, whose sinks the main thread may be using. */
#ifndef SYNLUA_WATCHDOG_H
#define SYNLUA_WATCHDOG_H

#include "base/err.h"

#define WATCHDOG_TAKE_MS 2000

int watchdog_start(struct err *e); /* once the loop, signals.c and shutdown.c are there; a second call does nothing */

/* Before the loop is closed. Does not return when the thread has taken over. */
void watchdog_stop(void);

#endif

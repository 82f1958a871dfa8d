/* The steps of the orderly end. The loop takes them (shutdown.c), or the watchdog when the loop is stuck. Needs neither
   loop nor Lua. Every call except ending_begun needs the lock of the table of children. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "output/log.h"

/* Logs one line. It is called with the lock held, so it must not block. */
typedef void (*ending_say_fn)(enum log_level level, const char *text);

void ending_reset(void);
void ending_budget(uint64_t ms);
void ending_begin(int status, uint64_t now); /* to be called once */
void ending_hurry(uint64_t now);             /* ends the budget now */
bool ending_begun(void);                     /* may be called from any thread */
int ending_status(void);

/* Sends the signals that are due. Returns true when no process is left below us, or the rest cannot be killed. */
bool ending_step(uint64_t now, ending_say_fn say);

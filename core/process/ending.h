/* What the orderly end does next, whoever carries it through: the loop (shutdown.c) or, when that is stuck, the
   watchdog. Needs neither loop nor Lua; every call but ending_begun with the table of children locked. */
#ifndef SYNLUA_ENDING_H
#define SYNLUA_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "output/log.h"

/* One line about it. Called with the lock held: it must not block. */
typedef void (*ending_say_fn)(enum log_level level, const char *text);

void ending_reset(void);
void ending_budget(uint64_t ms);
void ending_begin(int status, uint64_t now); /* once */
void ending_hurry(uint64_t now);             /* the budget is used up now */
bool ending_begun(void);                     /* from any thread */
int ending_status(void);

/* Sends what is due. True once nothing is left below us, or what is left cannot be killed. */
bool ending_step(uint64_t now, ending_say_fn say);

#endif

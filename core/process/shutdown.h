/* The orderly end, without Lua: stage by stage from the highest, each child its own stop signal, SIGKILL to its group
   when its grace is over, everything at the latest when the budget is; then whatever else is left below us. */
#ifndef SYNLUA_SHUTDOWN_H
#define SYNLUA_SHUTDOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

typedef void (*shutdown_fn)(void); /* everything has ended */

int shutdown_prepare(shutdown_fn on_done, struct err *e);
void shutdown_budget(uint64_t ms); /* for everything; 8 s until said otherwise */
void shutdown_close(void);

/* What is to be said once everything has ended: then nobody has to search for it above what the others wrote. */
void shutdown_because(const char *why);

void shutdown_begin(int status); /* a second call changes nothing, not the exit status either */
void shutdown_hurry(void);       /* after that: what lives is killed now */
bool shutdown_begun(void);
bool shutdown_done(void); /* everything has ended: on_done was called */
int shutdown_status(void);

/* To be called when a child has gone: goes on to the next stage at once. */
void shutdown_step(void);

#endif

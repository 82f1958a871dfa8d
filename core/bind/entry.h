/* What main.c sees of Lua: no lua.h here. */
#ifndef SYNLUA_ENTRY_H
#define SYNLUA_ENTRY_H

#include <stdbool.h>

#include "base/err.h"
#include "process/reap.h"

/* Opens the state with the program's own files below home (borrowed for the call). */
int vm_open(const char *home, struct err *e);
void vm_close(void);

/* Runs main.lua with the arguments. The exit status of a command that is done; -1 when it started something that the
   loop must carry on; shutdown_status() tells then. A Lua error is status 1. */
int vm_main(int argc, char **argv);

/* Whether a stop by a signal is what is expected: then the exit status is 0. Anything else is interrupted by it. */
bool vm_expects_stop(void);

/* Events for the handlers that Lua registered; nothing happens without one. */
void vm_on_exit(const struct reap_child *dead);
void vm_on_signal(int signum);
void vm_on_stopping(void);

#endif

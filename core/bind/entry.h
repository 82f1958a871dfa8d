/* The interface to Lua for main.c. It does not include lua.h. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "process/reap.h"

/* Opens the state with the program's own files below home (borrowed for the call). */
int vm_open(const char *home, struct err *e);
void vm_close(void);

/* Runs main.lua with the arguments. Returns the exit status of a command that is done, 1 after a Lua error, or -1 if
   the command has started something for which the loop must run. Then ending_status() gives the status at the end. */
int vm_main(int argc, char **argv);

/* Whether the program runs until a signal stops it; its exit status is then 0. A signal interrupts any other command.
   */
bool vm_expects_stop(void);

/* These pass events to the handlers that Lua registered. An event without a handler is ignored. */
void vm_on_exit(const struct reap_child *dead);
void vm_on_signal(int signum);
void vm_on_stopping(bool interrupted); /* interrupted: by a signal, and not by the program itself */

/* The Lua state of the program, and the only protected call into it. Owns the state. It has the standard libraries,
   LPeg and core.*. Modules come from home/lua (as text or compiled); argparse and dkjson come from the distribution's
   directory of pure Lua modules. No other C modules can be loaded. */
#pragma once

#include <lua.h>

#include "bind/entry.h"

lua_State *vm_state(void);

/* Calls the function below nargs arguments, like lua_pcall. On an error it logs the traceback, pushes nothing and
   returns -1. All calls from C into Lua go through here. */
int vm_call(int nargs, int nresults);

/* Pushes the handler that Lua registered for an event (core.loop.on) and returns 1, or returns 0 if there is none. */
int vm_push_handler(const char *event);

unsigned long long vm_calls(void); /* number of calls of vm_call since the start, with the current one */

/* Makes require look in the bundle of compiled files first (bind/bundle.c). */
void vm_add_bundle(lua_State *L);

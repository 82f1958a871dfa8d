/* The Lua state of the program and the one protected call into it. Owns the state: the standard libraries, LPeg, core.*
   and a search path of home/lua only (text files or the same compiled, no C modules but ours); argparse and dkjson come
   from the distribution's directory of pure Lua modules. */
#ifndef SYNLUA_VM_H
#define SYNLUA_VM_H

#include <lua.h>

#include "bind/entry.h"

lua_State *vm_state(void);

/* Calls the function below nargs arguments, like lua_pcall; on failure logs the traceback, leaves nothing, returns -1.
   Every way from C into Lua goes through here. */
int vm_call(int nargs, int nresults);

/* The handler that Lua registered for an event (core.loop.on); pushes it and returns 1, or returns 0. */
int vm_push_handler(const char *event);

unsigned long long vm_calls(void); /* vm_call since the start, the present one too */

/* Makes require look among the compiled files first (bind/bundle.c). */
void vm_add_bundle(lua_State *L);

#endif

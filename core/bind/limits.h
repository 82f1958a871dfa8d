/* What a call into Lua may use, and the functions of Lua's libraries by which a script would get around that. */
#ifndef SYNLUA_LIMITS_H
#define SYNLUA_LIMITS_H

#include <lua.h>
#include <stdint.h>

/* Once the libraries are open; runs protected. */
void limits_open(lua_State *L);

/* Around each call from C into Lua. */
void limits_enter(void);
void limits_leave(void);

/* From now on os.exit is a stop in order, whether something runs or not. */
void limits_loop(void);

/* How long one vm_call may run, in ms of the processor's time; 0, as at first, is no limit. It cannot end what runs
   inside a function of C: that is what watchdog.h is for. */
void vm_limit(uint64_t ms);

#endif

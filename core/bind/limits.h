/* The limits of a call into Lua, and replacements for functions of Lua's libraries by which a script could escape them.
   */
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

/* To be called once the libraries are open, in a protected call. */
void limits_open(lua_State *L);

/* To be called before and after each call from C into Lua. */
void limits_enter(void);
void limits_leave(void);

/* Sets the hook that a state needs, or none. Each coroutine has its own, and one that was made before the limit has
   none, so it is to be called before a coroutine is resumed. */
void limits_arm(lua_State *L);

/* Replaces function `name` of the library on top by `ours` (NULL: removes it). Returns the old function. */
lua_CFunction limits_replace(lua_State *L, const char *name, lua_CFunction ours);

/* From now on os.exit is an orderly stop, even if no service runs. */
void limits_loop(void);

/* Between these two, limits_interrupt ends what runs, in every coroutine and through every pcall. It may be called in a
   signal handler. A function of C is not ended. limits_unwatch says whether it was called. */
void limits_watch(lua_State *L);
void limits_interrupt(void);
bool limits_unwatch(lua_State *L);

/* Sets how much processor time one vm_call may use, in ms; 0, the default, is no limit. It cannot end a function of C
   that runs too long; the watchdog does that (watchdog.h). */
void vm_limit(uint64_t ms);

/* Finalizers (__gc) that a script sets obey the limits of limits.h too. */
#pragma once

#include <lua.h>

/* Replaces setmetatable and debug.setmetatable. To be called once the libraries are open, in a protected call. */
void finalizers_guard(lua_State *L);

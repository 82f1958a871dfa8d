/* The Lua face of core/: one luaopen per module `core.NAME`, and what all of them share.
   No file in this directory makes a system call. */
#ifndef SYNLUA_BIND_H
#define SYNLUA_BIND_H

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"

/* Pushes nil, message, "ENAME"; returns 3. */
int push_err(lua_State *L, const struct err *e);

/* The metatable of a kind of userdata, which close ends however often it is called; methods may be NULL. */
void class_new(lua_State *L, const char *name, lua_CFunction close, const luaL_Reg *methods);

int luaopen_core_control(lua_State *L);
int luaopen_core_file(lua_State *L);
int luaopen_core_log(lua_State *L);
int luaopen_core_loop(lua_State *L);
int luaopen_core_output(lua_State *L);
int luaopen_core_own(lua_State *L);
int luaopen_core_process(lua_State *L);
int luaopen_core_probe(lua_State *L);
int luaopen_core_serve(lua_State *L);
int luaopen_core_system(lua_State *L);
int luaopen_core_usage(lua_State *L);
int luaopen_core_yaml(lua_State *L);

#endif

/* The bindings of core/ for Lua: one luaopen function per module `core.NAME`, and the helpers that they share.
   No file in this directory makes a system call. */
#pragma once

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Pushes nil, message, "ENAME"; returns 3. */
int push_err(lua_State *L, const struct err *e);

/* Makes the metatable of a kind of userdata. `close` may be called more than once. methods may be NULL. */
void class_new(lua_State *L, const char *name, lua_CFunction close, const luaL_Reg *methods);

/* The helpers of args.c. A number out of range raises an error; it is never cut to fit. */
struct range {
    lua_Integer least, most;
};

#define RANGE(from, to) ((struct range){(from), (to)})
#define NOT_NEGATIVE RANGE(0, INT64_MAX)
#define POSITIVE RANGE(1, INT64_MAX)
#define FIELD_NO_ID ((id_t)-1)

lua_Integer arg_integer(lua_State *L, int arg, struct range range);

/* Reads `field` of the table that is argument `arg`. If it is missing or false, the result is `otherwise`. */
lua_Integer field_integer(lua_State *L, int arg, const char *field, lua_Integer otherwise, struct range range);
id_t field_id(lua_State *L, int arg, const char *field); /* of a user or group; FIELD_NO_ID: missing, or -1 */

void set_integer(lua_State *L, const char *field, lua_Integer n); /* sets it in the table on the top */

/* Pushes an empty buffer. If a later call raises, the collector frees it. */
struct buf *push_buffer(lua_State *L);

/* The descriptor of the open core.exchange at an index of the stack. */
int check_exchange(lua_State *L, int arg);

int luaopen_core_access(lua_State *L);
int luaopen_core_control(lua_State *L);
int luaopen_core_edit(lua_State *L);
int luaopen_core_exchange(lua_State *L);
int luaopen_core_file(lua_State *L);
int luaopen_core_limits(lua_State *L);
int luaopen_core_log(lua_State *L);
int luaopen_core_loop(lua_State *L);
int luaopen_core_output(lua_State *L);
int luaopen_core_own(lua_State *L);
int luaopen_core_process(lua_State *L);
int luaopen_core_probe(lua_State *L);
int luaopen_core_screen(lua_State *L);
int luaopen_core_serve(lua_State *L);
int luaopen_core_system(lua_State *L);
int luaopen_core_usage(lua_State *L);
int luaopen_core_watch(lua_State *L);
int luaopen_core_yaml(lua_State *L);

/* core.probe: one HTTP GET with a deadline. */
#include "probe.h"

#include <stdint.h>
#include <string.h>

#include "bind.h"
#include "vm.h"

#define URI_MAX 400 /* fits the request line of core/probe.c with its headers */

static void on_answer(void *arg, int status, const char *why)
{
    lua_State *L = vm_state();
    int ref = (int)(intptr_t)arg;

    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    if (status >= 0)
        lua_pushinteger(L, status);
    else
        lua_pushnil(L);
    lua_pushstring(L, why);
    (void)vm_call(2, 0);
}

static const char *opt_field(lua_State *L, const char *field)
{
    lua_getfield(L, 1, field);
    return luaL_optstring(L, -1, NULL); /* stays referenced by the table */
}

/* probe.get({socket = path | address =, port =, uri =, timeout_ms =}, fn): later fn(status) or fn(nil, why). */
static int l_get(lua_State *L)
{
    struct probe_target target = {0};
    struct err e = {0};
    lua_Integer port, timeout;
    int ref;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    target.socket = opt_field(L, "socket");
    target.address = opt_field(L, "address");
    target.uri = opt_field(L, "uri");
    luaL_argcheck(L, target.uri && (target.socket || target.address), 1, "needs uri and socket or address");
    luaL_argcheck(L, target.uri && strlen(target.uri) <= URI_MAX, 1, "uri is longer than 400 bytes");
    lua_getfield(L, 1, "port");
    port = luaL_optinteger(L, -1, 0);
    luaL_argcheck(L, port >= 0 && port <= 65535, 1, "port is no port");
    target.port = (int)port;
    lua_getfield(L, 1, "timeout_ms");
    timeout = luaL_checkinteger(L, -1);
    luaL_argcheck(L, timeout >= 0, 1, "timeout_ms must not be negative");
    target.timeout_ms = (uint64_t)timeout;
    lua_pushvalue(L, 2);
    ref = luaL_ref(L, LUA_REGISTRYINDEX);
    if (probe_get(&target, on_answer, (void *)(intptr_t)ref, &e) < 0) {
        luaL_unref(L, LUA_REGISTRYINDEX, ref);
        return push_err(L, &e);
    }
    lua_pushboolean(L, 1);
    return 1;
}

int luaopen_core_probe(lua_State *L)
{
    static const luaL_Reg functions[] = {{"get", l_get}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

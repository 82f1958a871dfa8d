/* core.probe: one HTTP request or one connection to a service, with a deadline. */
#include "net/probe.h"

#include <stdint.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/vm.h"

static void on_answer(void *arg, bool answers, const char *text)
{
    lua_State *L = vm_state();
    int ref = (int)(intptr_t)arg;

    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    lua_pushboolean(L, answers);
    if (*text)
        lua_pushstring(L, text);
    (void)vm_call(*text ? 2 : 1, 0);
}

static const char *opt_field(lua_State *L, const char *field)
{
    lua_getfield(L, 1, field);
    return luaL_optstring(L, -1, NULL); /* the table still holds it */
}

/* Whether a GET is sent. Otherwise a connection is answer enough. */
static bool check_kind(lua_State *L)
{
    const char *kind;

    lua_getfield(L, 1, "kind");
    kind = lua_tostring(L, -1);
    luaL_argcheck(L, kind && (strcmp(kind, "http") == 0 || strcmp(kind, "connect") == 0), 1,
                  "kind must be http or connect");
    return strcmp(kind, "http") == 0;
}

/* probe.run({kind = "http" | "connect", socket = path | address =, port =, uri = of http, timeout_ms =, whole =}, fn)
   -> true, and later calls fn(true) or fn(false, why); or nil, message, name. whole: fn gets the answer too, with its
   head */
static int l_run(lua_State *L)
{
    struct probe_target target = {0};
    struct err e = {0};
    lua_Integer port, timeout;
    bool asks;
    int ref;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    asks = check_kind(L);
    target.to.socket = opt_field(L, "socket");
    target.to.address = opt_field(L, "address");
    target.uri = asks ? opt_field(L, "uri") : NULL;
    luaL_argcheck(L, target.to.socket || target.to.address, 1, "needs socket or address");
    luaL_argcheck(L, target.uri || !asks, 1, "needs uri");
    lua_getfield(L, 1, "port");
    port = luaL_optinteger(L, -1, 0);
    luaL_argcheck(L, port >= 0 && port <= 65535, 1, "port is no port");
    target.to.port = (int)port;
    lua_getfield(L, 1, "timeout_ms");
    timeout = luaL_checkinteger(L, -1);
    luaL_argcheck(L, timeout >= 0, 1, "timeout_ms must not be negative");
    target.timeout_ms = (uint64_t)timeout;
    lua_getfield(L, 1, "whole");
    target.whole = lua_toboolean(L, -1);
    lua_pushvalue(L, 2);
    ref = luaL_ref(L, LUA_REGISTRYINDEX);
    if (probe_run(&target, on_answer, (void *)(intptr_t)ref, &e) < 0) {
        luaL_unref(L, LUA_REGISTRYINDEX, ref);
        return push_err(L, &e);
    }
    lua_pushboolean(L, 1);
    return 1;
}

int luaopen_core_probe(lua_State *L)
{
    static const luaL_Reg functions[] = {{"run", l_run}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

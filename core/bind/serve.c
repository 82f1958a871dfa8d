/* core.serve: an HTTP server on a loopback address. */
#include "net/serve.h"

#include <stdio.h>

#include "bind/bind.h"
#include "bind/vm.h"

#define HANDLER "synlua.serve"

static void on_request(const char *path, struct serve_answer *answer)
{
    lua_State *L = vm_state();
    int top = lua_gettop(L);
    const char *body;
    lua_Integer status;
    size_t len;

    lua_getfield(L, LUA_REGISTRYINDEX, HANDLER);
    lua_pushstring(L, path);
    if (vm_call(1, 3) < 0) {
        answer->status = 500;
        return;
    }
    if (!lua_isnil(L, -3)) {
        body = lua_tolstring(L, -1, &len);
        status = lua_tointeger(L, -3);
        if (status >= 200 && status <= 599 && lua_type(L, -2) == LUA_TSTRING && body &&
            buf_add(&answer->body, body, len) == 0) {
            answer->status = (unsigned)status;
            (void)snprintf(answer->type, sizeof answer->type, "%s", lua_tostring(L, -2));
        } else {
            answer->status = 500;
        }
    }
    lua_settop(L, top);
}

/* serve.listen({address =, port =}, fn) -> port, or nil, message, name. fn(path) returns status, content type, body; or
   nil if there is no such path. Only GET and HEAD are served. An error in fn is answered with 500. Port 0 takes any
   free port. */
static int l_listen(lua_State *L)
{
    const char *address;
    struct err e = {0};
    lua_Integer port;
    int rc;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_getfield(L, 1, "address");
    lua_getfield(L, 1, "port");
    address = luaL_checkstring(L, 3);
    port = luaL_checkinteger(L, 4);
    luaL_argcheck(L, port >= 0 && port <= 65535, 1, "port is no port");
    rc = serve_start(address, (int)port, on_request, &e);
    if (rc < 0)
        return push_err(L, &e);
    lua_pushvalue(L, 2);
    lua_setfield(L, LUA_REGISTRYINDEX, HANDLER);
    lua_pushinteger(L, rc);
    return 1;
}

int luaopen_core_serve(lua_State *L)
{
    static const luaL_Reg functions[] = {{"listen", l_listen}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

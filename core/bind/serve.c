/* core.serve: an HTTP server, which relays some paths to other processes. */
#include "net/serve.h"

#include <stdio.h>

#include "bind/bind.h"
#include "bind/vm.h"

#define HANDLER "synlua.serve"
#define TERMS "synlua.serve.terms" /* everything that the server refers to, by numbers */

static void on_request(const char *path, const char *host, struct serve_answer *answer)
{
    lua_State *L = vm_state();
    int top = lua_gettop(L);
    const char *body;
    lua_Integer status;
    size_t len;

    lua_getfield(L, LUA_REGISTRYINDEX, HANDLER);
    lua_pushstring(L, path);
    lua_pushstring(L, host);
    if (vm_call(2, 3) < 0) {
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

/* The text of a field of the table on the top, which the terms keep; NULL if there is none. */
static const char *keep_field(lua_State *L, int terms, const char *field)
{
    const char *text;

    lua_getfield(L, -1, field);
    text = luaL_optstring(L, -1, NULL);
    lua_rawseti(L, terms, (lua_Integer)lua_rawlen(L, terms) + 1);
    return text;
}

static int port_field(lua_State *L)
{
    lua_Integer port;

    lua_getfield(L, -1, "port");
    port = luaL_optinteger(L, -1, 0);
    luaL_argcheck(L, port >= 0 && port <= 65535, 1, "port is no port");
    lua_pop(L, 1);
    return (int)port;
}

/* The relays of the table on the top. */
static const struct serve_relay *keep_relays(lua_State *L, int terms, size_t *len)
{
    struct serve_relay *relays = NULL;
    size_t at;

    lua_getfield(L, -1, "relays");
    *len = lua_isnil(L, -1) ? 0 : lua_rawlen(L, -1);
    if (*len > 0) {
        relays = lua_newuserdatauv(L, *len * sizeof *relays, 0);
        lua_rawseti(L, terms, (lua_Integer)lua_rawlen(L, terms) + 1);
    }
    for (at = 0; at < *len; at++) {
        lua_rawgeti(L, -1, (lua_Integer)at + 1);
        luaL_argcheck(L, lua_istable(L, -1), 1, "each relay is a table");
        relays[at] = (struct serve_relay){.path = keep_field(L, terms, "path"), .uri = keep_field(L, terms, "uri"),
            .to = {.socket = keep_field(L, terms, "socket"), .address = keep_field(L, terms, "address"),
                   .port = port_field(L)}};
        luaL_argcheck(L, relays[at].path && relays[at].uri, 1, "a relay needs path and uri");
        luaL_argcheck(L, relays[at].to.socket || relays[at].to.address, 1, "a relay needs socket or address");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return relays;
}

/* serve.listen({address =, port =, token =, relays = {{path =, uri =, socket = | address =, port =}}}, fn) -> port, or
   nil, message, name. A GET of the path of a relay is answered with what that process answers to a GET of its uri. Of
   other paths fn(path, host) returns status, content type, body; or nil if there is no such path. Only GET and HEAD
   are served. An error in fn is answered with 500. Port 0 takes any free port. With a token, clients must say it. */
static int l_listen(lua_State *L)
{
    struct serve_terms terms = {0};
    struct err e = {0};
    int rc;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_newtable(L);
    lua_getfield(L, 1, "address");
    lua_getfield(L, 1, "port");
    (void)luaL_checkstring(L, 4);
    (void)luaL_checkinteger(L, 5);
    lua_settop(L, 3);
    lua_pushvalue(L, 1);
    terms.address = keep_field(L, 3, "address");
    terms.token = keep_field(L, 3, "token");
    terms.port = port_field(L);
    terms.relays = keep_relays(L, 3, &terms.relays_len);
    luaL_argcheck(L, !terms.token || *terms.token, 1, "an empty token");
    rc = serve_start(&terms, on_request, &e);
    if (rc < 0)
        return push_err(L, &e);
    lua_pushvalue(L, 3);
    lua_setfield(L, LUA_REGISTRYINDEX, TERMS);
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

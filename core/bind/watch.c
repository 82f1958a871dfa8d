/* core.watch: tells of changes in directories. */
#include "host/watch.h"

#include "bind/bind.h"
#include "bind/vm.h"

#define WATCH_MT "core.watch"

struct box {
    struct watch *it; /* NULL: closed */
    int ref;          /* the function */
};

static void on_change(void *data)
{
    const struct box *box = data;

    lua_rawgeti(vm_state(), LUA_REGISTRYINDEX, box->ref);
    (void)vm_call(0, 0);
}

static int l_close(lua_State *L)
{
    struct box *box = luaL_checkudata(L, 1, WATCH_MT);

    watch_close(box->it);
    luaL_unref(L, LUA_REGISTRYINDEX, box->ref);
    box->it = NULL;
    box->ref = LUA_NOREF;
    return 0;
}

static struct buf *check_names(lua_State *L, int arg)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, arg), i;
    struct buf *names = push_buffer(L);

    for (i = 1; i <= n; i++) {
        const char *name;

        lua_rawgeti(L, arg, i);
        name = luaL_checkstring(L, -1);
        if (buf_add(names, name, lua_rawlen(L, -1) + 1) < 0)
            (void)luaL_error(L, "out of memory");
        lua_pop(L, 1);
    }
    return names;
}

/* watch.open(directory, {name, ...}, fn) -> watch, or nil, message, name: calls fn() at each change of these names,
   until watch:close(). Keep the watch: one that is collected is closed. */
static int l_open(lua_State *L)
{
    const char *directory = luaL_checkstring(L, 1);
    const struct buf *names;
    struct err e = {0};
    struct box *box;

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    lua_settop(L, 3);
    names = check_names(L, 2);
    box = lua_newuserdatauv(L, sizeof *box, 0);
    box->it = NULL;
    box->ref = LUA_NOREF;
    luaL_setmetatable(L, WATCH_MT);
    lua_pushvalue(L, 3);
    box->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    box->it = watch_open(directory, names, on_change, box, &e);
    return box->it ? 1 : push_err(L, &e);
}

/* watch.link(path) -> where the link leads, or nil, message, name */
static int l_link(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct buf *to = push_buffer(L);
    struct err e = {0};

    if (watch_link(path, to, &e) < 0)
        return push_err(L, &e);
    lua_pushlstring(L, to->data ? to->data : "", to->len);
    return 1;
}

int luaopen_core_watch(lua_State *L)
{
    static const luaL_Reg functions[] = {{"open", l_open}, {"link", l_link}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"close", l_close}, {NULL, NULL}};

    class_new(L, WATCH_MT, l_close, methods);
    luaL_newlib(L, functions);
    return 1;
}

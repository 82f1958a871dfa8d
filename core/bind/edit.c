/* core.edit: lines from a terminal for the shell, and chunks that Ctrl-C ends. */
#include "host/edit.h"

#include "bind/bind.h"
#include "bind/limits.h"
#include "bind/vm.h"

#define COMPLETE "synlua.complete"

static void take(lua_State *L, int at, struct buf *to)
{
    size_t len;
    const char *text = lua_type(L, at) == LUA_TSTRING ? lua_tolstring(L, at, &len) : NULL;

    if (text)
        (void)buf_add(to, text, len);
}

/* libedit calls this, so no Lua error may leave it. */
static void on_complete(const char *before, struct buf *insert, struct buf *list)
{
    lua_State *L = vm_state();
    int top = lua_gettop(L);

    if (!lua_checkstack(L, 8))
        return;
    lua_getfield(L, LUA_REGISTRYINDEX, COMPLETE);
    lua_pushstring(L, before);
    if (vm_call(1, 2) == 0) {
        take(L, -2, insert);
        take(L, -1, list);
    }
    lua_settop(L, top);
}

/* edit.open(complete) -> true, or nil, message, name. complete(text before the cursor) -> a text to insert there, and a
   list to show, each of them or nil */
static int l_open(lua_State *L)
{
    struct err e = {0};

    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, COMPLETE);
    if (edit_open(on_complete, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

static int l_close(lua_State *L)
{
    (void)L;
    edit_close();
    return 0;
}

/* edit.read(prompt) -> line; or nil, "end" or "interrupted" */
static int l_read(lua_State *L)
{
    const char *prompt = luaL_checkstring(L, 1);
    struct buf *line = push_buffer(L);
    struct err e = {0};
    enum edit_result result = edit_read(prompt, line, &e);

    if (result == EDIT_FAILED)
        return push_err(L, &e);
    if (result == EDIT_LINE) {
        lua_pushlstring(L, line->data ? line->data : "", line->len);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, result == EDIT_END ? "end" : "interrupted");
    return 2;
}

/* edit.remember(line): adds it to the history of this session */
static int l_remember(lua_State *L)
{
    struct err e = {0};

    if (edit_remember(luaL_checkstring(L, 1), &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

static int l_columns(lua_State *L)
{
    lua_pushinteger(L, edit_columns());
    return 1;
}

/* edit.run(fn, handler) -> what xpcall returns; or nil if Ctrl-C has ended fn. Upvalue 1 is xpcall. C calls it, because
   after Ctrl-C every Lua instruction fails, also those of a caller in Lua. */
static int l_run(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    limits_watch(L);
    edit_guard(limits_interrupt);
    (void)vm_call(2, LUA_MULTRET);
    edit_unguard();
    if (!limits_unwatch(L))
        return lua_gettop(L);
    lua_pushnil(L);
    return 1;
}

int luaopen_core_edit(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"open", l_open},         {"close", l_close},     {"read", l_read},
        {"remember", l_remember}, {"columns", l_columns}, {NULL, NULL},
    };

    luaL_newlib(L, functions);
    lua_getglobal(L, "xpcall");
    lua_pushcclosure(L, l_run, 1);
    lua_setfield(L, -2, "run");
    return 1;
}

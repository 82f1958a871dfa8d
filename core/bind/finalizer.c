#include "bind/finalizer.h"

#include <lauxlib.h>

#include "bind/limits.h"
#include "output/log.h"

/* Lua's own functions, which our replacements call. */
static lua_CFunction the_setmetatable, the_debug_setmetatable;

static void say_failure(const char *text)
{
    log_line(LOG_LEVEL_ERROR, "finalizer: %s", text ? text : "an error without a message");
}

/* Lua runs no hooks in a finalizer, but it does in a coroutine that the finalizer resumes. So the finalizer runs in
   one. Upvalue 1 is the function; the object is at index 1. */
static int l_finalize(lua_State *L)
{
    lua_State *co;
    int count, status;

    lua_settop(L, 1);
    co = lua_newthread(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 2);
    limits_enter();
    limits_arm(co);
    status = lua_resume(co, L, 1, &count);
    if (status == LUA_YIELD)
        say_failure("it yielded");
    else if (status != LUA_OK)
        say_failure(lua_tostring(co, -1));
    if (status != LUA_OK)
        (void)lua_resetthread(co);
    limits_leave();
    return 0;
}

/* Replaces the finalizer of the metatable at index 2 by one that obeys the limits. */
static void guard_finalizer(lua_State *L)
{
    if (!lua_istable(L, 2))
        return;
    lua_pushliteral(L, "__gc");
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) == LUA_TFUNCTION && !lua_iscfunction(L, -1)) {
        lua_pushcclosure(L, l_finalize, 1);
        lua_rawset(L, 2);
    } else {
        lua_pop(L, 2);
    }
}

static int l_setmetatable(lua_State *L)
{
    guard_finalizer(L);
    return the_setmetatable(L);
}

static int l_debug_setmetatable(lua_State *L)
{
    guard_finalizer(L);
    return the_debug_setmetatable(L);
}

void finalizers_guard(lua_State *L)
{
    lua_getglobal(L, "debug");
    the_debug_setmetatable = limits_replace(L, "setmetatable", l_debug_setmetatable);
    lua_pushglobaltable(L);
    the_setmetatable = limits_replace(L, "setmetatable", l_setmetatable);
    lua_pop(L, 2);
}

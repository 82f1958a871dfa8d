/* core.loop: timers, event handlers, and the end of the program. */
#include "base/loop.h"

#include <stdlib.h>

#include "bind/bind.h"
#include "bind/entry.h"
#include "bind/limits.h"
#include "process/shutdown.h"
#include "process/signals.h"
#include "bind/vm.h"
#include "process/watchdog.h"

#define TIMER_MT "core.timer"

struct timer {
    uv_timer_t handle;
    int ref; /* the function; LUA_NOREF once it has run or was cancelled */
};

struct timer_box {
    struct timer *it; /* NULL: closed */
};

/* loop.on(event, fn): calls fn(...) at each event of that name; nil removes the handler. The events are "answer",
   "control", "exit", "forked", "interrupted", "notify", "signal" and "stopping". Once a handler is set, synlua
   handles the signals. "stopping" tells of every stop, "interrupted" of one by a signal. With a handler for
   "stopping" only, the program expects that stop and ends with status 0; otherwise the status is 128 + signal. */
static int l_on(lua_State *L)
{
    static const char *const EVENTS[] = {"answer", "control", "exit",     "forked", "interrupted",
                                         "notify", "signal",  "stopping", NULL};
    const char *event = EVENTS[luaL_checkoption(L, 1, NULL, EVENTS)];
    struct err e = {0};

    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    if (signals_take(&e) < 0)
        return luaL_error(L, "%s", e.msg);
    lua_settop(L, 2);
    lua_getfield(L, LUA_REGISTRYINDEX, "synlua.handlers");
    lua_insert(L, 2);
    lua_setfield(L, 2, event);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct timer *t = handle->data;

    if (vm_state()) /* NULL: the Lua state is closed */
        luaL_unref(vm_state(), LUA_REGISTRYINDEX, t->ref);
    free(t);
}

static void timer_close(struct timer_box *box)
{
    if (!box->it)
        return;
    uv_close((uv_handle_t *)&box->it->handle, on_closed);
    box->it = NULL;
}

static void on_timer(uv_timer_t *handle)
{
    const struct timer *t = handle->data;

    lua_rawgeti(vm_state(), LUA_REGISTRYINDEX, t->ref);
    (void)vm_call(0, 0);
}

static int l_timer_close(lua_State *L)
{
    timer_close(luaL_checkudata(L, 1, TIMER_MT));
    return 0;
}

/* loop.timer(ms, fn) -> timer: calls fn() once, ms from now, unless timer:close() comes first. Keep the timer: one that
   is collected is closed. */
static int l_timer(lua_State *L)
{
    lua_Integer ms = arg_integer(L, 1, NOT_NEGATIVE);
    struct timer_box *box;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    box = lua_newuserdatauv(L, sizeof *box, 0);
    box->it = NULL;
    luaL_setmetatable(L, TIMER_MT);
    lua_insert(L, 2);
    {
        int ref = luaL_ref(L, LUA_REGISTRYINDEX); /* may raise; C owns nothing yet */
        struct timer *t = calloc(1, sizeof *t);

        if (!t || uv_timer_init(loop_get(), &t->handle) < 0) {
            free(t);
            luaL_unref(L, LUA_REGISTRYINDEX, ref);
            return luaL_error(L, "out of memory");
        }
        t->ref = ref;
        t->handle.data = t;
        box->it = t;
        uv_update_time(loop_get());
        (void)uv_timer_start(&t->handle, on_timer, (uint64_t)ms, 0);
    }
    return 1;
}

/* loop.stop(status, why | nil): ends all children in order, then the program with this exit status. `why` is logged
   last. */
static int l_stop(lua_State *L)
{
    lua_Integer status = luaL_checkinteger(L, 1);
    const char *why = luaL_optstring(L, 2, NULL);

    luaL_argcheck(L, status >= 0 && status <= 255, 1, "is no exit status");
    if (why)
        shutdown_because(why);
    if (ending_begun())
        return 0;
    shutdown_begin((int)status);
    vm_on_stopping(false);
    return 0;
}

/* loop.budget(ms): how long the whole shutdown may take. */
static int l_budget(lua_State *L)
{
    shutdown_budget((uint64_t)arg_integer(L, 1, NOT_NEGATIVE));
    return 0;
}

/* loop.limit(ms): limits the processor time of each call from C into Lua; 0 is no limit. */
static int l_limit(lua_State *L)
{
    vm_limit((uint64_t)arg_integer(L, 1, NOT_NEGATIVE));
    return 0;
}

/* loop.watch("stop") -> true, or nil, message, name: starts the watchdog, so that a stop works even if this thread is
   stuck */
static int l_watch(lua_State *L)
{
    static const char *const WHAT[] = {"stop", NULL};
    struct err e = {0};

    (void)luaL_checkoption(L, 1, NULL, WHAT);
    if (signals_take(&e) < 0 || watchdog_start(&e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* loop.call() -> number of the current call from C into Lua */
static int l_call(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)vm_calls());
    return 1;
}

int luaopen_core_loop(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"on", l_on}, {"timer", l_timer}, {"stop", l_stop}, {"budget", l_budget},
        {"limit", l_limit}, {"watch", l_watch}, {"call", l_call}, {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"close", l_timer_close}, {NULL, NULL}};

    class_new(L, TIMER_MT, l_timer_close, methods);
    luaL_newlib(L, functions);
    return 1;
}

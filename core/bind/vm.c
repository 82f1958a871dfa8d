#include "bind/vm.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>

#include "bind/bind.h"
#include "bind/limits.h"
#include "host/bundle.h"
#include "output/log.h"
#include "process/signals.h"

#define HANDLERS "synlua.handlers"
#define VENDOR_LUA "/usr/share/lua/5.4" /* argparse and dkjson of the distribution */

int luaopen_lpeg(lua_State *L);

static lua_State *the_state;
static void *volatile state_block; /* where its memory begins; keeps it reachable for leak checkers */
static unsigned long long calls;

static const luaL_Reg MODULES[] = {
    {"lpeg", luaopen_lpeg},
    {"core.access", luaopen_core_access},
    {"core.control", luaopen_core_control},
    {"core.edit", luaopen_core_edit},
    {"core.exchange", luaopen_core_exchange},
    {"core.file", luaopen_core_file},
    {"core.limits", luaopen_core_limits},
    {"core.log", luaopen_core_log},
    {"core.loop", luaopen_core_loop},
    {"core.output", luaopen_core_output},
    {"core.own", luaopen_core_own},
    {"core.probe", luaopen_core_probe},
    {"core.process", luaopen_core_process},
    {"core.screen", luaopen_core_screen},
    {"core.serve", luaopen_core_serve},
    {"core.system", luaopen_core_system},
    {"core.usage", luaopen_core_usage},
    {"core.watch", luaopen_core_watch},
    {"core.yaml", luaopen_core_yaml},
    {NULL, NULL},
};

static void set_search(lua_State *L, const char *home)
{
    const luaL_Reg *m;

    lua_getglobal(L, "package");
    /* Only absolute entries, so that nothing is loaded from the working directory. */
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;" VENDOR_LUA "/?.lua", home, home);
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_pushstring(L, home);
    lua_setfield(L, -2, "home");
    lua_getfield(L, -1, "preload");
    for (m = MODULES; m->name; m++) {
        lua_pushcfunction(L, m->func);
        lua_setfield(L, -2, m->name);
    }
    lua_pop(L, 2);
    vm_add_bundle(L);
}

unsigned long long vm_calls(void)
{
    return calls;
}

/* Runs in a protected call, because everything here may raise. */
static int open_state(lua_State *L)
{
    luaL_checkversion(L);
    luaL_openlibs(L);
    limits_open(L);
    set_search(L, lua_touserdata(L, 1));
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, HANDLERS);
    return 0;
}

int vm_open(const char *home, struct err *e)
{
    the_state = luaL_newstate();
    if (!the_state)
        return err_set(e, ENOMEM, "Lua: out of memory");
    state_block = lua_getextraspace(the_state);
    bundle_open(home);
    lua_pushcfunction(the_state, open_state);
    lua_pushlightuserdata(the_state, (void *)(size_t)home);
    if (vm_call(1, 0) < 0)
        return err_set(e, EINVAL, "Lua did not start");
    return 0;
}

void vm_close(void)
{
    if (the_state)
        lua_close(the_state);
    the_state = NULL;
    state_block = NULL;
    bundle_close();
}

lua_State *vm_state(void)
{
    return the_state;
}

static int add_traceback(lua_State *L)
{
    const char *text = lua_tostring(L, 1);

    luaL_traceback(L, L, text ? text : luaL_typename(L, 1), 1);
    return 1;
}

int vm_call(int nargs, int nresults)
{
    lua_State *L = the_state;
    int at = lua_gettop(L) - nargs, status;
    size_t len;
    const char *text;

    lua_pushcfunction(L, add_traceback);
    lua_insert(L, at);
    calls++;
    limits_enter();
    status = lua_pcall(L, nargs, nresults, at);
    limits_leave();
    if (status == LUA_OK) {
        lua_remove(L, at);
        return 0;
    }
    text = lua_tolstring(L, -1, &len);
    log_text(LOG_LEVEL_ERROR, text ? text : "error without a message", text ? len : 23);
    lua_settop(L, at - 1);
    return -1;
}

int vm_push_handler(const char *event)
{
    lua_State *L = the_state;

    if (!L)
        return 0;
    lua_getfield(L, LUA_REGISTRYINDEX, HANDLERS);
    lua_getfield(L, -1, event);
    lua_remove(L, -2);
    if (lua_isfunction(L, -1))
        return 1;
    lua_pop(L, 1);
    return 0;
}

static bool handles(const char *event)
{
    bool is_there = vm_push_handler(event) == 1;

    if (is_there)
        lua_pop(the_state, 1);
    return is_there;
}

bool vm_expects_stop(void)
{
    return handles("stopping") && !handles("interrupted");
}

int vm_main(int argc, char **argv)
{
    lua_State *L = the_state;
    int i, status = -1;

    lua_getglobal(L, "require");
    lua_pushliteral(L, "main");
    if (vm_call(1, 1) < 0)
        return 1;
    lua_createtable(L, argc, 0);
    for (i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    if (vm_call(1, 1) < 0)
        return 1;
    limits_loop();
    if (lua_isinteger(L, -1))
        status = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return status;
}

void vm_on_exit(const struct reap_child *dead)
{
    lua_State *L = vm_state();

    if (!vm_push_handler("exit"))
        return;
    lua_newtable(L);
    lua_pushstring(L, dead->name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, dead->pid);
    lua_setfield(L, -2, "pid");
    lua_pushstring(L, dead->how.signaled ? "signal" : "exit");
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, dead->how.code);
    lua_setfield(L, -2, "code");
    if (dead->how.signaled) {
        lua_pushfstring(L, "SIG%s", signals_name(dead->how.code));
        lua_setfield(L, -2, "signal");
    }
    lua_pushinteger(L, (lua_Integer)dead->ran_ms);
    lua_setfield(L, -2, "ran_ms");
    lua_pushinteger(L, (lua_Integer)dead->left);
    lua_setfield(L, -2, "left");
    (void)vm_call(1, 0);
}

void vm_on_signal(int signum)
{
    if (!vm_push_handler("signal"))
        return;
    lua_pushstring(the_state, signals_name(signum));
    (void)vm_call(1, 0);
}

void vm_on_stopping(bool interrupted)
{
    if (vm_push_handler("stopping"))
        (void)vm_call(0, 0);
    if (interrupted && vm_push_handler("interrupted"))
        (void)vm_call(0, 0);
}

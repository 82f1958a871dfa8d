/* core.usage: what the services and synlua use of CPU, memory and descriptors. */
#include "host/usage.h"

#include <stdint.h>

#include "bind/bind.h"
#include "host/host.h"

#define PIDS_MAX 4096

/* Reads the value on the top, which is one of the pids in argument 1. */
static pid_t check_pid(lua_State *L)
{
    lua_Integer pid;

    luaL_argcheck(L, lua_isinteger(L, -1), 1, "must hold process ids");
    pid = lua_tointeger(L, -1);
    luaL_argcheck(L, pid > 0 && pid <= INT32_MAX, 1, "is no process id");
    return (pid_t)pid;
}

static void push_usage(lua_State *L, const struct usage *u)
{
    lua_createtable(L, 0, 6);
    lua_pushnumber(L, (lua_Number)u->cpu_ms / 1000);
    lua_setfield(L, -2, "cpu_s");
    set_integer(L, "rss", (lua_Integer)u->rss);
    if (u->pss_known)
        set_integer(L, "pss", (lua_Integer)u->pss);
    if (u->fds_known)
        set_integer(L, "fds", u->fds);
    set_integer(L, "threads", u->threads);
    set_integer(L, "processes", u->processes);
}

/* usage.of_all({name = pid}, pss?) -> {name = {cpu_s, rss, pss?, fds?, threads, processes}}. Each entry is the sum over
   that process and its descendants; a name without a live process has no entry. All come from one walk of /proc. pss is
   read only on request, because it is slow. pss and fds are missing where we may not look. */
static int l_of_all(lua_State *L)
{
    struct err e = {0};
    struct usage *list;
    size_t count = 0, i = 0;
    int with_pss = lua_toboolean(L, 2);

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        (void)check_pid(L);
        luaL_argcheck(L, ++count <= PIDS_MAX, 1, "holds more than 4096 processes");
    }
    list = lua_newuserdatauv(L, (count + 1) * sizeof *list, 0);
    for (lua_pushnil(L); lua_next(L, 1) && i < count; lua_pop(L, 1))
        list[i++] = (struct usage){.leader = check_pid(L)};
    if (usage_services(list, count, with_pss, &e) < 0)
        return push_err(L, &e);
    lua_createtable(L, 0, (int)count);
    i = 0;
    for (lua_pushnil(L); i < count && lua_next(L, 1); i++) { /* the table is unchanged, so the order is the same */
        lua_pop(L, 1);
        if (list[i].processes == 0)
            continue;
        lua_pushvalue(L, -1);
        push_usage(L, &list[i]);
        lua_rawset(L, 3);
    }
    lua_settop(L, 3);
    return 1;
}

/* usage.own(pss?) -> the same for synlua itself, without its children */
static int l_own(lua_State *L)
{
    struct usage u = {.leader = host_facts().pid};
    struct err e = {0};

    if (usage_process(&u, lua_toboolean(L, 1), &e) < 0)
        return push_err(L, &e);
    push_usage(L, &u);
    return 1;
}

int luaopen_core_usage(lua_State *L)
{
    static const luaL_Reg functions[] = {{"of_all", l_of_all}, {"own", l_own}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

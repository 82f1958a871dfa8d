/* core.access: what was counted of nginx's access lines. */
#include "output/access.h"

#include "bind/bind.h"

static void push_name(lua_State *L, const struct access_names *names, unsigned at)
{
    lua_pushlstring(L, names->list[at].text, names->list[at].len);
}

static void push_times(lua_State *L, const struct access_times *times, const char *field)
{
    lua_createtable(L, ACCESS_BOUNDS + 1, 1);
    for (int at = 0; at <= ACCESS_BOUNDS; at++) {
        lua_pushinteger(L, (lua_Integer)times->upto[at]);
        lua_rawseti(L, -2, at + 1);
    }
    set_integer(L, "sum_ms", (lua_Integer)times->sum_ms);
    lua_setfield(L, -2, field);
}

static void push_pools(lua_State *L, const struct access_counts *counts)
{
    lua_createtable(L, (int)counts->pools.known, 0);
    for (unsigned at = 0; at < counts->pools.known; at++) {
        const struct access_pool *pool = &counts->by_pool[at];

        lua_createtable(L, 0, 7);
        push_name(L, &counts->pools, at);
        lua_setfield(L, -2, "name");
        push_times(L, &pool->request, "request");
        push_times(L, &pool->upstream, "upstream");
        push_times(L, &pool->connect, "connect");
        set_integer(L, "sent", (lua_Integer)pool->sent);
        set_integer(L, "received", (lua_Integer)pool->received);
        set_integer(L, "retries", (lua_Integer)pool->retries);
        lua_rawseti(L, -2, (int)at + 1);
    }
}

static void push_series(lua_State *L, const struct access_counts *counts)
{
    int made = 0;

    lua_newtable(L);
    for (size_t at = 0; at < ACCESS_SERIES; at++) {
        const struct access_series *one = &counts->series[at];

        if (one->count == 0)
            continue;
        lua_createtable(L, 0, 5);
        push_name(L, &counts->routes, one->key >> 16);
        lua_setfield(L, -2, "route");
        push_name(L, &counts->pools, one->key >> 8 & 0xff);
        lua_setfield(L, -2, "pool");
        lua_pushstring(L, access_methods[one->key >> 4 & 0xf]);
        lua_setfield(L, -2, "method");
        set_integer(L, "class", one->key & 0xf);
        set_integer(L, "count", (lua_Integer)one->count);
        lua_rawseti(L, -2, ++made);
    }
}

/* access.counts() -> {lines =, malformed =, bounds_ms = {...}, pools = {{name =, request = {one count for each bound,
   and one for longer times, sum_ms =}, upstream =, connect =, sent =, received =, retries =}, ...}, series = {{route =,
   pool =, method =, class =, count =}, ...}} */
static int l_counts(lua_State *L)
{
    struct access_counts *counts = lua_newuserdatauv(L, sizeof *counts, 0);

    access_copy(counts);
    lua_createtable(L, 0, 5);
    set_integer(L, "lines", (lua_Integer)counts->lines);
    set_integer(L, "malformed", (lua_Integer)counts->malformed);
    lua_createtable(L, ACCESS_BOUNDS, 0);
    for (int at = 0; at < ACCESS_BOUNDS; at++) {
        lua_pushinteger(L, access_bounds_ms[at]);
        lua_rawseti(L, -2, at + 1);
    }
    lua_setfield(L, -2, "bounds_ms");
    push_pools(L, counts);
    lua_setfield(L, -2, "pools");
    push_series(L, counts);
    lua_setfield(L, -2, "series");
    return 1;
}

/* access.lines() -> how many lines have come */
static int l_lines(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)access_lines());
    return 1;
}

int luaopen_core_access(lua_State *L)
{
    static const luaL_Reg functions[] = {{"counts", l_counts}, {"lines", l_lines}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

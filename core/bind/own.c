/* core.own: who owns what below a directory; see own.h. */
#include "own.h"

#include <stdint.h>

#include "bind.h"

#define WALK_MT "core.own.walk"

struct box {
    struct own *walk; /* NULL: closed */
};

static struct own *check_walk(lua_State *L)
{
    struct box *box = luaL_checkudata(L, 1, WALK_MT);

    luaL_argcheck(L, box->walk, 1, "is closed");
    return box->walk;
}

static int l_gc(lua_State *L)
{
    struct box *box = luaL_checkudata(L, 1, WALK_MT);

    own_close(box->walk);
    box->walk = NULL;
    return 0;
}

static lua_Integer field_id(lua_State *L, const char *field)
{
    lua_Integer n;

    lua_getfield(L, 2, field);
    n = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    luaL_argcheck(L, n >= 0 && n < (lua_Integer)UINT32_MAX, 2, "uid and gid must be from 0 to 4294967294");
    return n;
}

/* own.walk(base, {uid =, gid =, change =, skip = {path, ...}}) -> walk */
static int l_walk(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1);
    lua_Integer uid, gid, i, n;
    struct err e = {0};
    struct box *box;
    bool change;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    uid = field_id(L, "uid");
    gid = field_id(L, "gid");
    lua_getfield(L, 2, "change");
    change = lua_toboolean(L, -1);
    lua_getfield(L, 2, "skip");
    n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    luaL_argcheck(L, n <= OWN_SKIPS, 2, "leaves out too much");
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 4, i);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "skip holds strings only");
        lua_pop(L, 1);
    }
    box = lua_newuserdatauv(L, sizeof *box, 0);
    box->walk = NULL;
    luaL_setmetatable(L, WALK_MT);
    box->walk = own_open(base, (uid_t)uid, (gid_t)gid, change, &e);
    if (!box->walk)
        return push_err(L, &e);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 4, i);
        if (own_skip(box->walk, lua_tostring(L, -1), &e) < 0)
            return push_err(L, &e);
        lua_pop(L, 1);
    }
    return 1;
}

/* walk:step(entries) -> whether there may be more */
static int l_step(lua_State *L)
{
    struct own *o = check_walk(L);
    lua_Integer entries = luaL_checkinteger(L, 2);
    struct err e = {0};
    int rc;

    luaL_argcheck(L, entries > 0 && entries <= 1000000, 2, "must be from 1 to 1000000");
    rc = own_step(o, (unsigned)entries, &e);
    if (rc < 0)
        return push_err(L, &e);
    lua_pushboolean(L, rc);
    return 1;
}

static void set_integer(lua_State *L, const char *field, lua_Integer n)
{
    lua_pushinteger(L, n);
    lua_setfield(L, -2, field);
}

static int push_counts(lua_State *L, const struct own *o)
{
    static const char *const why[] = {"closed", "linked", "device", "deep", "refused"};
    const struct own_counts *counts = own_counts(o);
    const struct own_misfit *m;
    unsigned at;

    lua_newtable(L);
    set_integer(L, "seen", (lua_Integer)counts->seen);
    set_integer(L, "changed", (lua_Integer)counts->changed);
    set_integer(L, "left", (lua_Integer)counts->left);
    lua_newtable(L);
    for (at = 0; (m = own_misfit(o, at)) != NULL; at++) {
        lua_newtable(L);
        lua_pushstring(L, m->path);
        lua_setfield(L, -2, "path");
        lua_pushstring(L, why[m->why]);
        lua_setfield(L, -2, "why");
        set_integer(L, "uid", (lua_Integer)m->uid);
        lua_rawseti(L, -2, (lua_Integer)at + 1);
    }
    return 2;
}

/* walk:counts() -> {seen, changed, left}, and the first few left as a list of {path, uid, why} */
static int l_counts(lua_State *L)
{
    return push_counts(L, check_walk(L));
}

/* own.ways(base, {uid =, gid =, change =}, {path, ...}) -> counts and those left, as walk:counts() */
static int l_ways(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1);
    lua_Integer uid, gid, i, n;
    struct err e = {0};
    struct box *box;
    bool change;

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    uid = field_id(L, "uid");
    gid = field_id(L, "gid");
    lua_getfield(L, 2, "change");
    change = lua_toboolean(L, -1);
    n = (lua_Integer)lua_rawlen(L, 3);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 3, i);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 3, "holds strings only");
        lua_pop(L, 1);
    }
    box = lua_newuserdatauv(L, sizeof *box, 0);
    box->walk = NULL;
    luaL_setmetatable(L, WALK_MT);
    box->walk = own_new((uid_t)uid, (gid_t)gid, change, &e);
    if (!box->walk)
        return push_err(L, &e);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 3, i);
        if (own_way(box->walk, base, lua_tostring(L, -1), &e) < 0)
            return push_err(L, &e);
        lua_pop(L, 1);
    }
    return push_counts(L, box->walk);
}

/* own.close_file(base, path) -> true: a secret is its owner's alone */
static int l_close_file(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    struct err e = {0};

    if (own_close_file(base, path, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

int luaopen_core_own(lua_State *L)
{
    static const luaL_Reg methods[] = {{"step", l_step}, {"counts", l_counts}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"walk", l_walk}, {"ways", l_ways}, {"close_file", l_close_file}, {NULL, NULL}};

    class_new(L, WALK_MT, l_gc, methods);
    luaL_newlib(L, functions);
    return 1;
}

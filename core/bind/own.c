/* core.own: who owns what below a directory; see own.h. */
#include "files/own.h"

#include "bind/bind.h"

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

static id_t need_id(lua_State *L, const char *field)
{
    id_t id = field_id(L, 2, field);

    luaL_argcheck(L, id != FIELD_NO_ID, 2, "needs uid and gid");
    return id;
}

struct to {
    uid_t uid;
    gid_t gid;
    bool change, inside;
};

/* Reads argument 2: the owner that the files are to have. */
static struct to check_to(lua_State *L)
{
    struct to to;

    luaL_checktype(L, 2, LUA_TTABLE);
    to.uid = (uid_t)need_id(L, "uid");
    to.gid = (gid_t)need_id(L, "gid");
    lua_getfield(L, 2, "change");
    to.change = lua_toboolean(L, -1);
    lua_getfield(L, 2, "inside");
    to.inside = lua_toboolean(L, -1);
    lua_pop(L, 2);
    return to;
}

/* Checks the list of n paths at an index of the stack. It is part of an argument; `what` is the message if it is wrong.
   */
static void check_paths(lua_State *L, int at, lua_Integer n, int argument, const char *what)
{
    lua_Integer i;

    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, at, i);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, argument, what);
        lua_pop(L, 1);
    }
}

/* Pushes a userdata without a walk. */
static struct box *new_box(lua_State *L)
{
    struct box *box = lua_newuserdatauv(L, sizeof *box, 0);

    box->walk = NULL;
    luaL_setmetatable(L, WALK_MT);
    return box;
}

/* own.walk(base, {uid =, gid =, change =, inside =, skip = {path, ...}}) -> walk */
static int l_walk(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1);
    struct to to = check_to(L);
    lua_Integer i, n;
    struct err e = {0};
    struct box *box;

    lua_settop(L, 2);
    lua_getfield(L, 2, "skip");
    n = lua_istable(L, 3) ? (lua_Integer)lua_rawlen(L, 3) : 0;
    luaL_argcheck(L, n <= OWN_SKIPS, 2, "leaves out too much");
    check_paths(L, 3, n, 2, "skip holds strings only");
    box = new_box(L);
    box->walk = own_open(base, to.uid, to.gid, to.change, to.inside, &e);
    if (!box->walk)
        return push_err(L, &e);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 3, i);
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
    struct to to = check_to(L);
    lua_Integer i, n;
    struct err e = {0};
    struct box *box;

    luaL_checktype(L, 3, LUA_TTABLE);
    n = (lua_Integer)lua_rawlen(L, 3);
    check_paths(L, 3, n, 3, "holds strings only");
    box = new_box(L);
    box->walk = own_new(to.uid, to.gid, to.change, &e);
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

int luaopen_core_own(lua_State *L)
{
    static const luaL_Reg methods[] = {{"step", l_step}, {"counts", l_counts}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"walk", l_walk}, {"ways", l_ways}, {NULL, NULL}};

    class_new(L, WALK_MT, l_gc, methods);
    luaL_newlib(L, functions);
    return 1;
}

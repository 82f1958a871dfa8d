/* Helpers by which bindings read their arguments and fill result tables. All of them may raise. */
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "bind/bind.h"

#define BUFFER_MT "core.buffer"

static const char *prefix(lua_State *L, const char *field)
{
    return field ? lua_pushfstring(L, "%s ", field) : "";
}

/* field is NULL if the argument itself is the number. */
static lua_Integer in_range(lua_State *L, int arg, const char *field, lua_Integer n, struct range range)
{
    bool ends = range.most < INT_MAX; /* an upper bound of INT_MAX is left out of these two messages */

    if (n < range.least && range.least == 0 && !ends)
        luaL_argerror(L, arg, lua_pushfstring(L, "%smust not be negative", prefix(L, field)));
    if (n < range.least && range.least == 1 && !ends)
        luaL_argerror(L, arg, lua_pushfstring(L, "%smust be positive", prefix(L, field)));
    if (n < range.least || n > range.most)
        luaL_argerror(L, arg, lua_pushfstring(L, "%smust be %I to %I", prefix(L, field),
                                              (LUAI_UACINT)range.least, (LUAI_UACINT)range.most));
    return n;
}

lua_Integer arg_integer(lua_State *L, int arg, struct range range)
{
    return in_range(L, arg, NULL, luaL_checkinteger(L, arg), range);
}

/* Reads the number at `field`. Returns false if it is missing or false. */
static bool get_integer(lua_State *L, int arg, const char *field, lua_Integer *n)
{
    int is_integer = 1, there;

    lua_getfield(L, arg, field);
    there = lua_toboolean(L, -1);
    if (there)
        *n = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer)
        luaL_argerror(L, arg, lua_pushfstring(L, lua_isnumber(L, -1) ? "%s: number has no integer representation"
                                                                     : "%s: number expected, got %s",
                                              field, luaL_typename(L, -1)));
    lua_pop(L, 1);
    return there;
}

lua_Integer field_integer(lua_State *L, int arg, const char *field, lua_Integer otherwise, struct range range)
{
    lua_Integer n;

    return get_integer(L, arg, field, &n) ? in_range(L, arg, field, n, range) : otherwise;
}

id_t field_id(lua_State *L, int arg, const char *field)
{
    lua_Integer n = -1;

    if (!get_integer(L, arg, field, &n) || n == -1)
        return FIELD_NO_ID;
    luaL_argcheck(L, n >= 0 && n < (lua_Integer)UINT32_MAX, arg, "uid and gid must be from 0 to 4294967294");
    return (id_t)n;
}

void set_integer(lua_State *L, const char *field, lua_Integer n)
{
    lua_pushinteger(L, n);
    lua_setfield(L, -2, field);
}

static int l_buffer_gc(lua_State *L)
{
    buf_free(luaL_checkudata(L, 1, BUFFER_MT));
    return 0;
}

struct buf *push_buffer(lua_State *L)
{
    struct buf *b = lua_newuserdatauv(L, sizeof *b, 0);

    memset(b, 0, sizeof *b);
    if (luaL_getmetatable(L, BUFFER_MT) == LUA_TNIL) /* may raise; the buffer is still empty, so nothing leaks */
        class_new(L, BUFFER_MT, l_buffer_gc, NULL);
    lua_pop(L, 1);
    luaL_setmetatable(L, BUFFER_MT);
    return b;
}

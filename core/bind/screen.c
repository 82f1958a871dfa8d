/* core.screen: a whole terminal to draw on, and its keys. */
#include "host/screen.h"

#include "bind/bind.h"

/* In the order of screen.h. */
static const char *const styles[] = {"plain", "bold", "head", "muted", "good", "busy", "bad", NULL};

/* screen.open(colours) -> true, or nil, message, name */
static int l_open(lua_State *L)
{
    struct err e = {0};

    if (screen_open(lua_toboolean(L, 1), &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

static int l_close(lua_State *L)
{
    (void)L;
    screen_close();
    return 0;
}

/* screen.size() -> rows, columns */
static int l_size(lua_State *L)
{
    lua_pushinteger(L, screen_rows());
    lua_pushinteger(L, screen_columns());
    return 2;
}

static int l_clear(lua_State *L)
{
    (void)L;
    screen_clear();
    return 0;
}

/* screen.put(row, column, text, style): from 0; what does not fit into the row is cut */
static int l_put(lua_State *L)
{
    int row = (int)luaL_checkinteger(L, 1), column = (int)luaL_checkinteger(L, 2);
    const char *text = luaL_checkstring(L, 3);

    screen_put(row, column, text, (enum screen_style)luaL_checkoption(L, 4, "plain", styles));
    return 0;
}

static int l_show(lua_State *L)
{
    (void)L;
    screen_show();
    return 0;
}

/* screen.key(ms) -> the name of a key; or nil where none came; or nil, "end" where the terminal has gone */
static int l_key(lua_State *L)
{
    char name[SCREEN_KEY_NAME];
    enum screen_result result = screen_key((int)luaL_checkinteger(L, 1), name);

    if (result == SCREEN_KEY) {
        lua_pushstring(L, name);
        return 1;
    }
    lua_pushnil(L);
    if (result == SCREEN_NONE)
        return 1;
    lua_pushstring(L, "end");
    return 2;
}

int luaopen_core_screen(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"open", l_open}, {"close", l_close}, {"size", l_size}, {"clear", l_clear},
        {"put", l_put},   {"show", l_show},   {"key", l_key},   {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}

#include "bind/bind.h"

int push_err(lua_State *L, const struct err *e)
{
    lua_pushnil(L);
    lua_pushstring(L, e->msg);
    lua_pushstring(L, err_name(e->code));
    return 3;
}

/* core.exchange: a question that a process finds as its stdin, and its answer; see exchange.h. */
#include "process/exchange.h"

#include "bind/bind.h"

#define EXCHANGE_MT "core.exchange"

struct box {
    int fd; /* -1: closed */
};

static struct box *check_open(lua_State *L, int arg)
{
    struct box *box = luaL_checkudata(L, arg, EXCHANGE_MT);

    luaL_argcheck(L, box->fd >= 0, arg, "is closed");
    return box;
}

int check_exchange(lua_State *L, int arg)
{
    return check_open(L, arg)->fd;
}

static int l_close(lua_State *L)
{
    struct box *box = luaL_checkudata(L, 1, EXCHANGE_MT);

    exchange_close(box->fd);
    box->fd = -1;
    return 0;
}

/* exchange.new(text) -> exchange, for the field `exchange` of process.spawn */
static int l_new(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct box *box = lua_newuserdatauv(L, sizeof *box, 0);
    struct err e = {0};

    box->fd = -1;
    luaL_setmetatable(L, EXCHANGE_MT);
    box->fd = exchange_open(text, len, &e);
    return box->fd >= 0 ? 1 : push_err(L, &e);
}

/* exchange:read(max) -> what it holds now */
static int l_read(lua_State *L)
{
    const struct box *box = check_open(L, 1);
    size_t max = (size_t)arg_integer(L, 2, NOT_NEGATIVE);
    struct buf *b = push_buffer(L);
    struct err e = {0};

    if (exchange_read(box->fd, max, b, &e) < 0)
        return push_err(L, &e);
    lua_pushlstring(L, b->data ? b->data : "", b->len);
    return 1;
}

int luaopen_core_exchange(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", l_new}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"read", l_read}, {"close", l_close}, {NULL, NULL}};

    class_new(L, EXCHANGE_MT, l_close, methods);
    luaL_newlib(L, functions);
    return 1;
}

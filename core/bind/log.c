/* core.log: synlua's own log lines. */
#include "output/log.h"

#include <errno.h>

#include "bind/bind.h"
#include "output/plain.h"

static const char *const LEVELS[] = {"debug", "info", "warn", "error", NULL};

/* log.write(level, text): logs one event; text may have several lines. */
static int l_write(lua_State *L)
{
    int level = luaL_checkoption(L, 1, NULL, LEVELS);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);

    log_text((enum log_level)level, text, len);
    return 0;
}

/* log.threshold(level): events below it are not shown. */
static int l_threshold(lua_State *L)
{
    log_threshold((enum log_level)luaL_checkoption(L, 1, NULL, LEVELS));
    return 0;
}

/* log.plain(text) -> the text, made safe for a terminal; see plain.h */
static int l_plain(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct buf *b = push_buffer(L);
    struct err e = {0};

    if (plain_add(b, text, len) < 0) {
        (void)err_set(&e, ENOMEM, "out of memory");
        return push_err(L, &e);
    }
    lua_pushlstring(L, b->data ? b->data : "", b->len);
    return 1;
}

int luaopen_core_log(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"write", l_write}, {"threshold", l_threshold}, {"plain", l_plain}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

/* core.output: how the services' lines are written, and the last lines of each service. */
#include "output/output.h"
#include "output/source.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "bind/bind.h"
#include "output/follow.h"
#include "bind/vm.h"

#define MAX_AGE_S (INT64_MAX / 1000)

/* The string at `field` of the table on the top, pushed above it so that it is not collected. */
static const char *string_at(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, field);
    lua_insert(L, -2);
    return lua_tostring(L, -2);
}

/* Reads `field` of the table at index 1, which is one of two words. Returns true for the second. */
static bool is_second(lua_State *L, const char *field, const char *const words[])
{
    int which;

    lua_getfield(L, 1, field);
    which = luaL_checkoption(L, -1, NULL, words);
    lua_pop(L, 1);
    return which == 1;
}

static bool boolean_at(lua_State *L, int arg, const char *field)
{
    bool is;

    lua_getfield(L, arg, field);
    is = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is;
}

/* output.configure{format = "text"|"json", when_blocked = "drop"|"wait", mute = nil | true, files = nil | {base=,
   path=, only=, uid=, gid=, max_bytes=, max_age_s=, keep=}} -> true; mute: no line of a service goes to stdout; only:
   the one service whose lines go to files */
static int l_configure(lua_State *L)
{
    static const char *const FORMATS[] = {"text", "json", NULL}, *const BLOCKED[] = {"drop", "wait", NULL};
    struct logfile_rules rules = {.dir = -1};
    const char *base = NULL, *path = NULL, *only = NULL;
    struct err e = {0};
    bool json, waits, mute;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    json = is_second(L, "format", FORMATS);
    waits = is_second(L, "when_blocked", BLOCKED);
    mute = boolean_at(L, 1, "mute");
    lua_getfield(L, 1, "files");
    if (lua_toboolean(L, -1)) {
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_replace(L, 1); /* from here on, index 1 is the table `files` */
        rules.uid = field_id(L, 1, "uid");
        rules.gid = field_id(L, 1, "gid");
        rules.max_bytes = (uint64_t)field_integer(L, 1, "max_bytes", INT64_MAX, POSITIVE);
        rules.max_age_ms = (uint64_t)field_integer(L, 1, "max_age_s", MAX_AGE_S, RANGE(1, MAX_AGE_S)) * 1000;
        rules.keep = (unsigned)field_integer(L, 1, "keep", 1, RANGE(0, UINT16_MAX));
        base = string_at(L, "base");
        path = string_at(L, "path");
        lua_getfield(L, -1, "only"); /* string_at keeps the table on the top */
        only = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
    }
    if (source_files(base, path, only, &rules, &e) < 0)
        return push_err(L, &e);
    output_format(json, waits, mute);
    lua_pushboolean(L, 1);
    return 1;
}

/* output.receive(name or nil, directory, file, {uid =, gid =, mute =, object =, counts =}) -> true; see output_receive
   */
static int l_receive(lua_State *L)
{
    const char *name = luaL_optstring(L, 1, NULL);
    struct output_fifo from = {
        .directory = luaL_checkstring(L, 2), .file = luaL_checkstring(L, 3), .owner = {.mode = 0600}};
    struct err e = {0};

    luaL_checktype(L, 4, LUA_TTABLE);
    from.owner.uid = field_id(L, 4, "uid");
    from.owner.gid = field_id(L, 4, "gid");
    from.mute = boolean_at(L, 4, "mute");
    from.object = boolean_at(L, 4, "object");
    from.counts = boolean_at(L, 4, "counts");
    if (output_receive(name, &from, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* output.reopen(): closes the log files; the next line makes new ones where they were moved away */
static int l_reopen(lua_State *L)
{
    (void)L;
    source_reopen();
    return 0;
}

/* output.last_line(name) -> the last line of the service, "" if there is none; the name "synlua" gives our own */
static int l_last_line(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    char *text = lua_newuserdatauv(L, RING_MAX, 0);
    size_t len = output_last(name, 1, text);

    lua_pushlstring(L, text, len > 0 ? len - 1 : 0);
    return 1;
}

/* output.last_lines(name, n) -> list of at most n lines, oldest first */
static int l_last_lines(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1), *at, *end;
    lua_Integer n = arg_integer(L, 2, NOT_NEGATIVE), i;
    char *text;

    text = lua_newuserdatauv(L, RING_MAX, 0);
    end = text + output_last(name, (size_t)n, text);
    lua_newtable(L);
    for (at = text, i = 1; at < end; i++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        lua_pushlstring(L, at, (size_t)(stop - at));
        lua_rawseti(L, -2, i);
        at = stop + 1;
    }
    return 1;
}

/* output.runs() -> list of {name, lines}, newest first: who wrote how many lines without an interruption */
static int l_runs(lua_State *L)
{
    unsigned lines;
    const char *name;
    lua_Integer at;

    lua_newtable(L);
    for (at = 1; (name = source_run((size_t)at - 1, &lines)) != NULL; at++) {
        lua_createtable(L, 0, 2);
        lua_pushstring(L, name);
        lua_setfield(L, -2, "name");
        set_integer(L, "lines", lines);
        lua_rawseti(L, -2, at);
    }
    return 1;
}

/* output.counts(name | nil) -> {lines=, bytes=, dropped=, not_in_file=} since the start; nil: the sum of all services
   */
static int l_counts(lua_State *L)
{
    const struct output_counts counts = output_counts(luaL_optstring(L, 1, NULL));

    lua_createtable(L, 0, 4);
    set_integer(L, "lines", (lua_Integer)counts.lines);
    set_integer(L, "bytes", (lua_Integer)counts.bytes);
    set_integer(L, "dropped", (lua_Integer)counts.dropped);
    set_integer(L, "not_in_file", (lua_Integer)counts.not_in_file);
    return 1;
}

/* Appends the text at index `at` of the list on the top to a buffer; "" if there is none. */
static int add_text(lua_State *L, int at, struct buf *to)
{
    const char *text;

    lua_rawgeti(L, -1, at);
    text = lua_tostring(L, -1);
    lua_pop(L, 1); /* the list still holds the string */
    if (!text)
        text = "";
    return buf_add(to, text, strlen(text) + 1);
}

/* output.quiet(name, {{early, late | nil}, ...}) -> how many lines were left out since the call before. From now on a
   line of the service is left out if it has `early` within its first 80 bytes, and `late` somewhere behind that. */
static int l_quiet(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_Integer n, i;
    struct buf texts = BUF_INIT;

    luaL_checktype(L, 2, LUA_TTABLE);
    n = (lua_Integer)lua_rawlen(L, 2);
    for (i = 1; i <= n; i++) {
        luaL_argcheck(L, lua_rawgeti(L, 2, i) == LUA_TTABLE, 2, "must hold lists of texts");
        luaL_argcheck(L, lua_rawgeti(L, -1, 1) == LUA_TSTRING, 2, "must hold lists of texts");
        luaL_argcheck(L, lua_rawgeti(L, -2, 2) == LUA_TSTRING || lua_isnil(L, -1), 2, "must hold lists of texts");
        lua_pop(L, 3);
    }
    for (i = 1; i <= n; i++) { /* no call raises from here on */
        lua_rawgeti(L, 2, i);
        if (add_text(L, 1, &texts) < 0 || add_text(L, 2, &texts) < 0)
            buf_reset(&texts);
        lua_pop(L, 1);
    }
    lua_pushinteger(L, (lua_Integer)output_quiet(name, &texts));
    return 1;
}

static void tell(const char *name, const char *text, size_t len)
{
    lua_State *L = vm_state();

    if (!vm_push_handler("line"))
        return;
    lua_pushstring(L, name);
    lua_pushlstring(L, text, len);
    (void)vm_call(2, 0);
}

/* output.on_line(fn | nil): calls fn(name, text) for each whole line from now on, soon after it was written */
static int l_on_line(lua_State *L)
{
    if (!lua_isnoneornil(L, 1))
        luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "synlua.handlers");
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "line");
    follow_set(lua_isnil(L, 1) ? NULL : tell);
    return 0;
}

int luaopen_core_output(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"configure", l_configure}, {"last_line", l_last_line}, {"last_lines", l_last_lines}, {"counts", l_counts},
        {"reopen", l_reopen},       {"on_line", l_on_line},     {"quiet", l_quiet},           {"runs", l_runs},
        {"receive", l_receive},     {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}

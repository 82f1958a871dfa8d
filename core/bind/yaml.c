/* core.yaml: reads and writes the events of YAML. lib.yaml turns them into Lua values, and values into events.

   reader(text) -> reader, or nil, message, name
     reader:next() -> kind, line, column, tag, anchor, text, style; "done" or an error closes the reader
   writer() -> writer, or nil, message, name
     writer:put(kind, tag, text, style) -> true; a failure closes the writer. For "map" and "seq", text says whether
       they are empty
     writer:finish() -> the document's text; closes the writer */
#include "bind/bind.h"
#include "yaml/read.h"
#include "yaml/write.h"

#define READER_MT "core.yaml.reader"
#define WRITER_MT "core.yaml.writer"

static const char *const kinds[] = {
    [YAML_MAP] = "map",         [YAML_SEQ] = "seq",         [YAML_SCALAR] = "scalar", [YAML_ALIAS] = "alias",
    [YAML_MAP_END] = "map_end", [YAML_SEQ_END] = "seq_end", [YAML_DONE] = "done",     NULL};
static const char *const styles[] = {[YAML_PLAIN] = "plain",     [YAML_SINGLE] = "single",
                                     [YAML_DOUBLE] = "double",   [YAML_LITERAL] = "literal",
                                     [YAML_FOLDED] = "folded",   NULL};

struct reader_box {
    struct yaml_reader *reader; /* NULL: closed */
};

struct writer_box {
    struct yaml_writer *writer; /* NULL: closed */
};

static int l_reader_close(lua_State *L)
{
    struct reader_box *box = luaL_checkudata(L, 1, READER_MT);

    yaml_reader_free(box->reader);
    box->reader = NULL;
    return 0;
}

static int l_writer_close(lua_State *L)
{
    struct writer_box *box = luaL_checkudata(L, 1, WRITER_MT);

    yaml_writer_free(box->writer);
    box->writer = NULL;
    return 0;
}

static int l_reader(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct reader_box *box = lua_newuserdatauv(L, sizeof *box, 1);
    struct err e = {0};

    box->reader = NULL;
    luaL_setmetatable(L, READER_MT);
    lua_pushvalue(L, 1); /* the reader borrows it */
    (void)lua_setiuservalue(L, -2, 1);
    box->reader = yaml_reader_new(text, len, &e);
    return box->reader ? 1 : push_err(L, &e);
}

static int l_next(lua_State *L)
{
    struct reader_box *box = luaL_checkudata(L, 1, READER_MT);
    struct yaml_item item;
    struct err e = {0};
    int rc;

    luaL_argcheck(L, box->reader, 1, "is closed");
    rc = yaml_reader_next(box->reader, &item, &e);
    if (rc < 0 || item.kind == YAML_DONE)
        (void)l_reader_close(L);
    if (rc < 0)
        return push_err(L, &e);
    lua_pushstring(L, kinds[item.kind]);
    lua_pushinteger(L, (lua_Integer)item.line);
    lua_pushinteger(L, (lua_Integer)item.column);
    lua_pushstring(L, item.tag);
    lua_pushstring(L, item.anchor);
    if (item.kind != YAML_SCALAR)
        return 5;
    lua_pushlstring(L, item.text, item.len);
    lua_pushstring(L, styles[item.style]);
    return 7;
}

static int l_writer(lua_State *L)
{
    struct writer_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    struct err e = {0};

    box->writer = NULL;
    luaL_setmetatable(L, WRITER_MT);
    box->writer = yaml_writer_new(&e);
    return box->writer ? 1 : push_err(L, &e);
}

static struct writer_box *check_writer(lua_State *L)
{
    struct writer_box *box = luaL_checkudata(L, 1, WRITER_MT);

    luaL_argcheck(L, box->writer, 1, "is closed");
    return box;
}

static int l_put(lua_State *L)
{
    struct writer_box *box = check_writer(L);
    struct yaml_item item = {.kind = (enum yaml_kind)luaL_checkoption(L, 2, NULL, kinds)};
    struct err e = {0};

    item.tag = luaL_optstring(L, 3, NULL);
    if (item.kind == YAML_SCALAR) {
        item.text = luaL_checklstring(L, 4, &item.len);
        item.style = (enum yaml_style)(YAML_PLAIN + luaL_checkoption(L, 5, NULL, styles + YAML_PLAIN));
    } else {
        item.empty = lua_toboolean(L, 4);
    }
    if (yaml_writer_put(box->writer, &item, &e) < 0) {
        (void)l_writer_close(L);
        return push_err(L, &e);
    }
    lua_pushboolean(L, 1);
    return 1;
}

static int l_finish(lua_State *L)
{
    struct writer_box *box = check_writer(L);
    const struct buf *text;
    struct err e = {0};

    if (yaml_writer_put(box->writer, &(struct yaml_item){.kind = YAML_DONE}, &e) < 0) {
        (void)l_writer_close(L);
        return push_err(L, &e);
    }
    text = yaml_writer_text(box->writer);
    lua_pushlstring(L, text->data, text->len);
    return l_writer_close(L) + 1;
}

int luaopen_core_yaml(lua_State *L)
{
    static const luaL_Reg functions[] = {{"reader", l_reader}, {"writer", l_writer}, {NULL, NULL}};
    static const luaL_Reg reader[] = {{"next", l_next}, {NULL, NULL}};
    static const luaL_Reg writer[] = {{"put", l_put}, {"finish", l_finish}, {NULL, NULL}};

    class_new(L, READER_MT, l_reader_close, reader);
    class_new(L, WRITER_MT, l_writer_close, writer);
    luaL_newlib(L, functions);
    return 1;
}

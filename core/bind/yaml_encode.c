#include "bind/yaml_encode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/keys.h"
#include "yaml/write.h"

#define WRITER_MT "core.yaml.writer"

const char *const yaml_kind_names[] = {
    [YAML_MAP] = "yaml.map", [YAML_SEQ] = "yaml.seq", [YAML_SCALAR] = "yaml.scalar"};
const char *const yaml_style_names[] = {"plain", "single", "double", "literal", "folded", NULL};

/* Where in the value we are, for messages and to find a table within itself. */
struct place {
    const struct place *up;
    const void *table;
    const char *key; /* NULL: index counts */
    size_t len;
    lua_Integer index;
    unsigned depth;
};

struct encoder {
    struct yaml_writer *writer;
    unsigned nodes;
};

struct key {
    const char *text;
    size_t len;
    bool is_string;
    lua_Integer at; /* in the table of keys */
};

static int encode_value(lua_State *L, struct encoder *enc, struct place *at, struct err *e);

static int l_writer_gc(lua_State *L)
{
    struct yaml_writer **box = luaL_checkudata(L, 1, WRITER_MT);

    yaml_writer_free(*box);
    *box = NULL;
    return 0;
}

static void path_add(const struct place *at, char *out, size_t size)
{
    size_t used;

    if (!at->up)
        return;
    path_add(at->up, out, size);
    used = strlen(out);
    if (!at->key) {
        (void)snprintf(out + used, size - used, "[%lld]", (long long)at->index);
        return;
    }
    (void)snprintf(out + used, size - used, "%s%.*s", used ? "." : "", (int)at->len, at->key);
    for (; out[used]; used++)
        if (out[used] < 0x20 || out[used] > 0x7e)
            out[used] = '?';
}

/* Puts the path of the value in front of what is wrong with it. */
static int fail(const struct place *at, struct err *e, int code, const char *what)
{
    char path[200] = "", text[256];

    path_add(at, path, sizeof path);
    (void)snprintf(text, sizeof text, "%s", what);
    return err_set(e, code, "%s: %s", path[0] ? path : "the value", text);
}

static int done(const struct place *at, int rc, struct err *e)
{
    return rc < 0 ? fail(at, e, e->code, e->msg) : 0;
}

/* The kind of the table on top, or -1: it has a metatable of another kind. */
static int table_kind(lua_State *L)
{
    int type, kind = -1;

    if (!lua_getmetatable(L, -1)) {
        type = lua_rawgeti(L, -1, 1);
        lua_pop(L, 1);
        return type == LUA_TNIL ? YAML_MAP : YAML_SEQ;
    }
    lua_pushliteral(L, "__name");
    if (lua_rawget(L, -2) == LUA_TSTRING)
        for (int i = YAML_MAP; i <= YAML_SCALAR; i++)
            if (!strcmp(lua_tostring(L, -1), yaml_kind_names[i]))
                kind = i;
    lua_pop(L, 2);
    return kind;
}

/* A string field of the table at index, or NULL. It lives as long as the table. */
static const char *raw_string(lua_State *L, int index, const char *name, size_t *len)
{
    const char *text = NULL;

    index = lua_absindex(L, index);
    lua_pushstring(L, name);
    if (lua_rawget(L, index) == LUA_TSTRING)
        text = lua_tolstring(L, -1, len);
    lua_pop(L, 1);
    return text;
}

/* Reads the scalar table on top. NULL, or what is wrong. */
static const char *read_scalar(lua_State *L, struct yaml_text *it)
{
    const char *style = raw_string(L, -1, "style", NULL);
    int found = 0;

    it->tag = raw_string(L, -1, "tag", NULL);
    it->text = raw_string(L, -1, "text", &it->len);
    if (!it->text)
        return "a scalar without text";
    while (style && yaml_style_names[found] && strcmp(yaml_style_names[found], style) != 0)
        found++;
    if (!yaml_style_names[found])
        return "a scalar with an unknown style";
    it->style = (enum yaml_style)found;
    return NULL;
}

static int encode_scalar(lua_State *L, struct encoder *enc, const struct place *at, bool key,
                         struct err *e)
{
    struct yaml_text it = {.key = key};
    const char *wrong = read_scalar(L, &it);

    if (wrong)
        return fail(at, e, EBADMSG, wrong);
    return done(at, yaml_write_scalar(enc->writer, &it, e), e);
}

/* Reads the key on top. */
static int read_key(lua_State *L, struct key *key, const struct place *at, struct err *e)
{
    struct yaml_text it;
    const char *wrong = "a key that is neither text nor a scalar";

    if (lua_type(L, -1) == LUA_TSTRING) {
        key->text = lua_tolstring(L, -1, &key->len);
        key->is_string = true;
        return 0;
    }
    if (lua_type(L, -1) == LUA_TTABLE && table_kind(L) == YAML_SCALAR)
        wrong = read_scalar(L, &it);
    if (wrong)
        return fail(at, e, EBADMSG, wrong);
    key->text = it.text;
    key->len = it.len;
    key->is_string = yaml_key_is_string(&(struct yaml_node){
        .kind = YAML_SCALAR, .tag = it.tag, .style = it.style, .text = it.text, .len = it.len});
    if (!it.len && !key->is_string && !it.tag) { /* as it is written */
        key->text = "null";
        key->len = strlen(key->text);
    }
    return 0;
}

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->text, b->text, shorter);

    if (!order)
        order = (a->len > b->len) - (a->len < b->len);
    return order ? order : (int)a->is_string - (int)b->is_string;
}

/* Of the table on top, pushes a table of its keys and a userdata with them sorted; counts first. */
static int push_sorted_keys(lua_State *L, struct key **keys, size_t *count, const struct place *at,
                            struct err *e)
{
    int map = lua_gettop(L), names = map + 1;
    size_t used = 0;

    *count = 0;
    for (lua_pushnil(L); lua_next(L, map); lua_pop(L, 1))
        (*count)++;
    lua_createtable(L, (int)*count, 0);
    *keys = lua_newuserdatauv(L, (*count + 1) * sizeof **keys, 0);
    for (lua_pushnil(L); lua_next(L, map);) {
        struct key *key = &(*keys)[used++];

        lua_pop(L, 1);
        if (read_key(L, key, at, e) < 0)
            return -1;
        key->at = (lua_Integer)used;
        lua_pushvalue(L, -1);
        lua_rawseti(L, names, key->at);
    }
    qsort(*keys, *count, sizeof **keys, compare_keys);
    for (size_t i = 1; i < *count; i++)
        if (!compare_keys(&(*keys)[i - 1], &(*keys)[i])) {
            struct place twice = {.up = at, .key = (*keys)[i].text, .len = (*keys)[i].len};

            return fail(&twice, e, EBADMSG, "given twice, as text or as a scalar");
        }
    return 0;
}

static int begin(lua_State *L, struct encoder *enc, enum yaml_kind kind, bool empty,
                 const struct place *at, struct err *e)
{
    int has = lua_getmetatable(L, -1);
    const char *tag = has ? raw_string(L, -1, "tag", NULL) : NULL;

    lua_pop(L, has);
    return done(at, yaml_write_begin(enc->writer, kind, tag, empty, e), e);
}

static int encode_map(lua_State *L, struct encoder *enc, struct place *at, struct err *e)
{
    int map = lua_gettop(L), names = map + 1;
    struct key *keys;
    size_t count;

    if (push_sorted_keys(L, &keys, &count, at, e) < 0)
        return -1;
    lua_pushvalue(L, map);
    if (begin(L, enc, YAML_MAP, !count, at, e) < 0)
        return -1;
    lua_pop(L, 1);
    for (size_t i = 0; i < count; i++) {
        struct place below = {
            .up = at, .key = keys[i].text, .len = keys[i].len, .depth = at->depth + 1};
        int rc;

        lua_rawgeti(L, names, keys[i].at);
        rc = lua_type(L, -1) == LUA_TSTRING
                 ? done(&below, yaml_write_string(enc->writer, keys[i].text, keys[i].len, e), e)
                 : encode_scalar(L, enc, &below, true, e);
        if (rc < 0)
            return -1;
        lua_rawget(L, map);
        if (encode_value(L, enc, &below, e) < 0)
            return -1;
        lua_pop(L, 1);
    }
    lua_settop(L, map);
    return done(at, yaml_write_end(enc->writer, YAML_MAP, e), e);
}

static int encode_seq(lua_State *L, struct encoder *enc, struct place *at, struct err *e)
{
    int seq = lua_gettop(L);
    lua_Integer count = 0, highest = 0;

    for (lua_pushnil(L); lua_next(L, seq); lua_pop(L, 1)) {
        count++;
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 1)
            return fail(at, e, EBADMSG, "a sequence with a key that is not an index");
        if (lua_tointeger(L, -2) > highest)
            highest = lua_tointeger(L, -2);
    }
    if (highest != count)
        return fail(at, e, EBADMSG, "a sequence with holes");
    if (begin(L, enc, YAML_SEQ, !count, at, e) < 0)
        return -1;
    for (lua_Integer i = 1; i <= count; i++) {
        struct place below = {.up = at, .index = i, .depth = at->depth + 1};

        lua_rawgeti(L, seq, i);
        if (encode_value(L, enc, &below, e) < 0)
            return -1;
        lua_pop(L, 1);
    }
    return done(at, yaml_write_end(enc->writer, YAML_SEQ, e), e);
}

static int encode_table(lua_State *L, struct encoder *enc, struct place *at, struct err *e)
{
    int kind = table_kind(L);

    if (kind < 0)
        return fail(at, e, EBADMSG, "a table with a metatable that is not YAML's");
    if (kind == YAML_SCALAR)
        return encode_scalar(L, enc, at, false, e);
    at->table = lua_topointer(L, -1);
    for (const struct place *above = at->up; above; above = above->up)
        if (above->table == at->table)
            return fail(at, e, EBADMSG, "a table that contains itself");
    if (at->depth >= YAML_MAX_DEPTH)
        return fail(at, e, EBADMSG, "nested too deeply");
    luaL_checkstack(L, YAML_LUA_STACK, "nested too deeply");
    return kind == YAML_SEQ ? encode_seq(L, enc, at, e) : encode_map(L, enc, at, e);
}

/* Writes the value on top. Leaves the stack as it was, but for a failure, which ends it all. */
static int encode_value(lua_State *L, struct encoder *enc, struct place *at, struct err *e)
{
    struct yaml_writer *w = enc->writer;
    const char *text;
    char number[32];
    size_t len;

    if (enc->nodes++ >= YAML_MAX_NODES)
        return fail(at, e, EBADMSG, "too many values");
    switch (lua_type(L, -1)) {
    case LUA_TTABLE:
        return encode_table(L, enc, at, e);
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &len);
        return done(at, yaml_write_string(w, text, len, e), e);
    case LUA_TBOOLEAN:
        return done(at, yaml_write_plain(w, lua_toboolean(L, -1) ? "true" : "false", e), e);
    case LUA_TNUMBER:
        if (!lua_isinteger(L, -1))
            return done(at, yaml_write_float(w, lua_tonumber(L, -1), e), e);
        (void)snprintf(number, sizeof number, "%lld", (long long)lua_tointeger(L, -1));
        return done(at, yaml_write_plain(w, number, e), e);
    default:
        (void)snprintf(number, sizeof number, "a %s", luaL_typename(L, -1));
        return fail(at, e, EBADMSG, number);
    }
}

int yaml_encode(lua_State *L)
{
    struct encoder enc = {NULL, 0};
    struct place root = {NULL};
    struct yaml_writer **box;
    const struct buf *out;
    struct err e = {0};

    luaL_checkany(L, 1);
    box = lua_newuserdatauv(L, sizeof(struct yaml_writer *), 0);
    *box = NULL;
    luaL_setmetatable(L, WRITER_MT);
    *box = enc.writer = yaml_writer_new(&e);
    if (!*box)
        return push_err(L, &e);
    lua_pushvalue(L, 1);
    if (encode_value(L, &enc, &root, &e) < 0 ||
        done(&root, yaml_write_finish(enc.writer, &out, &e), &e) < 0) {
        yaml_writer_free(*box);
        *box = NULL;
        return push_err(L, &e);
    }
    lua_pushlstring(L, out->data, out->len);
    yaml_writer_free(*box);
    *box = NULL;
    return 1;
}

void yaml_encode_open(lua_State *L)
{
    class_new(L, WRITER_MT, l_writer_gc, NULL);
}

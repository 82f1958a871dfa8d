/* core.yaml: YAML text to Lua values and back.
   Maps and sequences are tables that know their kind by their metatable's __name (and tag, if they
   had one that matters); scalars stay the text they were, with tag and style, so that writing them
   changes nothing. */
#include <stdio.h>
#include <string.h>

#include "bind/yaml_encode.h"
#include "yaml/keys.h"
#include "yaml/read.h"

#define TREE_MT "core.yaml.tree"

static int l_tree_gc(lua_State *L)
{
    struct yaml_tree **box = luaL_checkudata(L, 1, TREE_MT);

    yaml_tree_free(*box);
    *box = NULL;
    return 0;
}

/* What conversion needs at hand: stack indices of the tables that outlive a node. */
struct decoder {
    int seen;  /* node -> table, for nodes with several parents */
    int lines; /* table -> line */
};

static void set_kind(lua_State *L, enum yaml_kind kind, const char *tag)
{
    char name[96];

    if (!tag || kind == YAML_SCALAR || strstr(tag, ":map") || strstr(tag, ":seq")) {
        luaL_setmetatable(L, yaml_kind_names[kind]);
        return;
    }
    (void)snprintf(name, sizeof name, "%s %s", yaml_kind_names[kind], tag);
    if (luaL_newmetatable(L, name)) {
        lua_pushstring(L, yaml_kind_names[kind]);
        lua_setfield(L, -2, "__name");
        lua_pushstring(L, tag);
        lua_setfield(L, -2, "tag");
    }
    lua_setmetatable(L, -2);
}

static void push_scalar(lua_State *L, const struct yaml_node *node)
{
    lua_createtable(L, 0, 5);
    lua_pushlstring(L, node->text, node->len);
    lua_setfield(L, -2, "text");
    lua_pushstring(L, yaml_style_names[node->style]);
    lua_setfield(L, -2, "style");
    lua_pushinteger(L, node->line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, node->column);
    lua_setfield(L, -2, "column");
    if (node->tag) {
        lua_pushstring(L, node->tag);
        lua_setfield(L, -2, "tag");
    }
    set_kind(L, YAML_SCALAR, NULL);
}

static void push_key(lua_State *L, const struct yaml_node *key)
{
    if (yaml_key_is_string(key))
        lua_pushlstring(L, key->text, key->len);
    else
        push_scalar(L, key);
}

static void push_node(lua_State *L, const struct decoder *d, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        push_scalar(L, node);
        return;
    }
    luaL_checkstack(L, YAML_LUA_STACK, "nested too deeply");
    if (lua_rawgetp(L, d->seen, node) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    if (node->kind == YAML_SEQ)
        lua_createtable(L, (int)node->count, 0);
    else
        lua_createtable(L, 0, (int)(node->count / 2));
    set_kind(L, node->kind, node->tag);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, d->seen, node);
    lua_pushvalue(L, -1);
    lua_pushinteger(L, node->line);
    lua_rawset(L, d->lines);
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_SEQ) {
            push_node(L, d, node->items[i]);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        } else {
            push_key(L, node->items[i]);
            push_node(L, d, node->items[++i]);
            lua_rawset(L, -3);
        }
    }
}

static void push_warnings(lua_State *L, const struct yaml_tree *tree)
{
    lua_Integer at = 0;

    lua_newtable(L);
    for (const struct yaml_warning *w = tree->warnings; w; w = w->next) {
        lua_createtable(L, 0, 3);
        lua_pushinteger(L, w->line);
        lua_setfield(L, -2, "line");
        lua_pushinteger(L, w->column);
        lua_setfield(L, -2, "column");
        lua_pushstring(L, w->what);
        lua_setfield(L, -2, "what");
        lua_rawseti(L, -2, ++at);
    }
}

/* The options in the table at 2, if any; the strings stay on the stack. */
static void check_options(lua_State *L, struct yaml_source *source)
{
    static const char *const modes[] = {"error", "warn", NULL};

    source->name = "yaml";
    if (lua_isnoneornil(L, 2))
        return;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "name");
    source->name = luaL_optstring(L, -1, source->name);
    lua_getfield(L, 2, "duplicates");
    source->warn_duplicates = luaL_checkoption(L, lua_gettop(L), "error", modes) == 1;
}

/* yaml.decode(text, {name=, duplicates="error"|"warn"}) -> value, {warnings=, lines=} */
static int l_decode(lua_State *L)
{
    struct yaml_source source = {0};
    struct yaml_tree **box;
    struct decoder d;
    struct err e = {0};

    source.text = luaL_checklstring(L, 1, &source.len);
    check_options(L, &source);
    box = lua_newuserdatauv(L, sizeof(struct yaml_tree *), 0);
    *box = NULL;
    luaL_setmetatable(L, TREE_MT);
    *box = yaml_read(&source, &e);
    if (!*box)
        return push_err(L, &e);
    lua_newtable(L);
    d.seen = lua_gettop(L);
    lua_newtable(L);
    d.lines = lua_gettop(L);
    push_node(L, &d, (*box)->root);
    lua_createtable(L, 0, 2);
    push_warnings(L, *box);
    lua_setfield(L, -2, "warnings");
    lua_pushvalue(L, d.lines);
    lua_setfield(L, -2, "lines");
    yaml_tree_free(*box);
    *box = NULL;
    return 2;
}

int luaopen_core_yaml(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"decode", l_decode}, {"encode", yaml_encode}, {NULL, NULL}};

    for (int kind = YAML_MAP; kind <= YAML_SCALAR; kind++)
        (void)luaL_newmetatable(L, yaml_kind_names[kind]);
    class_new(L, TREE_MT, l_tree_gc, NULL);
    yaml_encode_open(L);
    luaL_newlib(L, functions);
    return 1;
}

/* Lets require load modules from the bundle of compiled files. */
#include "host/bundle.h"

#include "bind/bind.h"
#include "bind/vm.h"

/* A searcher of package.searchers. Returns the chunk and its path, or a text that says why there is none. */
static int l_search(lua_State *L)
{
    const char *module = luaL_checkstring(L, 1);
    struct buf *path = push_buffer(L);
    struct bundle_chunk chunk;

    if (!bundle_find(module, &chunk, path)) {
        lua_pushliteral(L, "\n\tnot among the compiled files");
        return 1;
    }
    if (luaL_loadbufferx(L, chunk.bytes, chunk.len, module, "b") != LUA_OK) /* of another Lua version: use the text */
        return 1;
    lua_pushstring(L, path->data);
    return 2;
}

void vm_add_bundle(lua_State *L)
{
    lua_Integer at;

    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (at = luaL_len(L, -1); at >= 2; at--) { /* goes behind the searcher of preload and before that of files */
        lua_geti(L, -1, at);
        lua_seti(L, -2, at + 1);
    }
    lua_pushcfunction(L, l_search);
    lua_seti(L, -2, 2);
    lua_pop(L, 2);
}

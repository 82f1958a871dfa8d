/* Reads any bytes as YAML, writes the value, and reads that again. A value that we accept must come back the same.
   Runs where ./lua is. clang: -fsanitize=fuzzer,address. Elsewhere -DFUZZ_MAIN makes a program that runs the files
   it is given. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lualib.h>

#include "bind/bind.h"
#include "yaml/item.h"

int luaopen_lpeg(lua_State *L);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An alias that names nearly everything may make a small input a very long output, hence the limit. */
static const char chunk[] =
    "package.path = './lua/?.lua;./lua/?/init.lua'\n"
    "local yaml = require 'lib.yaml'\n"
    "return function(text)\n"
    "  local odd = #text > 0 and text:byte(-1) % 2 == 1\n"
    "  local value, why = yaml.decode(text, {name = 'fuzz', duplicates = odd and 'warn' or 'error'})\n"
    "  if value == nil then return end\n"
    "  local once, fault = yaml.encode(value)\n"
    "  if not once and fault:find('too many values', 1, true) then return end\n"
    "  assert(once, fault)\n"
    "  if #once > 200000 then return end\n"
    "  local twice = assert(yaml.encode((assert(yaml.decode(once, {name = 'again'})))))\n"
    "  assert(once == twice, 'a second round changes\\n' .. once .. '\\nto\\n' .. twice)\n"
    "end\n";

static void run(lua_State *L, int args, int results)
{
    if (lua_pcall(L, args, results, 0) == LUA_OK)
        return;
    (void)fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
}

static lua_State *state_new(void)
{
    lua_State *L = luaL_newstate();

    if (!L)
        abort();
    luaL_openlibs(L);
    (void)luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_core_yaml);
    lua_setfield(L, -2, "core.yaml");
    lua_pop(L, 1);
    luaL_requiref(L, "lpeg", luaopen_lpeg, 0);
    lua_pop(L, 1);
    if (luaL_loadstring(L, chunk) != LUA_OK)
        abort();
    run(L, 0, 1);
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;

    if (!L)
        L = state_new();
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, size);
    run(L, 1, 0);
    return 0;
}

#ifdef FUZZ_MAIN
#include "files.h"

int main(int argc, char **argv)
{
    return run_files(argc, argv, YAML_MAX_INPUT + 2);
}
#endif

/* core.system: facts about the machine and the user, the environment, the clock, random bytes. */
#include <limits.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/pages.h"
#include "bind/pool.h"
#include "host/bundle.h"
#include "host/host.h"
#include "files/files.h"
#include "base/sock.h"
#include "base/sys.h"

static int l_environment(lua_State *L)
{
    char **at;

    lua_newtable(L);
    for (at = environ; *at; at++) {
        const char *equals = *at;

        while (*equals && *equals != '=')
            equals++;
        if (*equals != '=')
            continue;
        lua_pushlstring(L, *at, (size_t)(equals - *at));
        lua_pushstring(L, equals + 1);
        lua_rawset(L, -3);
    }
    return 1;
}

/* system.room(path) -> {bytes, files, read_only}: how much of its file system users other than root may still use.
   bytes or files is missing if the file system does not report it. */
static int l_room(lua_State *L)
{
    struct statvfs room;
    struct err e = {0};

    if (host_room(luaL_checkstring(L, 1), &room, &e) < 0)
        return push_err(L, &e);
    lua_newtable(L);
    if (room.f_blocks > 0)
        set_integer(L, "bytes", (lua_Integer)((room.f_bavail * (uint64_t)room.f_frsize) & INT64_MAX));
    if (room.f_files > 0)
        set_integer(L, "files", (lua_Integer)(room.f_favail & INT64_MAX));
    lua_pushboolean(L, (room.f_flag & ST_RDONLY) != 0);
    lua_setfield(L, -2, "read_only");
    return 1;
}

/* system.identity() -> {uid, gid, pid, cpus, page_size} */
static int l_identity(lua_State *L)
{
    const struct host_facts facts = host_facts();

    lua_newtable(L);
    set_integer(L, "uid", facts.uid);
    set_integer(L, "gid", facts.gid);
    set_integer(L, "pid", facts.pid);
    set_integer(L, "cpus", facts.cpus);
    set_integer(L, "page_size", facts.page_size);
    return 1;
}

/* system.user(name) -> uid, gid */
static int l_user(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct err e = {0};
    uid_t uid;
    gid_t gid;

    if (host_user(name, &uid, &gid, &e) < 0)
        return push_err(L, &e);
    lua_pushinteger(L, uid);
    lua_pushinteger(L, gid);
    return 2;
}

/* system.addresses(name) -> the addresses of a host name, one a line; or nil, message, name: "ENOENT" if it has none */
static int l_addresses(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct buf *addresses = push_buffer(L);
    struct err e = {0};

    if (host_addresses(name, addresses, &e) < 0)
        return push_err(L, &e);
    lua_pushlstring(L, addresses->data ? addresses->data : "", addresses->len);
    return 1;
}

/* system.versions() -> {lua, libuv}, the versions that are built in */
static int l_versions(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE);
    lua_setfield(L, -2, "lua");
    lua_pushstring(L, host_facts().libuv);
    lua_setfield(L, -2, "libuv");
    return 1;
}

static int l_now(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)sys_now());
    return 1;
}

/* system.random(n) -> n bytes fit for secrets, at most 256 */
static int l_random(lua_State *L)
{
    lua_Integer n = arg_integer(L, 1, RANGE(1, 256));
    char bytes[256];
    struct err e = {0};

    if (sys_random(bytes, (size_t)n) < 0) {
        (void)err_sys(&e, "random bytes");
        return push_err(L, &e);
    }
    lua_pushlstring(L, bytes, (size_t)n);
    return 1;
}

static int l_is_terminal(lua_State *L)
{
    lua_pushboolean(L, isatty((int)arg_integer(L, 1, RANGE(INT_MIN, INT_MAX))) == 1);
    return 1;
}

/* system.can_listen(address, port) -> true, or nil, message, name */
static int l_can_listen(lua_State *L)
{
    const char *address = luaL_checkstring(L, 1);
    lua_Integer port = luaL_checkinteger(L, 2);
    struct err e = {0};

    luaL_argcheck(L, port >= 0 && port <= 65535, 2, "is no port");
    if (sock_can_listen(address, (int)port, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* system.socket_is_free(path) -> true, or nil, message, name */
static int l_socket_is_free(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct err e = {0};

    if (sock_is_free(path, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* system.lock(directory, name) -> true, and the lock is held until this process ends; or nil, message, name: "EAGAIN"
   if another process holds it */
static int l_lock(lua_State *L)
{
    const char *directory = luaL_checkstring(L, 1), *name = luaL_checkstring(L, 2);
    struct err e = {0};

    if (file_lock(directory, name, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* system.give_back(): returns memory that Lua has freed to the kernel, and what was read of compiled files and of
   libraries; what is needed of them again is read again */
static int l_give_back(lua_State *L)
{
    (void)L;
    bundle_close();
    pool_give_back();
    pages_give_back();
    return 0;
}

int luaopen_core_system(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"environment", l_environment}, {"identity", l_identity},
        {"user", l_user},               {"now", l_now},
        {"random", l_random},           {"is_terminal", l_is_terminal},
        {"can_listen", l_can_listen},   {"socket_is_free", l_socket_is_free},
        {"lock", l_lock},               {"versions", l_versions},
        {"give_back", l_give_back},     {"room", l_room},
        {"addresses", l_addresses},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}

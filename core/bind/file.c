/* core.file: read whole, replace atomically, directories; see files.h for what is promised. */
#include "files/as_user.h"
#include "files/files.h"
#include "files/way.h"

#include <errno.h>
#include <string.h>

#include "bind/bind.h"
#include "host/host.h"

static void push_stat(lua_State *L, const struct stat *st)
{
    const char *kind = S_ISREG(st->st_mode)    ? "file"
                       : S_ISDIR(st->st_mode)  ? "directory"
                       : S_ISSOCK(st->st_mode) ? "socket"
                       : S_ISLNK(st->st_mode)  ? "link"
                                               : "other";

    lua_newtable(L);
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "kind");
    set_integer(L, "mode", st->st_mode & 07777);
    set_integer(L, "uid", st->st_uid);
    set_integer(L, "gid", st->st_gid);
    set_integer(L, "size", st->st_size);
    set_integer(L, "mtime", (lua_Integer)st->st_mtime);
    set_integer(L, "mtime_ns", (lua_Integer)st->st_mtim.tv_nsec); /* of that second */
}

static size_t opt_max(lua_State *L, int at)
{
    return lua_isnoneornil(L, at) ? 16 * 1024 * 1024 : (size_t)arg_integer(L, at, NOT_NEGATIVE);
}

/* file.read(path, max) -> text */
static int l_read(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t max = opt_max(L, 2);
    struct buf *b = push_buffer(L);
    struct err e = {0};

    if (file_read(path, max, b, &e) < 0)
        return push_err(L, &e);
    lua_pushlstring(L, b->data ? b->data : "", b->len);
    return 1;
}

/* file.read_below(base, path, max) -> text, stat; follows no link below base */
static int l_read_below(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    size_t max = opt_max(L, 3);
    struct buf *b = push_buffer(L);
    struct err e = {0};
    struct stat st;

    if (file_read_below(base, path, max, b, &st, &e) < 0)
        return push_err(L, &e);
    lua_pushlstring(L, b->data ? b->data : "", b->len);
    push_stat(L, &st);
    return 2;
}

static struct file_owner check_owner(lua_State *L, int at)
{
    struct file_owner o;

    luaL_checktype(L, at, LUA_TTABLE);
    o.uid = (uid_t)field_id(L, at, "uid");
    o.gid = (gid_t)field_id(L, at, "gid");
    o.mode = (mode_t)field_integer(L, at, "mode", 0600, RANGE(0, 07777));
    return o;
}

/* file.replace(base, path, bytes, {mode =, uid =, gid =, durable =}) -> true */
static int l_replace(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    size_t len;
    const char *bytes = luaL_checklstring(L, 3, &len);
    struct file_owner owner = check_owner(L, 4);
    struct buf borrowed = {.data = (char *)(size_t)bytes, .len = len, .cap = len};
    struct err e = {0};
    int durable;

    lua_getfield(L, 4, "durable");
    durable = lua_toboolean(L, -1);
    if (file_replace(base, path, &borrowed, &owner, durable != 0, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* file.mkdir(base, path, {mode =, uid =, gid =}) -> true */
static int l_mkdir(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    struct file_owner owner = check_owner(L, 3);
    struct err e = {0};

    if (file_mkdir(base, path, &owner, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* file.give(base, path, from, {mode =, uid =, gid =}) -> true. Gives a plain file of the user `from` to another. */
static int l_give(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    uid_t from = (uid_t)arg_integer(L, 3, RANGE(0, UINT32_MAX - 1));
    struct file_owner owner = check_owner(L, 4);
    struct err e = {0};

    if (file_give(base, path, from, &owner, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* file.remove(base, path) -> true */
static int l_remove(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    struct err e = {0};

    if (file_remove(base, path, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* file.remove_tree(base, path) -> true */
static int l_remove_tree(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    struct err e = {0};

    if (file_remove_tree(base, path, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* Entries are gathered before Lua gets them: Lua may raise, and must not while the directory is open. */
static int add_entry(void *arg, const char *name, const struct stat *st)
{
    struct buf *b = arg;

    return buf_add(b, st, sizeof *st) < 0 || buf_add(b, name, strlen(name) + 1) < 0 ? -1 : 0;
}

/* Pushes what add_entry gathered. */
static int push_entries(lua_State *L, const struct buf *b)
{
    size_t at = 0;

    lua_newtable(L);
    while (at < b->len) {
        struct stat st;

        memcpy(&st, b->data + at, sizeof st);
        at += sizeof st;
        push_stat(L, &st);
        lua_setfield(L, -2, b->data + at);
        at += strlen(b->data + at) + 1;
    }
    return 1;
}

static int push_list_err(lua_State *L, const char *path, struct err *e)
{
    if (e->code == 0)
        (void)err_set(e, ENOMEM, "listing %s: out of memory", path);
    return push_err(L, e);
}

/* file.list(base, path) -> {name = stat, ...}; links are not followed */
static int l_list(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    struct buf *b = push_buffer(L);
    struct err e = {0};

    if (file_list(base, path, add_entry, b, &e) < 0)
        return push_list_err(L, path, &e);
    return push_entries(L, b);
}

/* Reads argument 1: {uid =, gid =, admin =}. admin: see admins_too in as_user.h. */
static struct as_user check_user(lua_State *L)
{
    struct as_user who;

    luaL_checktype(L, 1, LUA_TTABLE);
    who.uid = (uid_t)field_id(L, 1, "uid");
    who.gid = (gid_t)field_id(L, 1, "gid");
    luaL_argcheck(L, who.uid != (uid_t)FIELD_NO_ID && who.gid != (gid_t)FIELD_NO_ID, 1, "needs uid and gid");
    who.admin = (uid_t)field_id(L, 1, "admin");
    who.admins_too = who.admin != (uid_t)FIELD_NO_ID;
    return who;
}

/* file.read_as(user, path, max) -> text; see as_user.h */
static int l_read_as(lua_State *L)
{
    struct as_user who = check_user(L);
    const char *path = luaL_checkstring(L, 2);
    size_t max = opt_max(L, 3);
    struct buf *b = push_buffer(L);
    struct err e = {0};

    if (as_user_read(&who, path, max, b, &e) < 0)
        return push_err(L, &e);
    lua_pushlstring(L, b->data ? b->data : "", b->len);
    return 1;
}

/* file.list_as(user, path) -> {name = stat, ...} */
static int l_list_as(lua_State *L)
{
    struct as_user who = check_user(L);
    const char *path = luaL_checkstring(L, 2);
    struct buf *b = push_buffer(L);
    struct err e = {0};

    if (as_user_list(&who, path, add_entry, b, &e) < 0)
        return push_list_err(L, path, &e);
    return push_entries(L, b);
}

/* file.remove_as(user, path) -> true */
static int l_remove_as(lua_State *L)
{
    struct as_user who = check_user(L);
    const char *path = luaL_checkstring(L, 2);
    struct err e = {0};

    if (as_user_remove(&who, path, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* file.try(path, uid, gid) -> true if that user can make files in this directory */
static int l_try(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct as_user who = {.uid = (uid_t)arg_integer(L, 2, RANGE(0, UINT32_MAX - 1)),
                          .gid = (gid_t)arg_integer(L, 3, RANGE(0, UINT32_MAX - 1))};
    struct err e = {0};

    if (as_user_try(&who, path, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* file.admit_as(user, path, {mode =, gid =}) -> true. Gives that user's socket a mode and a group. user nil: the socket
   belongs to our own user. */
static int l_admit_as(lua_State *L)
{
    bool other = !lua_isnil(L, 1);
    struct as_user who = {0};
    const char *path = luaL_checkstring(L, 2);
    struct err e = {0};
    struct file_owner owner;

    if (other)
        who = check_user(L);
    luaL_checktype(L, 3, LUA_TTABLE);
    owner.mode = (mode_t)field_integer(L, 3, "mode", 0600, RANGE(0, 0777));
    owner.gid = (gid_t)field_id(L, 3, "gid");
    if (as_user_admit(other ? &who : NULL, path, owner.mode, owner.gid, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* file.stat(path) -> stat; follows links */
static int l_stat(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct err e = {0};
    struct stat st;

    if (host_stat(path, &st, &e) < 0)
        return push_err(L, &e);
    push_stat(L, &st);
    return 1;
}

/* file.stat_below(base, path) -> stat; follows no link below base */
static int l_stat_below(lua_State *L)
{
    const char *base = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
    struct err e = {0};
    struct stat st;

    if (file_stat_below(base, path, &st, &e) < 0)
        return push_err(L, &e);
    push_stat(L, &st);
    return 1;
}

/* file.realpath(path) -> path without links */
static int l_realpath(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct buf *b = push_buffer(L);
    struct err e = {0};

    if (way_real(path, b, &e) < 0)
        return push_err(L, &e);
    lua_pushlstring(L, b->data, b->len);
    return 1;
}

int luaopen_core_file(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"read", l_read},     {"read_below", l_read_below}, {"replace", l_replace}, {"mkdir", l_mkdir},
        {"give", l_give},     {"try", l_try},               {"remove", l_remove},   {"remove_tree", l_remove_tree},
        {"list", l_list},     {"stat", l_stat},             {"stat_below", l_stat_below}, {"realpath", l_realpath},
        {"read_as", l_read_as}, {"list_as", l_list_as},     {"remove_as", l_remove_as}, {"admit_as", l_admit_as},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}

/* core.process: start, signal and list children. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bind/bind.h"
#include "process/child.h"
#include "process/confine.h"
#include "process/forkserver.h"
#include "process/mark.h"
#include "process/notify.h"
#include "process/procfs.h"
#include "output/output.h"
#include "process/shutdown.h"
#include "process/signals.h"
#include "process/spawn.h"
#include "bind/vm.h"

#define STRINGS_MAX 16384 /* generous, because container engines set variables for every service they know */

/* The array at `field` of the spec (index 1) as a NULL-terminated vector. The vector is a userdata on the stack; the
   table owns the strings. With pairs, {NAME = value} becomes "NAME=value". */
static char *const *check_vector(lua_State *L, const char *field)
{
    lua_Integer n, i;
    const char **to;

    lua_getfield(L, 1, field);
    luaL_argcheck(L, lua_istable(L, -1), 1, "argv and environment must be lists");
    n = (lua_Integer)lua_rawlen(L, -1); /* the raw length, because a metamethod could claim another one */
    luaL_argcheck(L, n <= STRINGS_MAX, 1, "more than 16384 strings");
    to = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *to, 0);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, -2, i);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "argv and environment hold strings only");
        to[i - 1] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    to[n] = NULL;
    return (char *const *)to;
}

static const char *field_string(lua_State *L, const char *field, const char *otherwise)
{
    lua_getfield(L, 1, field);
    return luaL_optstring(L, -1, otherwise); /* stays on the stack until the call ends */
}

static int check_signal(lua_State *L, int arg, const char *name)
{
    int n = name ? signals_number(name) : -1;

    luaL_argcheck(L, n > 0, arg, "unknown signal name");
    return n;
}

static int may_start(const struct child *entry, struct err *e)
{
    if (child_named(entry->name))
        return err_set(e, EEXIST, "%s runs already", entry->name);
    if (ending_begun())
        return err_set(e, ECANCELED, "%s is not started: everything is stopping", entry->name);
    return signals_take(e); /* from now on the program must end in order */
}

static pid_t start_child(const struct spawn_spec *spec, struct child *entry, struct err *e)
{
    if (may_start(entry, e) < 0)
        return -1;
    entry->pid = spawn_process(spec, e);
    if (entry->pid < 0)
        return -1;
    if (!child_add(entry, e)) {
        child_signal(entry, SIGKILL); /* it is not in the table, so it is reaped as an orphan */
        return -1;
    }
    return entry->pid;
}

/* Reads the table at index 1: {name=, argv={}, environment={"A=b"}, cwd=, uid=, gid=, stage=, stop_signal="TERM",
   grace_ms=, open_files=, oom_score_adj=, capabilities= a mask of those it keeps, nil: all}. Also gets the output pipes
   of that name, which may fail. */
static int check_process(lua_State *L, struct spawn_spec *spec, struct child *entry, struct err *e)
{
    const char *name;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, 20, NULL);
    name = field_string(L, "name", NULL);
    luaL_argcheck(L, name && strlen(name) < sizeof entry->name, 1, "needs a name of at most 63 bytes");
    (void)snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->mark = spec->mark = mark_of_name(name);
    entry->stage = (int)field_integer(L, 1, "stage", 0, RANGE(0, INT_MAX));
    entry->grace_ms = (uint64_t)field_integer(L, 1, "grace_ms", 5000, NOT_NEGATIVE);
    entry->stop_signal = spec->death_signal = check_signal(L, 1, field_string(L, "stop_signal", "TERM"));
    spec->uid = field_id(L, 1, "uid");
    spec->gid = field_id(L, 1, "gid");
    spec->open_files = (long)field_integer(L, 1, "open_files", 0, NOT_NEGATIVE);
    spec->oom_score_adj = (int)field_integer(L, 1, "oom_score_adj", 0, RANGE(-1000, 1000));
    lua_getfield(L, 1, "capabilities");
    spec->keep = lua_isnil(L, -1) ? CONFINE_NOTHING : (uint64_t)luaL_checkinteger(L, -1);
    spec->cwd = field_string(L, "cwd", "/");
    spec->argv = check_vector(L, "argv");
    luaL_argcheck(L, spec->argv[0], 1, "argv is empty");
    spec->envp = check_vector(L, "environment");
    spec->out = output_writer(entry->name, "out", e);
    spec->err = spec->out < 0 ? -1 : output_writer(entry->name, "err", e);
    if (spec->err < 0)
        return -1;
    output_give(spec->out, (uid_t)spec->uid);
    output_give(spec->err, (uid_t)spec->uid);
    return 0;
}

/* process.spawn(table of check_process) -> pid. With fork_server = true, its stdin is the socket of process.fork. With
   exchange = a core.exchange, its stdin is that. */
static int l_spawn(lua_State *L)
{
    struct spawn_spec spec = {0};
    struct child entry = {0};
    struct err e = {0};
    bool serves;
    pid_t pid;

    lua_settop(L, 1);
    if (check_process(L, &spec, &entry, &e) < 0)
        return push_err(L, &e);
    lua_getfield(L, 1, "exchange");
    if (!lua_isnil(L, -1))
        spec.in = check_exchange(L, -1);
    lua_getfield(L, 1, "fork_server");
    serves = lua_toboolean(L, -1);
    if (serves) {
        spec.mark = entry.mark = 0; /* the processes that it starts are services themselves, with their own marks */
        spec.in = forkserver_open(&e);
        if (spec.in < 0)
            return push_err(L, &e);
    }
    pid = start_child(&spec, &entry, &e);
    if (serves)
        forkserver_opened(spec.in);
    if (pid < 0)
        return push_err(L, &e);
    lua_pushinteger(L, pid);
    return 1;
}

static void on_forked(const char *name, pid_t pid, const struct err *e)
{
    lua_State *L = vm_state();
    int args = 2;

    if (!vm_push_handler("forked"))
        return;
    lua_pushstring(L, name);
    if (pid > 0)
        lua_pushinteger(L, pid);
    else
        args = 1 + push_err(L, e);
    (void)vm_call(args, 0);
}

/* process.fork(table of check_process, timeout_ms) -> true. Then the event "forked" comes once: (name, pid), or (name,
   nil, message, error) with an error of forkserver.h. With exchange = a core.exchange, the new process runs the program
   that stands there, see forkserver.py. */
static int l_fork(lua_State *L)
{
    lua_Integer timeout_ms = arg_integer(L, 2, POSITIVE);
    struct spawn_spec spec = {0};
    struct child entry = {0};
    struct err e = {0};

    lua_settop(L, 1);
    if (check_process(L, &spec, &entry, &e) < 0)
        return push_err(L, &e);
    lua_getfield(L, 1, "exchange");
    if (!lua_isnil(L, -1))
        spec.in = check_exchange(L, -1);
    forkserver_start(on_forked);
    if (may_start(&entry, &e) < 0 || forkserver_ask(&spec, &entry, (uint64_t)timeout_ms, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* process.cancel(name): cancels a requested fork; no event "forked" follows */
static int l_cancel(lua_State *L)
{
    forkserver_cancel(luaL_checkstring(L, 1));
    return 0;
}

/* process.exec{argv=, environment=, cwd=, uid=, gid=, input=}: becomes that program, which finds the input on stdin;
   returns only nil, message, name */
static int l_exec(lua_State *L)
{
    struct spawn_replacement to = {0};
    struct err e = {0};

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    to.uid = (uid_t)field_id(L, 1, "uid");
    to.gid = (gid_t)field_id(L, 1, "gid");
    to.argv = check_vector(L, "argv");
    luaL_argcheck(L, to.argv[0], 1, "argv is empty");
    to.envp = check_vector(L, "environment");
    lua_getfield(L, 1, "cwd");
    to.cwd = luaL_optstring(L, -1, NULL);
    lua_getfield(L, 1, "input");
    to.input = luaL_optlstring(L, -1, NULL, &to.input_len);
    (void)spawn_replace(&to, &e);
    return push_err(L, &e);
}

/* process.signal(name, signal) -> true, or false if no such child lives */
static int l_signal(lua_State *L)
{
    const struct child *c = child_named(luaL_checkstring(L, 1));
    int sig = check_signal(L, 2, luaL_checkstring(L, 2));

    if (c)
        child_signal(c, sig);
    lua_pushboolean(L, c != NULL);
    return 1;
}

static void on_notify(const char *name, const char *text)
{
    lua_State *L = vm_state();

    if (!vm_push_handler("notify"))
        return;
    lua_pushstring(L, name);
    lua_pushstring(L, text);
    (void)vm_call(2, 0);
}

/* process.listen(path): opens the notify socket at path */
static int l_listen(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct err e = {0};

    if (notify_start(path, on_notify, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

struct running {
    pid_t pid;
    struct procfs_stat stat;
    uint64_t mark;
};

/* Processes are gathered before Lua gets them: Lua may raise, and must not while /proc is open. */
static int add_running(pid_t pid, const struct procfs_stat *stat, void *list)
{
    struct running one = {.pid = pid, .stat = *stat};

    if (stat->session == pid) /* every service leads its session; to read all marks would be slow on a large machine */
        one.mark = mark_of_process(pid);
    return buf_add(list, &one, sizeof one);
}

/* process.running{name, ...} -> {[pid] = {parent=, program=, ended=, service=}} of all processes. service is the given
   name whose mark the process has; only the leader of a session has one. */
static int l_running(lua_State *L)
{
    struct buf *list = push_buffer(L);
    struct err e = {0};
    lua_Integer n, i;
    size_t at;

    luaL_checktype(L, 1, LUA_TTABLE);
    n = (lua_Integer)lua_rawlen(L, 1);
    lua_newtable(L); /* names by mark */
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, -2, (lua_Integer)mark_of_name(luaL_checkstring(L, -1)));
    }
    if (procfs_each(add_running, list) < 0) {
        (void)err_sys(&e, "/proc");
        return push_err(L, &e);
    }
    lua_newtable(L);
    for (at = 0; at < list->len; at += sizeof(struct running)) {
        struct running one;

        memcpy(&one, list->data + at, sizeof one);
        lua_createtable(L, 0, 4);
        set_integer(L, "parent", one.stat.parent);
        lua_pushstring(L, one.stat.name);
        lua_setfield(L, -2, "program");
        lua_pushboolean(L, procfs_ended(&one.stat));
        lua_setfield(L, -2, "ended");
        lua_rawgeti(L, -3, (lua_Integer)one.mark);
        lua_setfield(L, -2, "service");
        lua_rawseti(L, -2, one.pid);
    }
    return 1;
}

int luaopen_core_process(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"spawn", l_spawn}, {"fork", l_fork},     {"cancel", l_cancel}, {"exec", l_exec},
        {"signal", l_signal}, {"listen", l_listen}, {"running", l_running}, {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}

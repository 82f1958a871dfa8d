/* Limits the processor time and the memory of a call into Lua. Functions of Lua's libraries by which a script could
   escape the limits are replaced here. */
#include "bind/limits.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "bind/bind.h"
#include "bind/finalizer.h"
#include "bind/pool.h"
#include "bind/tick.h"
#include "bind/vm.h"
#include "host/host.h"
#include "output/log.h"
#include "process/child.h"
#include "process/overtime.h"
#include "process/shutdown.h"
#include "process/signals.h"

#define HOOK_EVERY 10000 /* instructions; they take less than a millisecond */
#define PATIENCE 3       /* how often a call may catch the error of its time limit */
#define MEMORY_MB ((size_t)512)
#define MEGABYTE ((size_t)1 << 20)
#define OVERTIME_MS 2000 /* after the limit, a function of C that a script is in ends the program */

static uint64_t limit;   /* of a call; 0: none */
static uint64_t ends_at; /* of the current call */
static bool ticks;       /* the main state needs no hook of its own until a tick sets one */
static unsigned overruns;
static volatile sig_atomic_t depth; /* of calls into Lua */
static bool loop_has_begun;
static bool watched;                       /* a chunk runs that Ctrl-C may end */
static volatile sig_atomic_t interrupted; /* and has ended */

static size_t used; /* bytes that Lua uses */
static size_t most = MEMORY_MB * MEGABYTE;
static bool too_much; /* a request for memory was refused */

/* The last request that was refused. For its own objects Lua then collects all garbage and asks again, which may
   succeed. For the buffers of its libraries it does not ask again. */
static struct {
    const void *block;
    size_t size; /* 0 if the last request was granted */
} refused;

/* Lua's own functions, which our replacements call. */
static lua_CFunction the_resume, the_close, the_wrap, the_wrapped, the_exit, the_execute;

/* A script that catches the error may go on for a while, so that the supervisor's own pcall can clean up. A script that
   catches it every time may run no further instruction, in any coroutine. */
static void on_instructions(lua_State *L, lua_Debug *at)
{
    uint64_t now;

    (void)at;
    if (watched && interrupted) { /* at every instruction, so that no pcall of the chunk goes on */
        lua_sethook(L, on_instructions, LUA_MASKCOUNT, 1);
        luaL_error(L, "interrupted");
    }
    if (limit == 0 || ends_at == 0)
        return;
    now = sys_thread_now();
    if (now < ends_at) {
        limits_arm(L);
        return;
    }
    if (++overruns < PATIENCE)
        ends_at = now + limit / 4;
    limits_arm(L);
    luaL_error(L, "ran for more than %d ms: ended", (int)limit);
}

/* With a hook Lua takes a sixth longer, so the main state has one only near its limit. */
void limits_arm(lua_State *L)
{
    bool late = overruns > 0, timed = limit > 0 && (late || !ticks || L != vm_state());
    int every = overruns >= PATIENCE || (watched && interrupted) ? 1 : HOOK_EVERY;

    if (!timed && !watched)
        lua_sethook(L, NULL, 0, 0);
    else if (lua_gethook(L) != on_instructions || lua_gethookcount(L) != every)
        lua_sethook(L, on_instructions, LUA_MASKCOUNT, every);
}

/* The hook comes at once, and looks at the time. */
static void on_tick(int signum)
{
    (void)signum;
    if (depth > 0)
        lua_sethook(vm_state(), on_instructions, LUA_MASKCOUNT, 1);
}

void vm_limit(uint64_t ms)
{
    limit = ms;
    ends_at = ms ? sys_thread_now() + ms : 0;
    ticks = tick_every(ms ? (ms + 3) / 4 : 0, on_tick) && ms > 0;
    limits_arm(vm_state());
}

void limits_watch(lua_State *L)
{
    interrupted = 0;
    watched = true;
    limits_arm(L);
}

/* Lua allows this in a signal handler. The hook comes at once, because a loop may wait in each of its few
   instructions. */
void limits_interrupt(void)
{
    interrupted = 1;
    lua_sethook(vm_state(), on_instructions, LUA_MASKCOUNT, 1);
}

bool limits_unwatch(lua_State *L)
{
    watched = false;
    limits_arm(L);
    return interrupted != 0;
}

void limits_enter(void)
{
    if (depth++ > 0)
        return;
    overruns = 0;
    refused.size = 0;
    too_much = false;
    if (limit > 0)
        ends_at = sys_thread_now() + limit;
    limits_arm(vm_state());
}

void limits_leave(void)
{
    if (--depth > 0 || !(too_much || refused.size > 0))
        return;
    log_line(LOG_LEVEL_ERROR, "Lua needed more than %zu MB: the call that asked for more has failed", MEMORY_MB);
    (void)lua_gc(vm_state(), LUA_GCCOLLECT); /* so that the next call can get memory for a buffer */
}

void limits_loop(void)
{
    loop_has_begun = true;
}

/* Outside of a call the limit does not apply: nothing would catch the error, and little memory is requested. */
static bool may_have(const void *block, size_t size, size_t after)
{
    bool again = refused.block == block && refused.size == size;

    too_much = too_much || (refused.size > 0 && !again);
    if (depth == 0 || after <= most) {
        refused.size = 0;
        return true;
    }
    too_much = too_much || again;
    refused.block = block;
    refused.size = size;
    return false;
}

static void *allocate(void *arg, void *block, size_t before, size_t size)
{
    size_t had = block ? before : 0, after; /* without a block, `before` is the kind of object */
    void *got;

    (void)arg;
    if (size == 0) {
        used -= had;
        return pool_resize(block, had, 0);
    }
    after = used - had + size;
    if ((after > most || refused.size > 0) && size > had && !may_have(block, size, after))
        return NULL;
    got = pool_resize(block, had, size);
    if (got)
        used = after;
    return got;
}

/* What held before limits.begin. */
static struct {
    bool begun;
    uint64_t limit, ends_at;
    unsigned overruns;
} outside;

/* limits.begin(coroutine, ms, megabytes, text): until limits.done, this coroutine and those that it makes may use so
   much processor time and memory. In Lua they get an error then. In a function of C, the text is written to stderr and
   the program ends with 78, some time later. The caller keeps the text. */
static int l_begin(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    uint64_t ms = (uint64_t)arg_integer(L, 2, POSITIVE);
    size_t room = (size_t)arg_integer(L, 3, RANGE(1, 1 << 20)) * MEGABYTE, len;
    const char *text = luaL_checklstring(L, 4, &len);
    struct err e = {0};

    luaL_argcheck(L, co, 1, "must be a coroutine");
    luaL_argcheck(L, !outside.begun, 1, "the limits of another script hold");
    if (overtime_begin(ms + OVERTIME_MS, text, len, &e) < 0)
        return push_err(L, &e);
    outside.begun = true;
    outside.limit = limit;
    outside.ends_at = ends_at;
    outside.overruns = overruns;
    limit = ms;
    ends_at = sys_thread_now() + ms;
    overruns = 0;
    if (used + room < most)
        most = used + room;
    lua_sethook(co, on_instructions, LUA_MASKCOUNT, HOOK_EVERY);
    lua_pushboolean(L, 1);
    return 1;
}

/* limits.done(): what held before limits.begin holds again */
static int l_done(lua_State *L)
{
    (void)L;
    if (!outside.begun)
        return 0;
    overtime_end();
    outside.begun = false;
    limit = outside.limit;
    ends_at = outside.ends_at;
    overruns = outside.overruns;
    most = MEMORY_MB * MEGABYTE;
    too_much = false;
    refused.size = 0;
    return 0;
}

int luaopen_core_limits(lua_State *L)
{
    static const luaL_Reg functions[] = {{"begin", l_begin}, {"done", l_done}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

static int l_resume(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);

    if (co)
        limits_arm(co);
    return the_resume(L);
}

static int l_close(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);

    if (co)
        limits_arm(co);
    return the_close(L);
}

/* The function that our coroutine.wrap returns. Upvalue 1 is the coroutine, as in Lua's own function. */
static int l_wrapped(lua_State *L)
{
    limits_arm(lua_tothread(L, lua_upvalueindex(1)));
    return the_wrapped(L);
}

static int l_wrap(lua_State *L)
{
    (void)the_wrap(L);
    the_wrapped = lua_tocfunction(L, -1);
    (void)lua_getupvalue(L, -1, 1);
    lua_pushcclosure(L, l_wrapped, 1);
    return 1;
}

static int status_of(lua_State *L)
{
    if (lua_isboolean(L, 1))
        return lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE;
    return (int)luaL_optinteger(L, 1, EXIT_SUCCESS) & 0xff;
}

/* If a service was started, os.exit begins an orderly stop, and an error ends the call. */
static int l_exit(lua_State *L)
{
    int status = status_of(L);

    if (!loop_has_begun && !child_first())
        return the_exit(L);
    if (!ending_begun()) {
        shutdown_begin(status);
        vm_on_stopping(true);
    }
    return luaL_error(L, "os.exit(%d): stopping", status);
}

/* While a child of os.execute runs, only the child gets the terminal's signals. If one kills it, it then ends us too.
   */
static int l_execute(lua_State *L)
{
    int count = the_execute(L), number;

    if (count == 3 && strcmp(lua_tostring(L, -2), "signal") == 0) {
        number = (int)lua_tointeger(L, -1);
        if ((number == SIGINT || number == SIGQUIT) && !signals_taken())
            (void)sys_kill(host_facts().pid, number);
    }
    if (watched && interrupted) /* a coroutine's own hook would come after many more children */
        return luaL_error(L, "interrupted");
    return count;
}

lua_CFunction limits_replace(lua_State *L, const char *name, lua_CFunction ours)
{
    lua_CFunction was;

    lua_getfield(L, -1, name);
    was = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    if (ours)
        lua_pushcfunction(L, ours);
    else
        lua_pushnil(L);
    lua_setfield(L, -2, name);
    return was;
}

void limits_open(lua_State *L)
{
    used = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
    lua_setallocf(L, allocate, NULL);
    lua_getglobal(L, "coroutine");
    the_resume = limits_replace(L, "resume", l_resume);
    the_close = limits_replace(L, "close", l_close);
    the_wrap = limits_replace(L, "wrap", l_wrap);
    lua_getglobal(L, "debug");
    (void)limits_replace(L, "sethook", NULL);
    (void)limits_replace(L, "getregistry", NULL);
    lua_getglobal(L, "os");
    the_exit = limits_replace(L, "exit", l_exit);
    the_execute = limits_replace(L, "execute", l_execute);
    lua_pop(L, 3);
    finalizers_guard(L);
}

/* core.control: both ends of the control socket. */
#include "net/control.h"

#include "base/loop.h"
#include "bind/bind.h"
#include "net/control_client.h"
#include "bind/vm.h"

#define CLIENT_MT "core.control.client"
#define DEADLINE_MAX 86400000

struct client_box {
    struct control_client *it; /* NULL: closed */
};

static uv_poll_t answers; /* of the one client that is watched */
static const struct client_box *watched;

static void on_request(uint64_t id, const char *line, size_t len)
{
    lua_State *L = vm_state();

    if (!vm_push_handler("control"))
        return;
    lua_pushinteger(L, (lua_Integer)id);
    if (line)
        lua_pushlstring(L, line, len);
    (void)vm_call(line ? 2 : 1, 0);
}

/* control.listen(path) -> true, or nil, message, name. After loop.on("control", fn), fn(id, line) is called for each
   request, and fn(id) when a client has gone before its answer was finished. */
static int l_listen(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct err e = {0};

    if (control_start(path, on_request, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* control.send(id, bytes) -> true; or false, "full" (nothing was sent) or "gone" (there is no such client) */
static int l_send(lua_State *L)
{
    lua_Integer id = luaL_checkinteger(L, 1);
    size_t len;
    const char *bytes = luaL_checklstring(L, 2, &len);
    enum control_sent sent = control_send((uint64_t)id, bytes, len);

    lua_pushboolean(L, sent == CONTROL_SENT);
    if (sent == CONTROL_SENT)
        return 1;
    lua_pushstring(L, sent == CONTROL_FULL ? "full" : "gone");
    return 2;
}

/* control.finish(id): the answer is complete */
static int l_finish(lua_State *L)
{
    control_finish((uint64_t)luaL_checkinteger(L, 1));
    return 0;
}

static int check_deadline(lua_State *L, int arg)
{
    return (int)arg_integer(L, arg, RANGE(0, DEADLINE_MAX));
}

static struct control_client *check_client(lua_State *L)
{
    struct client_box *box = luaL_checkudata(L, 1, CLIENT_MT);

    luaL_argcheck(L, box->it, 1, "is closed");
    return box->it;
}

/* control.connect(path, ms) -> client, or nil, message, name */
static int l_connect(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    int ms = check_deadline(L, 2);
    struct err e = {0};
    struct client_box *box = lua_newuserdatauv(L, sizeof *box, 0);

    box->it = NULL;
    luaL_setmetatable(L, CLIENT_MT);
    box->it = control_client_new(path, ms, &e);
    return box->it ? 1 : push_err(L, &e);
}

/* client:ask(request, ms) -> true, or nil, message, name */
static int l_client_ask(lua_State *L)
{
    struct control_client *c = check_client(L);
    size_t len;
    const char *request = luaL_checklstring(L, 2, &len);
    int ms = check_deadline(L, 3);
    struct err e = {0};

    if (control_client_ask(c, request, len, ms, &e) < 0)
        return push_err(L, &e);
    lua_pushboolean(L, 1);
    return 1;
}

/* client:line(ms) -> the next line; nil at the end; or nil, message, name. Without ms there is no deadline. */
static int l_client_line(lua_State *L)
{
    struct control_client *c = check_client(L);
    int ms = lua_isnoneornil(L, 2) ? -1 : check_deadline(L, 2);
    struct err e = {0};
    size_t len;
    const char *line = control_client_line(c, ms, &len, &e);

    if (line)
        lua_pushlstring(L, line, len);
    else if (e.code != 0)
        return push_err(L, &e);
    else
        lua_pushnil(L);
    return 1;
}

static void on_answer(uv_poll_t *watcher, int status, int events)
{
    (void)watcher;
    (void)status; /* an error is an end, which the next read tells */
    (void)events;
    if (vm_push_handler("answer"))
        (void)vm_call(0, 0);
}

/* client:watch() -> true, or nil, message, name: from now on the event "answer" says that something can be read, or
   that the answer is at its end. One client in the life of the program. */
static int l_client_watch(lua_State *L)
{
    const struct client_box *box = luaL_checkudata(L, 1, CLIENT_MT);
    struct err e = {0};
    int code;

    luaL_argcheck(L, !watched, 1, "a client is watched already");
    code = loop_poll(&answers, control_client_fd(check_client(L)), NULL);
    if (code == 0) {
        watched = box;
        code = uv_poll_start(&answers, UV_READABLE, on_answer);
    }
    if (code < 0) {
        (void)err_set(&e, -code, "watching: %s", uv_strerror(code));
        return push_err(L, &e);
    }
    lua_pushboolean(L, 1);
    return 1;
}

static int l_client_close(lua_State *L)
{
    struct client_box *box = luaL_checkudata(L, 1, CLIENT_MT);

    if (box == watched)
        loop_end(&answers);
    control_client_free(box->it);
    box->it = NULL;
    return 0;
}

int luaopen_core_control(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"listen", l_listen},   {"send", l_send},
        {"finish", l_finish},   {"connect", l_connect},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"ask", l_client_ask}, {"line", l_client_line}, {"watch", l_client_watch},
        {"close", l_client_close}, {NULL, NULL},
    };

    class_new(L, CLIENT_MT, l_client_close, methods);
    luaL_newlib(L, functions);
    return 1;
}

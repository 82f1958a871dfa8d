#include "process/forkserver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "process/ending.h"
#include "base/sys.h"

#define PROTOCOL "synlua 2"
#define ANSWER_MAX 1024

/* One request that waits for its answer. Answers come in the order of the requests. */
struct ask {
    struct ask *next;
    struct child entry;
    uint64_t timeout_ms;
    int go; /* pipe: the new process waits for a byte, and exits if the pipe closes first */
    bool cancelled;
};

/* The socket to one server. Each has its own handles, because a new one may open before the old ones are closed. */
struct link {
    uv_poll_t watcher;
    uv_timer_t timer; /* limits the time for the first answer */
    int fd;
    int open_handles;
};

static struct link *current; /* NULL: there is no server */
static struct ask *first;
static forkserver_fn tell;

void forkserver_start(forkserver_fn on_answer)
{
    tell = on_answer;
}

static void on_closed(uv_handle_t *handle)
{
    struct link *l = handle->data;

    if (--l->open_handles > 0)
        return;
    (void)close(l->fd);
    free(l);
}

static void ask_free(struct ask *a)
{
    sys_close(a->go);
    free(a);
}

static void answered(struct ask *a, pid_t pid, const struct err *e)
{
    char name[sizeof a->entry.name];
    bool wanted = !a->cancelled;

    memcpy(name, a->entry.name, sizeof name);
    ask_free(a);
    if (wanted)
        tell(name, pid, e);
}

/* Ends the link. All requests without an answer fail. A callback may open the next link. */
static void drop(int code, const char *why)
{
    struct ask *a = first;
    struct err e = {0};

    if (current) {
        uv_close((uv_handle_t *)&current->watcher, on_closed);
        uv_close((uv_handle_t *)&current->timer, on_closed);
    }
    current = NULL;
    first = NULL;
    (void)err_set(&e, code, "fork server: %s", why);
    while (a) {
        struct ask *next = a->next;

        answered(a, -1, &e);
        a = next;
    }
}

static void on_late(uv_timer_t *timer)
{
    (void)timer;
    drop(ETIMEDOUT, "no answer in time");
}

static void await_first(void)
{
    if (first)
        (void)uv_timer_start(&current->timer, on_late, first->timeout_ms, 0);
    else
        (void)uv_timer_stop(&current->timer);
}

/* The server runs as Synapse's user, so its answer is checked. The new process must be a child of ours, not in the
   table yet, and the leader of its own session. Its pid is not reused before we have waited for it. */
static int adopt_locked(struct ask *a, pid_t pid, struct err *e)
{
    if (pid <= 1 || !sys_is_child(pid) || getsid(pid) != pid || child_find(pid))
        return err_set(e, EPROTO, "fork server: pid %ld is not a new process", (long)pid);
    if (child_named(a->entry.name))
        return err_set(e, EEXIST, "%s runs already", a->entry.name);
    a->entry.pid = pid;
    if (!child_add(&a->entry, e))
        return -1;
    /* If it has died already, it is reaped like any other child. */
    (void)sys_write(a->go, "1", 1);
    return 0;
}

static int adopt(struct ask *a, pid_t pid, struct err *e)
{
    int rc;

    child_lock(); /* once the watchdog has taken over, this never returns */
    rc = adopt_locked(a, pid, e);
    child_unlock();
    return rc;
}

static void on_answer(const char *text)
{
    struct ask *a = first;
    struct err e = {0};
    pid_t pid = -1;

    if (!a) {
        drop(EPROTO, "it answered without being asked");
        return;
    }
    first = a->next;
    await_first();
    if (strncmp(text, "pid ", 4) == 0) {
        pid = (pid_t)strtol(text + 4, NULL, 10);
        a->cancelled = a->cancelled || ending_begun();
        if (a->cancelled || adopt(a, pid, &e) < 0)
            pid = -1;
    } else if (strncmp(text, "stale ", 6) == 0) {
        (void)err_set(&e, ESTALE, "fork server: %s", text + 6);
    } else {
        (void)err_set(&e, EOPNOTSUPP, "fork server: %s", strncmp(text, "no ", 3) == 0 ? text + 3 : "unknown answer");
    }
    answered(a, pid, &e);
}

static void on_readable(uv_poll_t *watcher, int status, int events)
{
    const struct link *l = watcher->data;
    char text[ANSWER_MAX + 1];

    (void)status;
    (void)events;
    while (l == current) {
        ssize_t n = recv(l->fd, text, ANSWER_MAX, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            drop(ECONNRESET, "it has gone");
            return;
        }
        text[n] = '\0';
        on_answer(text);
    }
}

static int link_open(struct link *l, int fd)
{
    int rc = loop_poll(&l->watcher, fd, l);

    if (rc < 0)
        return rc;
    l->fd = fd;
    l->open_handles = 2;
    loop_timer(&l->timer, l);
    return uv_poll_start(&l->watcher, UV_READABLE, on_readable);
}

int forkserver_open(struct err *e)
{
    struct link *l = err_calloc(sizeof *l, e);
    int ends[2], rc;

    drop(ECONNRESET, "another one takes its place");
    if (!l)
        return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        free(l);
        return err_sys(e, "socket to the fork server");
    }
    rc = link_open(l, ends[0]);
    if (rc < 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        free(l);
        return err_set(e, -rc, "socket to the fork server: %s", uv_strerror(rc));
    }
    current = l;
    return ends[1];
}

void forkserver_opened(int end)
{
    (void)close(end);
}

/* Each part of a request ends with a NUL. */
static int add_part(struct buf *to, const char *text)
{
    return buf_add(to, text, strlen(text) + 1);
}

static int compose(struct buf *to, const struct spawn_spec *spec, const char *name)
{
    char *const *at;
    long argc = 0;
    int rc;

    while (spec->argv[argc])
        argc++;
    rc = buf_addf(to, "%s%c%s%c%s%c%ld%c%d%c%d%c%ld%c%ld%c", PROTOCOL, 0, name, 0, spec->cwd ? spec->cwd : "/", 0,
                  spec->open_files, 0, spec->oom_score_adj, 0, spec->death_signal, 0, (long)spec->mark, 0, argc, 0);
    for (at = spec->argv; rc == 0 && *at; at++)
        rc = add_part(to, *at);
    for (at = spec->envp; rc == 0 && *at; at++)
        rc = add_part(to, *at);
    return rc;
}

/* The fourth descriptor is a question, where there is one. */
static int send_request(struct buf *text, const int fds[4])
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control;
    size_t size = (fds[3] > 0 ? 4 : 3) * sizeof(int);
    struct iovec iov = {.iov_base = text->data, .iov_len = text->len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)};
    struct cmsghdr *at = CMSG_FIRSTHDR(&msg);

    memset(&control, 0, sizeof control);
    at->cmsg_level = SOL_SOCKET;
    at->cmsg_type = SCM_RIGHTS;
    at->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(at), fds, size);
    return sendmsg(current->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void enqueue(struct ask *a)
{
    struct ask **at = &first;

    while (*at)
        at = &(*at)->next;
    *at = a;
    if (a == first)
        await_first();
}

int forkserver_ask(const struct spawn_spec *spec, const struct child *entry, uint64_t timeout_ms, struct err *e)
{
    struct buf text = BUF_INIT;
    struct ask *a = NULL;
    int go[2], rc = -1;

    if (!current)
        return err_set(e, ECONNRESET, "no fork server runs");
    if (sys_pipe(go) < 0)
        return err_sys(e, "start of %s: pipe", entry->name);
    if (compose(&text, spec, entry->name) < 0) {
        (void)err_set(e, ENOMEM, "out of memory");
        goto out;
    }
    a = err_calloc(sizeof *a, e);
    if (!a)
        goto out;
    *a = (struct ask){.entry = *entry, .timeout_ms = timeout_ms, .go = go[1]};
    if (send_request(&text, (const int[4]){spec->out, spec->err, go[0], spec->in}) < 0) {
        (void)err_sys(e, "fork server: request");
        goto out;
    }
    uv_update_time(loop_get());
    enqueue(a);
    rc = 0;
out:
    (void)close(go[0]); /* the server got its own copy with the request */
    if (rc < 0) {
        free(a);
        (void)close(go[1]);
    }
    buf_free(&text);
    return rc;
}

void forkserver_cancel(const char *name)
{
    struct ask *a;

    for (a = first; a; a = a->next)
        if (strcmp(a->entry.name, name) == 0)
            a->cancelled = true;
}

void forkserver_stop(void)
{
    struct ask *a;

    for (a = first; a; a = a->next)
        a->cancelled = true;
    drop(ECONNRESET, "stopped");
}

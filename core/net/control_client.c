#include "net/control_client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sock.h"
#include "base/sys.h"

struct control_client {
    int fd;
    struct buf in;
    size_t used; /* bytes of `in` that belong to lines returned already */
};

/* The time of the deadline; 0: there is none. */
static uint64_t end_of(int deadline_ms)
{
    return deadline_ms < 0 ? 0 : sys_now() + (uint64_t)deadline_ms;
}

/* Limits the next call that sends or connects (SO_SNDTIMEO), or receives (SO_RCVTIMEO), to the time left. The calls
   block, because poll cannot wait for room in a full backlog. */
static int wait_until(int fd, int option, uint64_t end)
{
    uint64_t now = sys_now(), ms = end > now ? end - now : 1;
    struct timeval limit = {0}; /* for ever */

    if (end)
        limit = (struct timeval){.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    return setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

/* Whether such a call, which has failed, is to be repeated. */
static bool again(uint64_t end)
{
    if (errno == EAGAIN)
        errno = ETIMEDOUT;
    return errno == EINTR && (!end || sys_now() < end);
}

static int connect_until(int fd, const struct sockaddr_un *at, uint64_t end)
{
    int rc;

    do
        rc = wait_until(fd, SO_SNDTIMEO, end) < 0 ? -1 : connect(fd, (const struct sockaddr *)at, sizeof *at);
    while (rc < 0 && again(end));
    return rc;
}

struct control_client *control_client_new(const char *path, int deadline_ms, struct err *e)
{
    uint64_t end = end_of(deadline_ms > 0 ? deadline_ms : 1);
    struct control_client *c;
    struct sockaddr_un at;

    if (sock_unix(path, &at, e) < 0)
        return NULL;
    c = calloc(1, sizeof *c);
    if (!c) {
        (void)err_sys(e, "control");
        return NULL;
    }
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect_until(c->fd, &at, end) < 0) {
        (void)err_sys(e, "%s", path);
        control_client_free(c);
        return NULL;
    }
    return c;
}

void control_client_free(struct control_client *c)
{
    if (!c)
        return;
    sys_close(c->fd);
    buf_free(&c->in);
    free(c);
}

static int send_all(int fd, const char *bytes, size_t len, uint64_t end)
{
    while (len > 0) {
        ssize_t n = wait_until(fd, SO_SNDTIMEO, end) < 0 ? -1 : send(fd, bytes, len, MSG_NOSIGNAL);

        if (n < 0 && !again(end))
            return -1;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

int control_client_ask(struct control_client *c, const char *request, size_t len, int deadline_ms, struct err *e)
{
    uint64_t end = end_of(deadline_ms);

    if (send_all(c->fd, request, len, end) < 0 || send_all(c->fd, "\n", 1, end) < 0)
        return err_sys(e, "asking");
    return 0;
}

/* Returns 1 when bytes came, 0 at the end, -1 on an error. */
static int take_more(struct control_client *c, uint64_t end)
{
    char part[65536];
    ssize_t n;

    do
        n = wait_until(c->fd, SO_RCVTIMEO, end) < 0 ? -1 : recv(c->fd, part, sizeof part, 0);
    while (n < 0 && again(end));
    if (n <= 0)
        return (int)n;
    return buf_add(&c->in, part, (size_t)n) < 0 ? -1 : 1;
}

const char *control_client_line(struct control_client *c, int deadline_ms, size_t *len, struct err *e)
{
    uint64_t end = end_of(deadline_ms);
    size_t searched = 0;

    e->code = 0;
    buf_drop(&c->in, c->used);
    c->used = 0;
    for (;;) {
        const char *eol = c->in.len > searched ? memchr(c->in.data + searched, '\n', c->in.len - searched) : NULL;
        int more;

        if (eol) {
            *len = (size_t)(eol - c->in.data);
            c->used = *len + 1;
            return c->in.data;
        }
        searched = c->in.len;
        more = searched > CONTROL_ANSWER_MAX ? (errno = EMSGSIZE, -1) : take_more(c, end);
        if (more < 0)
            (void)err_sys(e, "answer");
        if (more <= 0)
            return NULL; /* an unfinished last line does not count */
    }
}

#include "net/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sys.h"

struct control_client {
    int fd;
    struct buf in;
    size_t used; /* of in: the line that was given out last */
};

/* 0 when it can be done, -1 with errno. end: of sys_now(), 0 for none. */
static int wait_for(int fd, short what, uint64_t end)
{
    struct pollfd p = {.fd = fd, .events = what};

    for (;;) {
        uint64_t now = sys_now();
        int ms = !end ? -1 : now >= end ? 0 : (int)(end - now);
        int n = poll(&p, 1, ms);

        if (n > 0)
            return 0;
        if (n == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (errno != EINTR)
            return -1;
    }
}

static uint64_t end_of(int deadline_ms)
{
    return deadline_ms < 0 ? 0 : sys_now() + (uint64_t)deadline_ms;
}

/* No event announces the end of a full backlog (EAGAIN): connect blocks then, for as long as the timeout says. */
static int connect_within(int fd, const struct sockaddr_un *at, int ms)
{
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    int rc;

    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0)
        return -1;
    do
        rc = connect(fd, (const struct sockaddr *)at, sizeof *at);
    while (rc < 0 && errno == EINTR);
    if (rc < 0 && errno == EAGAIN)
        errno = ETIMEDOUT;
    return rc;
}

struct control_client *control_client_new(const char *path, int deadline_ms, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct control_client *c;

    if (strlen(path) >= sizeof at.sun_path) {
        (void)err_set(e, ENAMETOOLONG, "%s: a socket path has at most 107 bytes", path);
        return NULL;
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    c = calloc(1, sizeof *c);
    if (!c) {
        (void)err_sys(e, "control");
        return NULL;
    }
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect_within(c->fd, &at, deadline_ms > 0 ? deadline_ms : 1) < 0) {
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
    if (c->fd >= 0)
        (void)close(c->fd);
    buf_free(&c->in);
    free(c);
}

static int send_all(int fd, const char *bytes, size_t len, uint64_t end)
{
    while (len > 0) {
        ssize_t n;

        if (wait_for(fd, POLLOUT, end) < 0)
            return -1;
        n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
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

/* 1 when bytes came, 0 at the end, -1 on an error. */
static int take_more(struct control_client *c, uint64_t end)
{
    char part[65536];
    ssize_t n;

    do {
        if (wait_for(c->fd, POLLIN, end) < 0)
            return -1;
        n = recv(c->fd, part, sizeof part, MSG_DONTWAIT);
    } while (n < 0 && (errno == EAGAIN || errno == EINTR));
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
            return NULL; /* half a line at the end is no line */
    }
}

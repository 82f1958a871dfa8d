#include "net/control_client.h"

#include <errno.h>
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

/* Limits each wait of calls that send or connect (SO_SNDTIMEO), or receive (SO_RCVTIMEO). ms < 0: for ever. The calls
   block, because poll cannot wait for room in a full backlog. */
static int limit(const struct control_client *c, int option, int ms)
{
    struct timeval wait = {0}; /* for ever */

    if (ms >= 0)
        wait = (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms > 0 ? (suseconds_t)(ms % 1000) * 1000 : 1};
    return setsockopt(c->fd, SOL_SOCKET, option, &wait, sizeof wait);
}

static int fail(struct err *e, const char *doing)
{
    if (errno == EAGAIN)
        errno = ETIMEDOUT;
    return err_sys(e, "%s", doing);
}

struct control_client *control_client_new(const char *path, int deadline_ms, struct err *e)
{
    struct control_client *c;
    struct sockaddr_un at;

    if (sock_unix(path, &at, e) < 0)
        return NULL;
    c = err_calloc(sizeof *c, e);
    if (!c)
        return NULL;
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd >= 0 && limit(c, SO_SNDTIMEO, deadline_ms < 0 ? 0 : deadline_ms) == 0 &&
        TEMP_FAILURE_RETRY(connect(c->fd, (const struct sockaddr *)&at, sizeof at)) == 0)
        return c;
    (void)fail(e, path);
    control_client_free(c);
    return NULL;
}

void control_client_free(struct control_client *c)
{
    if (!c)
        return;
    sys_close(c->fd);
    buf_free(&c->in);
    free(c);
}

int control_client_fd(const struct control_client *c)
{
    return c->fd;
}

static int send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = TEMP_FAILURE_RETRY(send(fd, bytes, len, MSG_NOSIGNAL));

        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int control_client_ask(struct control_client *c, const char *request, size_t len, int deadline_ms, struct err *e)
{
    if (limit(c, SO_SNDTIMEO, deadline_ms) < 0 || send_all(c->fd, request, len) < 0 || send_all(c->fd, "\n", 1) < 0)
        return fail(e, "asking");
    return 0;
}

/* Returns 1 when bytes came, 0 at the end, -1 on an error. */
static int take_more(struct control_client *c)
{
    char part[65536];
    ssize_t n = TEMP_FAILURE_RETRY(recv(c->fd, part, sizeof part, 0));

    if (n <= 0)
        return (int)n;
    return buf_add(&c->in, part, (size_t)n) < 0 ? -1 : 1;
}

const char *control_client_line(struct control_client *c, int deadline_ms, size_t *len, struct err *e)
{
    size_t searched = 0;

    e->code = 0;
    (void)limit(c, SO_RCVTIMEO, deadline_ms);
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
        more = searched > CONTROL_ANSWER_MAX ? (errno = EMSGSIZE, -1) : take_more(c);
        if (more < 0)
            (void)fail(e, "answer");
        if (more <= 0)
            return NULL; /* an unfinished last line does not count */
    }
}

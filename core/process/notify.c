#include "process/notify.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/child.h"
#include "output/log.h"
#include "base/loop.h"
#include "base/sock.h"

static uv_poll_t watcher;
static int sock = -1;
static char sock_path[sizeof((struct sockaddr_un *)0)->sun_path];
static notify_fn tell;

static void notify_message(pid_t sender, const char *text)
{
    const struct child *c = child_of(sender);

    if (c)
        tell(c->name, text);
    else
        log_line(LOG_LEVEL_DEBUG, "ignored a notification of pid %ld, which is no service", (long)sender);
}

/* Reads one datagram. Returns the pid of its sender, 0 when none is waiting, -1 when it must be skipped. There is no
   room for descriptors that come with it, so the kernel closes them. */
static pid_t notify_receive(char *text, size_t size)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec iov = {.iov_base = text, .iov_len = size - 1};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *at;
    struct ucred who = {0};

    if (n < 0)
        return errno == EINTR ? -1 : 0;
    text[n] = '\0';
    at = CMSG_FIRSTHDR(&msg);
    if (at && at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_CREDENTIALS)
        memcpy(&who, CMSG_DATA(at), sizeof who);
    return who.pid > 0 ? who.pid : -1;
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    char text[4096];
    int most = 64; /* datagrams per turn, so that a service that sends many does not hold up the others */

    (void)handle;
    (void)status;
    (void)events;
    while (most-- > 0) {
        pid_t sender = notify_receive(text, sizeof text);

        if (sender == 0)
            return;
        if (sender > 0)
            notify_message(sender, text);
    }
}

int notify_start(const char *path, notify_fn on_notify, struct err *e)
{
    int on = 1, rc;

    if (sock >= 0) /* an earlier one may still be closing */
        return err_set(e, EALREADY, "notify socket %s: listens already", sock_path);
    tell = on_notify;
    sock = sock_bind(path, SOCK_DGRAM, 0666, "notify", e);
    if (sock < 0)
        return -1;
    memcpy(sock_path, path, strlen(path) + 1);
    rc = setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ? -errno : loop_poll(&watcher, sock, NULL);
    if (rc < 0) {
        (void)unlink(path);
        (void)close(sock);
        sock = -1;
        return err_set(e, -rc, "notify socket %s: %s", path, uv_strerror(rc));
    }
    (void)uv_poll_start(&watcher, UV_READABLE, on_readable);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    (void)handle;
    (void)close(sock);
    sock = -1;
}

void notify_stop(void)
{
    if (sock < 0 || uv_is_closing((uv_handle_t *)&watcher))
        return;
    (void)unlink(sock_path);
    uv_close((uv_handle_t *)&watcher, on_closed);
}

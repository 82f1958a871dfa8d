#include "net/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/loop.h"
#include "files/way.h"

/* Opens the socket itself by root's rule, because connect would follow a service's link to another's socket. */
static int open_socket(const char *path)
{
    struct err e = {0};
    struct stat st;
    int fd = way_file(path, O_PATH | O_CLOEXEC, &e), rc = 0;

    if (fd < 0)
        return -e.code;
    if (fstat(fd, &st) < 0)
        rc = -errno;
    else if (S_ISLNK(st.st_mode) || (S_ISSOCK(st.st_mode) && st.st_nlink != 1)) /* or it may be another service's */
        rc = -ELOOP;
    if (rc == 0)
        return fd;
    (void)close(fd);
    return rc;
}

static int dial_unix(uv_pipe_t *pipe, const char *path, uv_connect_t *connect, uv_connect_cb done)
{
    char itself[64] = "/proc/self/fd/none"; /* there is none: the callback says so, as after any failed connection */
    int fd;

    if (geteuid() != 0) {
        uv_pipe_connect(connect, pipe, path, done);
        return 0;
    }
    fd = open_socket(path);
    if (fd < 0 && fd != -ENOENT)
        return fd;
    if (fd >= 0)
        (void)snprintf(itself, sizeof itself, "/proc/self/fd/%d", fd);
    uv_pipe_connect(connect, pipe, itself, done); /* it has connected when it returns, so fd may be closed */
    if (fd >= 0)
        (void)close(fd);
    return 0;
}

int dial(union dial_handle *handle, const struct dial_target *to, uv_connect_t *connect, uv_connect_cb done)
{
    struct sockaddr_storage at;
    int rc = 0;

    if (to->socket) {
        (void)uv_pipe_init(loop_get(), &handle->pipe, 0); /* cannot fail, like uv_tcp_init: it only sets fields */
        return dial_unix(&handle->pipe, to->socket, connect, done);
    }
    (void)uv_tcp_init(loop_get(), &handle->tcp);
    if (uv_ip4_addr(to->address, to->port, (struct sockaddr_in *)&at) < 0)
        rc = uv_ip6_addr(to->address, to->port, (struct sockaddr_in6 *)&at);
    return rc < 0 ? rc : uv_tcp_connect(connect, &handle->tcp, (const struct sockaddr *)&at, done);
}

#include "base/sock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/sys.h"

#define QUEUE 128 /* that wait to be accepted: more than a few slow clients should not shut others out */

union sock_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t parse_address(const char *address, int port, union sock_address *to)
{
    memset(to, 0, sizeof *to);
    if (uv_ip4_addr(address, port, &to->v4) == 0)
        return sizeof to->v4;
    return uv_ip6_addr(address, port, &to->v6) == 0 ? sizeof to->v6 : 0;
}

int sock_listen(const char *address, int port, struct err *e)
{
    union sock_address at;
    socklen_t len = parse_address(address, port, &at);
    int on = 1, fd;

    if (len == 0)
        return err_set(e, EINVAL, "%s: not an IPv4 or IPv6 address", address);
    fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(e, "%s port %d", address, port);
    /* The options that nginx sets too: TIME_WAIT does not block the port, and an IPv6 socket does not take IPv4. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &at.any, len) == 0 && listen(fd, QUEUE) == 0)
        return fd;
    (void)err_sys(e, "%s port %d", address, port);
    sys_close(fd);
    return -1;
}

int sock_can_listen(const char *address, int port, struct err *e)
{
    int fd = sock_listen(address, port, e);

    sys_close(fd);
    return fd < 0 ? -1 : 0;
}

bool sock_is_loopback(const char *address)
{
    union sock_address at;

    if (parse_address(address, 0, &at) == 0)
        return false;
    return at.any.sa_family == AF_INET ? ntohl(at.v4.sin_addr.s_addr) >> 24 == 127
                                       : IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr);
}

int sock_unix(const char *path, struct sockaddr_un *to, struct err *e)
{
    size_t len = strlen(path);

    if (len >= sizeof to->sun_path)
        return err_set(e, ENAMETOOLONG, "%s: a socket path has at most 107 bytes", path);
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(to->sun_path, path, len);
    return 0;
}

int sock_bind(const char *path, int type, mode_t mode, const char *what, struct err *e)
{
    struct sockaddr_un at;
    mode_t before;
    int fd, rc;

    if (sock_unix(path, &at, e) < 0)
        return -1;
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_sys(e, "%s socket", what);
    (void)unlink(path);
    before = umask(0777 & ~mode);
    rc = bind(fd, (const struct sockaddr *)&at, sizeof at);
    (void)umask(before);
    if (rc == 0)
        return fd;
    (void)err_sys(e, "%s socket %s", what, path);
    sys_close(fd);
    return -1;
}

int sock_is_free(const char *path, struct err *e)
{
    struct sockaddr_un at;
    int fd, rc = 0;

    if (sock_unix(path, &at, e) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_sys(e, "socket");
    if (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 || errno == EAGAIN)
        rc = err_set(e, EADDRINUSE, "%s: %s", path, strerror(EADDRINUSE));
    (void)close(fd);
    return rc;
}

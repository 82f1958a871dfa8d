#include "host/host.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#ifndef SYNLUA_SHARE
#define SYNLUA_SHARE "/usr/local/share/synlua"
#endif

int host_home(struct buf *to, struct err *e)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    struct stat st;
    char *slash;
    int up;

    if (n < 0)
        return err_sys(e, "/proc/self/exe");
    exe[n] = '\0';
    for (up = 0; up < 3 && (slash = strrchr(exe, '/')) != NULL; up++) { /* CHECKOUT/build/synlua, or build/san/ */
        *slash = '\0';
        buf_reset(to);
        if (buf_addf(to, "%s/lua/main.lua", exe) < 0)
            return err_sys(e, "home");
        if (stat(to->data, &st) == 0) {
            buf_reset(to);
            return buf_str(to, exe);
        }
    }
    buf_reset(to);
    if (stat(SYNLUA_SHARE "/lua/main.lua", &st) < 0)
        return err_sys(e, "synlua's own files: %s/lua/main.lua", SYNLUA_SHARE);
    return buf_str(to, SYNLUA_SHARE);
}

int host_user(const char *name, uid_t *uid, gid_t *gid, struct err *e)
{
    const struct passwd *pw;

    errno = 0;
    pw = getpwnam(name);
    if (!pw)
        return err_set(e, ENOENT, "there is no user %s", name);
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return 0;
}

int host_addresses(const char *name, struct buf *to, struct err *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all, *at;
    char text[INET6_ADDRSTRLEN];
    int rc = getaddrinfo(name, NULL, &hints, &all);

    if (rc != 0)
        return err_set(e, rc == EAI_AGAIN ? EAGAIN : ENOENT, "%s", gai_strerror(rc));
    for (at = all; at && rc == 0; at = at->ai_next)
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            rc = buf_addf(to, "%s\n", text);
    freeaddrinfo(all);
    return rc < 0 ? err_sys(e, "the addresses of %s", name) : 0;
}

int host_stat(const char *path, struct stat *st, struct err *e)
{
    return stat(path, st) < 0 ? err_sys(e, "%s", path) : 0;
}

int host_room(const char *path, struct statvfs *to, struct err *e)
{
    return statvfs(path, to) < 0 ? err_sys(e, "%s", path) : 0;
}

struct host_facts host_facts(void)
{
    cpu_set_t set;

    return (struct host_facts){
        .uid = geteuid(),
        .gid = getegid(),
        .pid = getpid(),
        .cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1,
        .page_size = sysconf(_SC_PAGESIZE),
        .libuv = uv_version_string(),
    };
}

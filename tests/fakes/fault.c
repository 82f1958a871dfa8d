/* Preloaded into synlua: a file system that fails, without one. Below the directory FAULT_BELOW, with FAULT=full each
   write ends with ENOSPC, with FAULT=readonly each change with EROFS, with FAULT=squashed each change of an owner with
   EPERM; only while the file FAULT_WHILE exists, where one is named. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_below(int fd, const char *fault)
{
    const char *mode = getenv("FAULT"), *below = getenv("FAULT_BELOW"), *when = getenv("FAULT_WHILE");
    char link[64], path[PATH_MAX];
    ssize_t n;

    if (!mode || !below || strcmp(mode, fault) != 0 || (when && access(when, F_OK) < 0))
        return 0;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return 0;
    path[n] = '\0';
    return strncmp(path, below, strlen(below)) == 0;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t (*real)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

    if (is_below(fd, "full")) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, bytes, len);
}

int openat(int dir, const char *path, int flags, ...)
{
    int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list ap;

        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
        if (is_below(dir, "readonly")) {
            errno = EROFS;
            return -1;
        }
    }
    return real(dir, path, flags, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
    int (*real)(int, uid_t, gid_t) = (int (*)(int, uid_t, gid_t))dlsym(RTLD_NEXT, "fchown");

    if (is_below(fd, "readonly")) {
        errno = EROFS;
        return -1;
    }
    if (is_below(fd, "squashed")) {
        errno = EPERM;
        return -1;
    }
    return real(fd, uid, gid);
}

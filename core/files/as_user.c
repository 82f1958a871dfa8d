#include "files/as_user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "files/way.h"

#define NOBODY ((id_t)-1) /* setfsuid refuses this id, and returns the present one */

/* The identity before the call. */
struct before {
    gid_t *groups;
    int count;
    uid_t uid;
    gid_t gid;
};

/* By raw system calls, because the library's functions would change all threads. */
static long set_groups(int count, const gid_t *groups)
{
    return syscall(SYS_setgroups, (size_t)count, groups);
}

static bool identify(uid_t uid, gid_t gid)
{
    (void)syscall(SYS_setfsgid, gid);
    (void)syscall(SYS_setfsuid, uid);
    return (uid_t)syscall(SYS_setfsuid, NOBODY) == uid && (gid_t)syscall(SYS_setfsgid, NOBODY) == gid;
}

/* Keeps errno. An identity that stays half another's must do nothing at all. */
static void give_back(struct before *b)
{
    int saved = errno;
    bool whole = identify(b->uid, b->gid);

    if (!whole || (b->count > 0 && set_groups(b->count, b->groups) < 0))
        abort();
    free(b->groups);
    errno = saved;
}

static int take(const struct as_user *who, struct before *b)
{
    b->uid = (uid_t)syscall(SYS_setfsuid, NOBODY);
    b->gid = (gid_t)syscall(SYS_setfsgid, NOBODY);
    b->groups = NULL;
    b->count = getgroups(0, NULL);
    if (b->count > 0) {
        b->groups = calloc((size_t)b->count, sizeof *b->groups);
        if (!b->groups || getgroups(b->count, b->groups) < 0 || set_groups(0, NULL) < 0) {
            free(b->groups); /* glibc's keeps errno */
            return -1;
        }
    }
    if (identify(who->uid, who->gid))
        return 0;
    give_back(b);
    errno = EPERM;
    return -1;
}

static int open_as(const struct as_user *who, const char *path, int flags, struct err *e)
{
    struct before before;
    int fd;

    if (take(who, &before) < 0)
        return err_sys(e, "reading %s as uid %u", path, (unsigned)who->uid);
    fd = sys_openat(AT_FDCWD, path, flags | O_NONBLOCK | O_NOCTTY, 0);
    give_back(&before);
    if (fd < 0 && errno == EACCES && who->admins_too) {
        fd = way_admins(who->admin, path, flags | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 && errno != ENOENT) /* it is not there, whoever asks */
            errno = EACCES;
    }
    return fd < 0 ? err_sys(e, "reading %s as uid %u", path, (unsigned)who->uid) : fd;
}

int as_user_read(const struct as_user *who, const char *path, size_t max, struct buf *to, struct err *e)
{
    int fd = open_as(who, path, O_RDONLY, e), rc = -1;
    struct stat st;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        (void)err_sys(e, "reading %s", path);
    else if (S_ISDIR(st.st_mode))
        (void)err_set(e, EISDIR, "reading %s: it is a directory, not a file", path);
    else if (!S_ISREG(st.st_mode))
        (void)err_set(e, EINVAL, "reading %s: it is no regular file", path);
    else
        rc = file_read_open(fd, path, max, to, e);
    (void)close(fd);
    return rc;
}

int as_user_list(const struct as_user *who, const char *path, file_entry_fn fn, void *arg, struct err *e)
{
    int fd = open_as(who, path, O_RDONLY | O_DIRECTORY, e);

    return fd < 0 ? -1 : file_list_open(fd, path, fn, arg, e);
}

static int remove_own(uid_t uid, const char *path)
{
    const char *slash = strrchr(path, '/'), *leaf = slash ? slash + 1 : path;
    char parent[PATH_MAX];
    struct stat st;
    int dir, rc;

    if ((size_t)(leaf - path) + 2 > sizeof parent) {
        errno = ENAMETOOLONG;
        return -1;
    }
    (void)snprintf(parent, sizeof parent, "%.*s.", (int)(leaf - path), path);
    dir = sys_openat(AT_FDCWD, parent, O_PATH | O_DIRECTORY, 0);
    rc = dir < 0 ? -1 : fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW);
    if (rc == 0 && st.st_uid != uid) {
        errno = EPERM;
        rc = -1;
    }
    if (rc == 0)
        rc = unlinkat(dir, leaf, 0);
    sys_close(dir);
    return rc;
}

int as_user_remove(const struct as_user *who, const char *path, struct err *e)
{
    struct before before;
    int rc;

    if (take(who, &before) < 0)
        return err_sys(e, "removing %s as uid %u", path, (unsigned)who->uid);
    rc = remove_own(who->uid, path);
    give_back(&before);
    return rc == 0 || errno == ENOENT ? 0 : err_sys(e, "removing %s as uid %u", path, (unsigned)who->uid);
}

static int try_here(const char *path)
{
    int dir = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0), fd = -1;
    char name[64];

    (void)snprintf(name, sizeof name, ".synlua.try.%ld", (long)getpid());
    if (dir >= 0)
        fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd >= 0)
        (void)unlinkat(dir, name, 0);
    sys_close(fd);
    sys_close(dir);
    return fd < 0 ? -1 : 0;
}

int as_user_try(const struct as_user *who, const char *path, struct err *e)
{
    struct before before;
    bool other = geteuid() == 0 && take(who, &before) == 0; /* without the right to, as whoever we are */
    int rc = try_here(path);

    if (other)
        give_back(&before);
    return rc == 0 ? 0 : err_set(e, errno, "%s: uid %ld cannot create files in it", path, (long)who->uid);
}

int as_user_admit(const struct as_user *who, const char *path, mode_t mode, gid_t group, struct err *e)
{
    int flags = O_PATH | O_NOFOLLOW;
    int fd = who ? open_as(who, path, flags, e) : sys_openat(AT_FDCWD, path, flags, 0);
    int rc = fd < 0 ? -1 : 0;
    char itself[64];
    struct stat st;

    (void)snprintf(itself, sizeof itself, "/proc/self/fd/%d", fd);
    if (rc == 0 && (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != (who ? who->uid : geteuid()))) {
        errno = EPERM;
        rc = -1;
    }
    if (rc == 0)
        rc = chmod(itself, mode);
    if (rc == 0 && group != AS_USER_NO_GROUP)
        rc = sys_fchown_path(fd, (uid_t)-1, group);
    if (rc < 0)
        (void)err_sys(e, "giving the socket %s its mode", path);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

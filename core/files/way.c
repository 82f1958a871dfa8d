#include "files/way.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/sys.h"

#define LINKS_MAX 40 /* as the kernel has it */

struct walk {
    int dir; /* O_PATH */
    enum way_trust trust;
    unsigned links;
    bool root;
    int flags; /* of open, for the last component */
    const struct file_owner *make;
    char rest[PATH_MAX]; /* the components that are still to come */
};

enum way_trust way_judge(const struct stat *st)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return WAY_OPEN;
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return WAY_CLOSED;
    return (st->st_mode & S_ISVTX) ? WAY_SHARED : WAY_OPEN;
}

/* Owner before mode: a secret is never readable by the wrong group. A set-group-id directory is of our own group until
   it has its mode: chmod silently drops that bit for another group where CAP_FSETID is missing, and chown keeps it. */
int way_give(int fd, const struct file_owner *owner)
{
    bool give = owner->uid != FILES_KEEP, late = give && (owner->mode & S_ISGID);

    if (give && sys_fchown(fd, owner->uid, late ? getegid() : owner->gid) < 0)
        return -1;
    if (sys_fchmod(fd, owner->mode) < 0)
        return -1;
    return late ? sys_fchown(fd, owner->uid, owner->gid) : 0;
}

static int close_failed(int fd, int code)
{
    if (fd >= 0)
        (void)close(fd);
    errno = code;
    return -1;
}

static bool is_empty(int fd)
{
    int copy = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    bool empty = dir != NULL;

    while (empty && (entry = readdir(dir)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (dir)
        (void)closedir(dir);
    else if (copy >= 0)
        (void)close(copy);
    return empty;
}

/* Whether root may give this directory away. In a parent that other users may write to, the directory that we have just
   made may have been replaced, and one that existed may belong to anybody. */
static bool may_claim(int dir, int fd, bool made, const struct file_owner *owner)
{
    struct stat parent, st;

    if (geteuid() != 0)
        return true;
    if (fstat(dir, &parent) < 0 || fstat(fd, &st) < 0)
        return false;
    if (way_judge(&parent) == WAY_CLOSED)
        return true;
    if (made && way_judge(&parent) == WAY_OPEN)
        return st.st_uid == geteuid() && is_empty(fd);
    return owner->uid == FILES_KEEP || owner->uid == geteuid() || st.st_uid == geteuid() || st.st_uid == owner->uid;
}

int way_enter(int dir, const char *name, bool claim, const struct file_owner *owner)
{
    bool made = mkdirat(dir, name, owner->mode & 0777) == 0;
    int fd;

    if (!made && errno != EEXIST)
        return -1;
    fd = sys_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0 || !(made || claim))
        return fd;
    if (!may_claim(dir, fd, made, owner))
        return close_failed(fd, EPERM);
    return way_give(fd, owner) < 0 ? close_failed(fd, errno) : fd;
}

static int go_to(struct walk *w, int dir, bool top)
{
    struct stat st;

    if (dir < 0)
        return -1;
    if (fstat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
        return close_failed(dir, ENOTDIR);
    if (w->dir >= 0)
        (void)close(w->dir);
    w->dir = dir;
    if (top || w->trust != WAY_OPEN)
        w->trust = way_judge(&st);
    return 0;
}

static int go_top(struct walk *w)
{
    return go_to(w, sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0), true);
}

static bool may_follow(const struct walk *w, const struct stat *st)
{
    if (!w->root)
        return true;
    return w->trust != WAY_OPEN && st->st_nlink == 1 && (st->st_uid == 0 || st->st_uid == geteuid());
}

/* Links of /proc to objects that have no path. */
static bool is_of_kernel(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Puts the text of the link before the components that are still to come. */
static int follow(struct walk *w, int link, const struct stat *st)
{
    char target[PATH_MAX], whole[PATH_MAX];
    ssize_t n;
    int len;

    if (!may_follow(w, st) || ++w->links > LINKS_MAX)
        return close_failed(-1, ELOOP);
    n = readlinkat(link, "", target, sizeof target - 1);
    if (n < 0)
        return -1;
    target[n] = '\0';
    len = snprintf(whole, sizeof whole, "%s/%s", target, w->rest);
    if (len < 0 || (size_t)len >= sizeof whole)
        return close_failed(-1, ENAMETOOLONG);
    memcpy(w->rest, whole, (size_t)len + 1);
    return target[0] == '/' ? go_top(w) : 0;
}

/* Takes the next component out of the rest. Returns false at the end. */
static bool next_part(struct walk *w, char part[NAME_MAX + 2], bool *last)
{
    size_t skip = strspn(w->rest, "/"), len = strcspn(w->rest + skip, "/"), all = strlen(w->rest);

    *last = skip + len + strspn(w->rest + skip + len, "/") == all;
    (void)snprintf(part, NAME_MAX + 2, "%.*s", (int)len, w->rest + skip); /* a name too long stays too long */
    memmove(w->rest, w->rest + skip + len, all - skip - len + 1);
    return part[0] != '\0';
}

static int missing(struct walk *w, const char *part)
{
    int fd, code;

    if (errno != ENOENT || !w->make)
        return -1;
    fd = way_enter(w->dir, part, false, w->make);
    code = fd < 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    errno = code;
    return code ? -1 : sys_openat(w->dir, part, O_PATH | O_NOFOLLOW, 0);
}

/* Handles one component. 1: *end is the descriptor of the last one; 0: go on; -1: failed with errno. */
static int step(struct walk *w, const char *part, bool last, int *end)
{
    bool up = strcmp(part, "..") == 0;
    struct stat st;
    int fd, rc;

    if (up && w->root && w->trust == WAY_OPEN) /* a service may have moved this directory meanwhile */
        return close_failed(-1, ELOOP);
    fd = sys_openat(w->dir, part, O_PATH | O_NOFOLLOW, 0);
    if (fd < 0)
        fd = missing(w, part);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        return close_failed(fd, errno);
    if (S_ISLNK(st.st_mode)) {
        bool kernels = last && may_follow(w, &st) && is_of_kernel(fd);

        rc = kernels ? 0 : follow(w, fd, &st);
        (void)close_failed(fd, errno);
        if (!kernels)
            return rc;
        *end = sys_openat(w->dir, part, w->flags, 0);
        return *end < 0 ? -1 : 1;
    }
    if (S_ISDIR(st.st_mode))
        return go_to(w, fd, false);
    (void)close(fd);
    if (!last)
        return close_failed(-1, ENOTDIR);
    *end = sys_openat(w->dir, part, w->flags | O_NOFOLLOW, 0);
    return *end < 0 ? -1 : 1;
}

static int go(struct walk *w)
{
    char part[NAME_MAX + 2];
    int end = -1, rc = 0;
    bool last;

    while (rc == 0 && next_part(w, part, &last))
        rc = step(w, part, last, &end);
    if (rc == 0)
        end = sys_openat(w->dir, ".", w->flags, 0);
    return end;
}

static int begin(struct walk *w, const char *path)
{
    size_t len = strlen(path), here = 0;

    if (len == 0)
        return close_failed(-1, ENOENT);
    if (path[0] != '/') {
        if (!getcwd(w->rest, sizeof w->rest - 1))
            return -1;
        here = strlen(w->rest);
        w->rest[here++] = '/';
    }
    if (here + len >= sizeof w->rest)
        return close_failed(-1, ENAMETOOLONG);
    memcpy(w->rest + here, path, len + 1);
    return go_top(w);
}

static int way_open(const char *path, int flags, const struct file_owner *make, const char *doing, struct err *e)
{
    struct walk w = {.dir = -1, .trust = WAY_OPEN, .root = geteuid() == 0, .flags = flags, .make = make};
    int fd = begin(&w, path) < 0 ? -1 : go(&w);

    if (fd < 0 && errno == ELOOP && w.root)
        (void)err_set(e, ELOOP, "%s %s: root follows a link only if it belongs to root and lies where no service "
                                "may write", doing, path);
    else if (fd < 0)
        (void)err_sys(e, "%s %s", doing, path);
    if (w.dir >= 0)
        (void)close(w.dir);
    return fd;
}

int way_directory(const char *path, const struct file_owner *make, struct err *e)
{
    int fd;

    if (make || geteuid() == 0)
        return way_open(path, O_RDONLY | O_DIRECTORY, make, make ? "making the directory" : "opening", e);
    fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    return fd < 0 ? err_sys(e, "opening %s", path) : fd;
}

int way_file(const char *path, int flags, struct err *e)
{
    int fd;

    if (geteuid() == 0)
        return way_open(path, flags, NULL, "reading", e);
    fd = sys_openat(AT_FDCWD, path, flags, 0);
    return fd < 0 ? err_sys(e, "reading %s", path) : fd;
}

int way_real(const char *path, struct buf *to, struct err *e)
{
    int fd = way_file(path, O_PATH, e);
    char link[64], real[PATH_MAX];
    ssize_t n;

    if (fd < 0)
        return -1;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, real, sizeof real - 1);
    (void)close(fd);
    if (n < 0)
        return err_sys(e, "%s", path);
    real[n] = '\0';
    return buf_str(to, real) < 0 ? err_sys(e, "%s", path) : 0;
}

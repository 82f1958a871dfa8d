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

enum trust {
    OPEN,   /* a service may put there what it wants */
    SHARED, /* it may, but not touch what is root's */
    CLOSED, /* it may not */
};

struct walk {
    int dir; /* O_PATH */
    enum trust trust;
    unsigned links;
    uid_t admin; /* whom we believe besides root: ourselves, or a person */
    bool bound;  /* the rule holds: we are root */
    bool strict; /* no name counts but what only root or the admin can have put there */
    int flags;   /* for what is at the end */
    const struct file_owner *make;
    char path[PATH_MAX];
    const char *rest; /* of it: still to go */
};

static bool is_believed(const struct stat *st, uid_t admin)
{
    return st->st_uid == 0 || st->st_uid == admin;
}

/* A directory's own owner and mode, whatever lies above it. */
static enum trust judge(const struct stat *st, uid_t admin)
{
    if (!is_believed(st, admin))
        return OPEN;
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return CLOSED;
    return (st->st_mode & S_ISVTX) ? SHARED : OPEN;
}

bool way_part(const char **path, char part[NAME_MAX + 2])
{
    const char *from = *path + strspn(*path, "/");
    size_t len = strcspn(from, "/");

    (void)snprintf(part, NAME_MAX + 2, "%.*s", (int)len, from);
    *path = from + len + strspn(from + len, "/");
    return len > 0;
}

DIR *way_listing(int fd)
{
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir)
        sys_close(fd);
    return dir;
}

const struct dirent *way_entry(DIR *dir)
{
    const struct dirent *entry;

    do
        entry = readdir(dir);
    while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    return entry;
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

static int fail(int fd, int code)
{
    sys_close(fd);
    errno = code;
    return -1;
}

static bool is_empty(int fd)
{
    DIR *dir = way_listing(sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0));
    bool empty = dir && !way_entry(dir);

    if (dir)
        (void)closedir(dir);
    return empty;
}

/* Whether root may give this directory away. In a parent that other users may write to, the directory that we have just
   made may have been replaced, and one that existed may belong to anybody. */
static bool may_claim(int dir, int fd, bool made, const struct file_owner *owner)
{
    struct stat parent, st;
    enum trust trust;

    if (geteuid() != 0)
        return true;
    if (fstat(dir, &parent) < 0 || fstat(fd, &st) < 0)
        return false;
    trust = judge(&parent, 0);
    if (trust == CLOSED)
        return true;
    if (made && trust == OPEN)
        return st.st_uid == 0 && is_empty(fd);
    return owner->uid == FILES_KEEP || owner->uid == 0 || st.st_uid == 0 || st.st_uid == owner->uid;
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
        return fail(fd, EPERM);
    return way_give(fd, owner) < 0 ? fail(fd, errno) : fd;
}

static int go_to(struct walk *w, int dir, const struct stat *st)
{
    sys_close(w->dir);
    w->dir = dir;
    if (w->trust != OPEN)
        w->trust = judge(st, w->admin);
    return 0;
}

static int go_top(struct walk *w)
{
    int dir = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
    struct stat st;

    if (dir < 0 || fstat(dir, &st) < 0)
        return fail(dir, errno);
    w->trust = CLOSED; /* nothing lies above it */
    return go_to(w, dir, &st);
}

/* Whether only root or the admin can have put this name into the directory we are in. In a shared one that holds for
   their directories: nobody else can make one, rename it, or move it there from elsewhere. */
static bool is_admins(const struct walk *w, const struct stat *st)
{
    return w->trust == CLOSED || (w->trust == SHARED && S_ISDIR(st->st_mode) && is_believed(st, w->admin));
}

/* A file that is mounted by itself. Root did that, whoever may write to the directory. */
static bool is_mounted(int fd, const struct stat *st)
{
    struct statx found;

    return S_ISREG(st->st_mode) && statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &found) == 0 &&
           (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* Opens the same file again, even if its name leads elsewhere by now. Closes fd. */
static int reopen(int fd, int flags)
{
    char itself[64];
    int again;

    (void)snprintf(itself, sizeof itself, "/proc/self/fd/%d", fd);
    again = sys_openat(AT_FDCWD, itself, flags, 0);
    sys_close(fd);
    return again;
}

static bool may_follow(const struct walk *w, const struct stat *st)
{
    if (!w->bound || w->strict) /* strict: is_admins has said so */
        return true;
    return w->trust != OPEN && st->st_nlink == 1 && is_believed(st, w->admin);
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
        return fail(-1, ELOOP);
    n = readlinkat(link, "", target, sizeof target - 1);
    if (n < 0)
        return -1;
    target[n] = '\0';
    len = snprintf(whole, sizeof whole, "%s/%s", target, w->rest);
    if (len < 0 || (size_t)len >= sizeof whole)
        return fail(-1, ENAMETOOLONG);
    memcpy(w->path, whole, (size_t)len + 1);
    w->rest = w->path;
    return target[0] == '/' ? go_top(w) : 0;
}

static int missing(struct walk *w, const char *part)
{
    int fd, code;

    if (errno != ENOENT || !w->make)
        return -1;
    fd = way_enter(w->dir, part, false, w->make);
    code = fd < 0 ? errno : 0;
    sys_close(fd);
    errno = code;
    return code ? -1 : sys_openat(w->dir, part, O_PATH | O_NOFOLLOW, 0);
}

/* Handles one component. 1: *end is the descriptor of the last one; 0: go on; -1: failed with errno. */
static int step(struct walk *w, const char *part, bool last, int *end)
{
    bool up = strcmp(part, "..") == 0;
    struct stat st;
    int fd, rc;

    if (up && w->bound && (w->trust == OPEN || w->strict)) /* a service may have moved this directory meanwhile */
        return fail(-1, ELOOP);
    if (last && !w->strict && !(w->flags & O_PATH)) {
        *end = sys_openat(w->dir, part, w->flags | O_NOFOLLOW, 0);
        if (*end >= 0)
            return 1; /* no link: nothing more to know about it */
    }
    fd = sys_openat(w->dir, part, O_PATH | O_NOFOLLOW, 0);
    if (fd < 0)
        fd = missing(w, part);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        return fail(fd, errno);
    if (w->strict && last && is_mounted(fd, &st)) {
        *end = reopen(fd, w->flags);
        return *end < 0 ? -1 : 1;
    }
    if (w->strict && !is_admins(w, &st))
        return fail(fd, EACCES);
    if (S_ISLNK(st.st_mode)) {
        bool kernels = last && !w->strict && may_follow(w, &st) && is_of_kernel(fd);

        rc = kernels ? 0 : follow(w, fd, &st);
        sys_close(fd);
        if (!kernels)
            return rc;
        *end = sys_openat(w->dir, part, w->flags, 0);
        return *end < 0 ? -1 : 1;
    }
    if (S_ISDIR(st.st_mode))
        return go_to(w, fd, &st);
    (void)close(fd);
    if (!last)
        return fail(-1, ENOTDIR);
    *end = sys_openat(w->dir, part, w->flags | O_NOFOLLOW, 0);
    return *end < 0 ? -1 : 1;
}

static int go(struct walk *w)
{
    char part[NAME_MAX + 2];
    int end = -1, rc = 0;

    while (rc == 0 && way_part(&w->rest, part))
        rc = step(w, part, *w->rest == '\0', &end);
    if (rc == 0)
        end = sys_openat(w->dir, ".", w->flags, 0);
    return end;
}

static int begin(struct walk *w, const char *path)
{
    size_t len = strlen(path), here = 0;

    if (len == 0)
        return fail(-1, ENOENT);
    if (path[0] != '/') {
        if (!getcwd(w->path, sizeof w->path - 1))
            return -1;
        here = strlen(w->path);
        w->path[here++] = '/';
    }
    if (here + len >= sizeof w->path)
        return fail(-1, ENAMETOOLONG);
    memcpy(w->path + here, path, len + 1);
    w->rest = w->path;
    return go_top(w);
}

static int walk(struct walk *w, const char *path)
{
    int fd;

    w->dir = -1;
    fd = begin(w, path) < 0 ? -1 : go(w);
    sys_close(w->dir);
    return fd;
}

/* Where no link and no ".." is on the way, the rule forbids nothing, and the kernel may go the whole way. It needs one
   call in place of three for each component. What it refuses for a link, or because it is old, is gone step by step. */
static int go_straight(const char *path, int flags)
{
    return path[0] == '/' && !strstr(path, "/..") ? sys_open_unlinked(path, flags) : fail(-1, ELOOP);
}

static int way_open(const char *path, int flags, const struct file_owner *make, const char *doing, struct err *e)
{
    uid_t self = geteuid();
    struct walk w = {.admin = self, .bound = self == 0, .flags = flags, .make = make};
    int fd = w.bound ? go_straight(path, flags) : fail(-1, ELOOP);

    if (fd < 0 && (make || errno != ENOENT))
        fd = make || w.bound ? walk(&w, path) : sys_openat(AT_FDCWD, path, flags, 0);
    if (fd < 0 && errno == ELOOP && w.bound)
        (void)err_set(e, ELOOP, "%s %s: root follows a link only if it belongs to root and lies where no service "
                                "may write", doing, path);
    else if (fd < 0)
        (void)err_sys(e, "%s %s", doing, path);
    return fd;
}

int way_directory(const char *path, const struct file_owner *make, struct err *e)
{
    return way_open(path, O_RDONLY | O_DIRECTORY, make, make ? "making the directory" : "opening", e);
}

int way_file(const char *path, int flags, struct err *e)
{
    return way_open(path, flags, NULL, "reading", e);
}

int way_admins(uid_t admin, const char *path, int flags)
{
    struct walk w = {.admin = admin, .bound = true, .strict = true, .flags = flags};

    return path[0] == '/' ? walk(&w, path) : fail(-1, EACCES);
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

#include "files/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sys.h"
#include "files/way.h"

#define REMOVE_DEPTH 32 /* directories that are open at once while a tree is removed */
#define REMOVE_AGAIN 1000

static int read_fd(int fd, size_t max, struct buf *to)
{
    char part[16384];
    size_t total = 0;
    ssize_t n;

    while ((n = sys_read(fd, part, sizeof part)) > 0) {
        total += (size_t)n;
        if (total > max) {
            errno = EFBIG;
            return -1;
        }
        if (buf_add(to, part, (size_t)n) < 0)
            return -1;
    }
    return n < 0 ? -1 : 0;
}

int file_read_open(int fd, const char *path, size_t max, struct buf *to, struct err *e)
{
    return read_fd(fd, max, to) < 0 ? err_sys(e, "reading %s", path) : 0;
}

int file_read(const char *path, size_t max, struct buf *to, struct err *e)
{
    /* Non-blocking, because a FIFO in the place of the file must not block us. */
    int fd = way_file(path, O_RDONLY | O_NONBLOCK, e), rc;

    if (fd < 0)
        return -1;
    rc = file_read_open(fd, path, max, to, e);
    sys_close(fd);
    return rc;
}

static bool leads_up(const char *path)
{
    char part[NAME_MAX + 2];

    while (way_part(&path, part))
        if (strcmp(part, "..") == 0)
            return true;
    return false;
}

/* Opens the base directory, below which path stays. owner: what is missing of base is made. */
static int open_base(const char *base, const char *path, const struct file_owner *owner, struct err *e)
{
    if (leads_up(path))
        return err_set(e, EINVAL, "%s/%s: leads out of its directory", base, path);
    return way_directory(base, owner, e);
}

/* Opens the directory of base/path, and follows no link below base. *leaf is the last component. */
static int open_parent(const char *base, const char *path, const char **leaf, struct err *e)
{
    int dir = open_base(base, path, NULL, e), next;
    const char *slash = strrchr(path, '/');
    char part[NAME_MAX + 2];

    *leaf = slash ? slash + 1 : path;
    for (; dir >= 0 && path < *leaf && way_part(&path, part); dir = next) {
        next = sys_openat(dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        if (next < 0)
            (void)err_sys(e, "opening %s below %s", part, base);
        sys_close(dir);
    }
    return dir;
}

/* Opens base/path to read; no link is followed, and nobody waits for a FIFO. */
static int open_below(const char *base, const char *path, int flags, const char *doing, struct err *e)
{
    const char *leaf;
    int dir = open_parent(base, path, &leaf, e), fd;

    if (dir < 0)
        return -1;
    fd = sys_openat(dir, *leaf ? leaf : ".", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags, 0);
    if (fd < 0)
        (void)err_sys(e, "%s %s/%s", doing, base, path);
    sys_close(dir);
    return fd;
}

int file_read_below(const char *base, const char *path, size_t max, struct buf *to, struct stat *st, struct err *e)
{
    int fd = open_below(base, path, 0, "reading", e), rc = -1;

    if (fd < 0)
        return -1;
    if (fstat(fd, st) < 0 || read_fd(fd, max, to) < 0)
        (void)err_sys(e, "reading %s/%s", base, path);
    else
        rc = 0;
    sys_close(fd);
    return rc;
}

int file_stat_below(const char *base, const char *path, struct stat *st, struct err *e)
{
    int fd = open_below(base, path, O_PATH, "looking at", e), rc;

    if (fd < 0)
        return -1;
    rc = fstat(fd, st) < 0 ? err_sys(e, "looking at %s/%s", base, path) : 0;
    sys_close(fd);
    return rc;
}

static int write_all(int fd, const struct buf *bytes)
{
    size_t done = 0;

    while (done < bytes->len) {
        ssize_t n = sys_write(fd, bytes->data + done, bytes->len - done);

        if (n < 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

int file_replace(const char *base, const char *path, const struct buf *bytes, const struct file_owner *owner,
                 bool durable, struct err *e)
{
    const char *leaf;
    char temporary[NAME_MAX + 1];
    int dir = open_parent(base, path, &leaf, e), fd = -1, rc = -1;

    if (dir < 0)
        return -1;
    (void)snprintf(temporary, sizeof temporary, ".%.200s.new", leaf);
    (void)unlinkat(dir, temporary, 0); /* left by a run that was killed */
    fd = sys_openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0 || write_all(fd, bytes) < 0 || way_give(fd, owner) < 0 || (durable && sys_fsync(fd) < 0) ||
        sys_renameat(dir, temporary, leaf) < 0) {
        (void)err_sys(e, "writing %s/%s", base, path);
        (void)unlinkat(dir, temporary, 0);
    } else if (durable && sys_fsync(dir) < 0) {
        (void)err_sys(e, "writing %s", base);
    } else {
        rc = 0;
    }
    sys_close(fd);
    sys_close(dir);
    return rc;
}

int file_open_directory(const char *base, const char *path, const struct file_owner *owner, struct err *e)
{
    int dir = open_base(base, path, owner, e), next;
    const char *rest = path;
    char part[NAME_MAX + 2];

    for (; dir >= 0 && way_part(&rest, part); dir = next) {
        next = way_enter(dir, part, *rest == '\0', owner); /* the last one is claimed */
        if (next < 0)
            (void)err_sys(e, "making the directory %s/%s", base, path);
        sys_close(dir);
    }
    return dir;
}

int file_mkdir(const char *base, const char *path, const struct file_owner *owner, struct err *e)
{
    int dir = file_open_directory(base, path, owner, e);

    sys_close(dir);
    return dir < 0 ? -1 : 0;
}

int file_give(const char *base, const char *path, uid_t from, const struct file_owner *owner, struct err *e)
{
    int fd = open_below(base, path, 0, "giving", e), rc = -1;
    struct stat st;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        (void)err_sys(e, "giving %s/%s", base, path);
    else if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != from)
        (void)err_set(e, EPERM, "%s/%s: not a plain file of uid %ld with one name", base, path, (long)from);
    else if ((rc = way_give(fd, owner)) < 0)
        (void)err_sys(e, "giving %s/%s", base, path);
    sys_close(fd);
    return rc;
}

int file_lock(const char *base, const char *name, struct err *e)
{
    int dir = way_directory(base, NULL, e), fd;

    if (dir < 0)
        return -1;
    /* Not made where it is there: in a directory with the sticky bit the kernel refuses that for another's file. */
    fd = sys_openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0 && errno == ENOENT)
        fd = sys_openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
    sys_close(dir);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0; /* the descriptor stays open, close-on-exec, for as long as we live */
    (void)err_sys(e, "lock %s/%s", base, name);
    sys_close(fd);
    return -1;
}

int file_remove(const char *base, const char *path, struct err *e)
{
    const char *leaf;
    int dir = open_parent(base, path, &leaf, e), rc = 0;

    if (dir < 0)
        return e->code == ENOENT ? 0 : -1;
    if (unlinkat(dir, leaf, 0) < 0 && errno != ENOENT)
        rc = err_sys(e, "removing %s/%s", base, path);
    sys_close(dir);
    return rc;
}

int file_list_open(int fd, const char *path, file_entry_fn fn, void *arg, struct err *e)
{
    DIR *dir = way_listing(fd);
    const struct dirent *entry;
    int rc = 0;

    if (!dir)
        return err_sys(e, "listing %s", path);
    while (rc == 0 && (entry = way_entry(dir)) != NULL) {
        struct stat st;

        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            rc = fn(arg, entry->d_name, &st);
    }
    (void)closedir(dir);
    return rc;
}

int file_list(const char *base, const char *path, file_entry_fn fn, void *arg, struct err *e)
{
    int fd = open_below(base, path, O_DIRECTORY, "listing", e);

    return fd < 0 ? -1 : file_list_open(fd, path, fn, arg, e);
}

/* A tree that is being removed. A directory that lies too deep is moved up into the root of the tree and removed from
   there. So neither our stack nor our descriptors depend on how deeply a service nests its directories. */
struct removal {
    int root; /* borrowed; -1 until it is open */
    unsigned moved;
};

static int move_up(struct removal *r, int dir, const char *name)
{
    char to[32];
    int rc;

    do {
        (void)snprintf(to, sizeof to, ".removed.%u", r->moved++);
        rc = renameat(dir, name, r->root, to);
    } while (rc < 0 && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR));
    return rc;
}

static int remove_entry(struct removal *r, int dir, const char *name, int depth);

static int remove_entries(struct removal *r, DIR *inner, int depth)
{
    const struct dirent *entry;
    int rc = 0;

    while (rc == 0 && (entry = way_entry(inner)) != NULL)
        rc = remove_entry(r, dirfd(inner), entry->d_name, depth + 1);
    return rc;
}

/* Empties and removes the entry `name` of dir. */
static int remove_entry(struct removal *r, int dir, const char *name, int depth)
{
    unsigned before;
    DIR *inner;
    int rc;

    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    if (depth == REMOVE_DEPTH)
        return move_up(r, dir, name);
    inner = way_listing(sys_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
    if (!inner)
        return -1;
    if (depth == 0)
        r->root = dirfd(inner);
    do { /* again, as long as directories were moved into the root */
        before = r->moved;
        rewinddir(inner);
        rc = remove_entries(r, inner, depth);
    } while (rc == 0 && depth == 0 && r->moved > before);
    (void)closedir(inner);
    return rc == 0 ? unlinkat(dir, name, AT_REMOVEDIR) : rc;
}

int file_remove_tree(const char *base, const char *path, struct err *e)
{
    struct removal removal = {.root = -1};
    const char *leaf;
    int dir = open_parent(base, path, &leaf, e), rc = 0, again = REMOVE_AGAIN;

    if (dir < 0)
        return e->code == ENOENT ? 0 : -1;
    if (*leaf == '\0' || strcmp(leaf, ".") == 0) {
        rc = err_set(e, EINVAL, "removing %s/%s: names no entry", base, path);
    } else {
        do /* somebody may still write into a directory that has just been emptied */
            rc = remove_entry(&removal, dir, leaf, 0);
        while (rc < 0 && errno == ENOTEMPTY && again-- > 0);
        if (rc < 0)
            rc = err_sys(e, "removing %s/%s", base, path);
    }
    sys_close(dir);
    return rc;
}

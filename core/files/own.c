#include "files/own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "files/way.h"

struct level {
    DIR *dir;
    size_t len; /* of its path */
};

struct own {
    struct level levels[OWN_DEPTH];
    unsigned depth;
    char path[PATH_MAX]; /* of the current entry, below base */
    char *skips[OWN_SKIPS];
    unsigned skip_count;
    uid_t uid;
    gid_t gid;
    bool change;
    struct own_counts counts;
    struct own_misfit named[OWN_NAMED];
};

static void leave(struct own *o, enum own_why why, uid_t uid)
{
    struct own_misfit *m;

    if (o->counts.left++ >= OWN_NAMED)
        return;
    m = &o->named[o->counts.left - 1];
    m->why = why;
    m->uid = uid;
    (void)snprintf(m->path, sizeof m->path, "%.*s", (int)sizeof m->path - 1, *o->path ? o->path : ".");
}

static bool may(const struct own *o, const struct stat *st, unsigned need)
{
    unsigned class = st->st_uid == o->uid ? 6 : st->st_gid == o->gid ? 3 : 0;

    return o->uid == 0 || ((st->st_mode >> class) & need) == need;
}

static bool fits(const struct own *o, const struct stat *st)
{
    if (!(S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)))
        return true;
    return may(o, st, S_ISDIR(st->st_mode) ? 7 : 4);
}

/* fd may be one of O_PATH. */
static int give(struct own *o, int fd, const struct stat *st, struct err *e)
{
    if (st->st_uid == o->uid)
        return 0;
    if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode)) {
        leave(o, OWN_DEVICE, st->st_uid);
    } else if (!S_ISDIR(st->st_mode) && st->st_nlink > 1) {
        leave(o, OWN_LINKED, st->st_uid); /* its other name may be anywhere */
    } else if (sys_fchown_path(fd, o->uid, o->gid) == 0) {
        o->counts.changed++;
    } else if (errno == EROFS || errno == EPERM) {
        leave(o, OWN_REFUSED, st->st_uid);
    } else {
        return err_sys(e, "changing the owner of %s", o->path);
    }
    return 0;
}

static int consider(struct own *o, int fd, const struct stat *st, struct err *e)
{
    o->counts.seen++;
    if (S_ISLNK(st->st_mode))
        return 0;
    if (o->change)
        return give(o, fd, st, e);
    if (!fits(o, st))
        leave(o, OWN_CLOSED, st->st_uid);
    return 0;
}

static void enter(struct own *o, int fd, const struct stat *st, size_t len)
{
    DIR *dir;

    if (o->depth == OWN_DEPTH) {
        leave(o, OWN_DEEP, st->st_uid);
        return;
    }
    dir = way_listing(sys_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
    if (dir)
        o->levels[o->depth++] = (struct level){dir, len};
    else if (o->change) /* else it was counted for its mode */
        leave(o, OWN_REFUSED, st->st_uid);
}

static bool skipped(const struct own *o)
{
    unsigned i;

    for (i = 0; i < o->skip_count; i++)
        if (strcmp(o->skips[i], o->path) == 0)
            return true;
    return false;
}

static int visit(struct own *o, const struct level *level, const char *name, struct err *e)
{
    size_t len = level->len, added = strlen(name);
    struct stat st;
    int fd, rc = 0;

    if (len + added + 2 > sizeof o->path) {
        leave(o, OWN_DEEP, 0);
        return 0;
    }
    if (len > 0)
        o->path[len++] = '/';
    memcpy(o->path + len, name, added + 1);
    len += added;
    if (skipped(o))
        return 0;
    fd = sys_openat(dirfd(level->dir), name, O_PATH | O_NOFOLLOW, 0);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0) {
        rc = err_sys(e, "looking at %s", o->path);
    } else {
        rc = consider(o, fd, &st, e);
        if (rc == 0 && S_ISDIR(st.st_mode))
            enter(o, fd, &st, len);
    }
    sys_close(fd);
    return rc;
}

struct own *own_new(uid_t uid, gid_t gid, bool change, struct err *e)
{
    struct own *o = err_calloc(sizeof *o, e);

    if (!o)
        return NULL;
    o->uid = uid;
    o->gid = gid;
    o->change = change;
    return o;
}

/* Gives one file or directory on the way to the user, if the user lacks these permissions. When the user is the owner,
   the owner's bits count. */
static int mend(struct own *o, int fd, struct stat *st, unsigned need, struct err *e)
{
    uint64_t changed = o->counts.changed;

    o->counts.seen++;
    if (may(o, st, need))
        return 0;
    if (!o->change || st->st_uid == o->uid) {
        leave(o, OWN_CLOSED, st->st_uid);
        return 0;
    }
    if (give(o, fd, st, e) < 0)
        return -1;
    if (o->counts.changed > changed && ((st->st_mode >> 6) & need) != need)
        leave(o, OWN_CLOSED, o->uid);
    return 0;
}

/* The next component below fd; -1 without an error where the way ends. */
static int way_step(struct own *o, int fd, const char *name, bool last, struct err *e)
{
    struct stat st;
    int next;

    if (strcmp(name, "..") == 0)
        return -1;
    next = sys_openat(fd, name, O_PATH | O_NOFOLLOW, 0);
    if (next < 0 && (errno == ENOENT || errno == ENOTDIR))
        return -1;
    if (next < 0 || fstat(next, &st) < 0)
        (void)err_sys(e, "looking at %s", o->path);
    else if ((last ? S_ISREG(st.st_mode) : S_ISDIR(st.st_mode)) && mend(o, next, &st, last ? 4 : 1, e) == 0)
        return next;
    sys_close(next);
    return -1;
}

int own_way(struct own *o, const char *base, const char *path, struct err *e)
{
    int fd = way_file(base, O_PATH | O_DIRECTORY, e), next;
    const char *at = path;
    char part[NAME_MAX + 2];
    struct stat st;

    o->path[0] = '\0';
    if (fd < 0)
        return e->code == ENOENT ? 0 : -1;
    e->code = 0;
    if (*path == '\0')
        (void)(fstat(fd, &st) < 0 ? err_sys(e, "looking at %s", base) : mend(o, fd, &st, 1, e));
    for (; fd >= 0 && way_part(&at, part); fd = next) {
        (void)snprintf(o->path, sizeof o->path, "%.*s", (int)(at - path) - (at[-1] == '/'), path);
        next = way_step(o, fd, part, *at == '\0', e);
        sys_close(fd);
    }
    sys_close(fd);
    return e->code ? -1 : 0;
}

struct own *own_open(const char *base, uid_t uid, gid_t gid, bool change, bool inside,
                     struct err *e)
{
    struct own *o = own_new(uid, gid, change, e);
    struct stat st;
    int fd, rc = -1;

    if (!o)
        return NULL;
    fd = way_file(base, O_PATH | O_DIRECTORY, e);
    if (fd >= 0 && fstat(fd, &st) < 0) {
        (void)err_sys(e, "looking at %s", base);
    } else if (fd >= 0) {
        rc = inside ? 0 : consider(o, fd, &st, e);
        if (rc == 0)
            enter(o, fd, &st, 0);
    }
    sys_close(fd);
    if (rc == 0)
        return o;
    own_close(o);
    return NULL;
}

int own_skip(struct own *o, const char *path, struct err *e)
{
    char *copy = o->skip_count < OWN_SKIPS ? strdup(path) : NULL;

    if (!copy)
        return err_set(e, ENOMEM, "leaving out %s", path);
    o->skips[o->skip_count++] = copy;
    return 0;
}

int own_step(struct own *o, unsigned entries, struct err *e)
{
    while (o->depth > 0 && entries > 0) {
        struct level level = o->levels[o->depth - 1];
        const struct dirent *entry;

        errno = 0;
        entry = way_entry(level.dir);
        o->path[level.len] = '\0';
        if (!entry) {
            if (errno != 0)
                return err_sys(e, "listing %s", o->path);
            (void)closedir(level.dir);
            o->depth--;
            continue;
        }
        entries--;
        if (visit(o, &level, entry->d_name, e) < 0)
            return -1;
    }
    return o->depth > 0;
}

const struct own_counts *own_counts(const struct own *o)
{
    return &o->counts;
}

const struct own_misfit *own_misfit(const struct own *o, unsigned at)
{
    return at < OWN_NAMED && at < o->counts.left ? &o->named[at] : NULL;
}

void own_close(struct own *o)
{
    if (!o)
        return;
    while (o->depth > 0)
        (void)closedir(o->levels[--o->depth].dir);
    while (o->skip_count > 0)
        free(o->skips[--o->skip_count]);
    free(o);
}

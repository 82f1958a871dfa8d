/* Changes or checks the owners of everything below a directory: gives it to one user, or finds what that user cannot
   use. It can do the same for single files and the directories on the way to them. It walks by descriptor in steps,
   follows no link, enters mounts, and keeps at most OWN_DEPTH directories open. A file that has several names, is a
   device, lies too deep or may not be changed is left as it is and counted. The first few are named. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define OWN_DEPTH 64
#define OWN_NAMED 10
#define OWN_SKIPS 24

enum own_why { OWN_CLOSED, OWN_LINKED, OWN_DEVICE, OWN_DEEP, OWN_REFUSED };

struct own_misfit {
    enum own_why why;
    uid_t uid;
    char path[256]; /* relative; cut when longer */
};

struct own_counts {
    uint64_t seen, changed, left;
};

struct own;

/* A walk without a directory, for own_way. NULL on failure. */
struct own *own_new(uid_t uid, gid_t gid, bool change, struct err *e);

/* Looks at the file base/path and at each directory below base on the way to it ("": base itself). One that the user
   cannot read or enter is given to it, or counts as left. A missing file, and one behind a link, is left alone. */
int own_way(struct own *o, const char *base, const char *path, struct err *e);

/* change: everything that belongs to another user is given to uid and gid. Otherwise nothing is changed, and a file
   that the user cannot read, or a directory that it cannot read and write, counts as left. inside: base itself is left
   out. NULL on failure. */
struct own *own_open(const char *base, uid_t uid, gid_t gid, bool change, bool inside,
                     struct err *e);

/* Leaves out base/path and everything below it. Call it before the first step. */
int own_skip(struct own *o, const char *path, struct err *e);

/* Looks at up to this many entries. Returns 1 if there may be more, 0 when done, -1 on failure. */
int own_step(struct own *o, unsigned entries, struct err *e);

const struct own_counts *own_counts(const struct own *o);
const struct own_misfit *own_misfit(const struct own *o, unsigned at); /* NULL beyond the last one named */
void own_close(struct own *o);                                         /* NULL does nothing */

/* Reads, removes and tries files with the file system identity of another user, for this thread and during one call. A
   link that a service put in the way then leads only to files that the service could reach itself. Only regular files
   are read, so a FIFO or a device cannot block us. Owns nothing between calls. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "files/files.h"

struct as_user {
    uid_t uid;
    gid_t gid;
    /* A file that the user may not read is read with our own rights, if only root or this admin can have made every
       name on the way to it. */
    bool admins_too;
    uid_t admin;
};

/* Appends the whole file. Fails with EFBIG if it has more than max bytes, and with EINVAL if it is no regular file. */
int as_user_read(const struct as_user *who, const char *path, size_t max, struct buf *to, struct err *e);

/* Calls fn for each entry of a directory (not "." and ".."), in no order. */
int as_user_list(const struct as_user *who, const char *path, file_entry_fn fn, void *arg, struct err *e);

/* Removes a file or socket that belongs to the user, with only the user's rights. A missing one is no error. One of
   another user is EPERM. */
int as_user_remove(const struct as_user *who, const char *path, struct err *e);

#define AS_USER_NO_GROUP ((gid_t)-1)

/* Gives that user's socket a mode and a group. Anything else is EPERM, also a link. who NULL: we are that user. */
int as_user_admit(const struct as_user *who, const char *path, mode_t mode, gid_t group, struct err *e);

/* Whether that user could make something in the directory at path. Without root's rights it is tried as whoever we
   are. */
int as_user_try(const struct as_user *who, const char *path, struct err *e);

/* Reads and removes as another user would: with the identity of that user towards file systems, for this thread and for
   the length of one call. A link or a name that a service put in the way then leads to no more than that service could
   reach itself. Regular files only are read; a FIFO or a device holds nobody up. Owns nothing between calls. */
#ifndef SYNLUA_AS_USER_H
#define SYNLUA_AS_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "files/files.h"

struct as_user {
    uid_t uid;
    gid_t gid;
    /* What that user may not read is read with our own rights after all, if every name on the way is one that only
       root, or this admin, can have put there. */
    bool admins_too;
    uid_t admin;
};

/* Appends the whole file; fails with EFBIG beyond max bytes, and with EINVAL if it is no regular file. */
int as_user_read(const struct as_user *who, const char *path, size_t max, struct buf *to, struct err *e);

/* Calls fn for each entry of a directory (not "." and ".."), in no order. */
int as_user_list(const struct as_user *who, const char *path, file_entry_fn fn, void *arg, struct err *e);

/* Removes a file or socket that is that user's own, with no other rights than that user has; one that is not there is
   no error, one of somebody else's is EPERM. */
int as_user_remove(const struct as_user *who, const char *path, struct err *e);

#define AS_USER_NO_GROUP ((gid_t)-1)

/* Gives that user's socket a mode and a group. Anything else is EPERM, also a link. who NULL: we are that user. */
int as_user_admit(const struct as_user *who, const char *path, mode_t mode, gid_t group, struct err *e);

#endif

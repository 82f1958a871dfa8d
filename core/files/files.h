/* Reads whole files, and replaces files atomically or not at all. Functions that write take a base directory, which the
   caller trusts, and a path below it. Every component of the path is opened by descriptor and may not be a symbolic
   link, so a service that may write there cannot lead us elsewhere. Owns nothing between calls. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define FILES_KEEP ((id_t)-1) /* owner: whoever we are */

struct file_owner {
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

/* Appends the whole file. Fails with EFBIG if it has more than max bytes. */
int file_read(const char *path, size_t max, struct buf *to, struct err *e);

/* The same for an open file. path is used in messages. */
int file_read_open(int fd, const char *path, size_t max, struct buf *to, struct err *e);

/* The same for a file below base. Follows no link. */
int file_read_below(const char *base, const char *path, size_t max, struct buf *to, struct stat *st, struct err *e);

/* What base/path is. Follows no link. */
int file_stat_below(const char *base, const char *path, struct stat *st, struct err *e);

/* Replaces the content of base/path. durable: the bytes are on disk before it returns. */
int file_replace(const char *base, const char *path, const struct buf *bytes, const struct file_owner *owner,
                 bool durable, struct err *e);

/* Makes the directory base/path ("" for base itself) and missing directories above it, with this owner and mode. The
   last directory of path gets owner and mode even if it exists. */
int file_mkdir(const char *base, const char *path, const struct file_owner *owner, struct err *e);

/* The same. Returns the descriptor of the directory, which the caller owns. */
int file_open_directory(const char *base, const char *path, const struct file_owner *owner, struct err *e);

/* Changes the owner of the plain file base/path, which must belong to `from` and have only this name. Otherwise EPERM.
   */
int file_give(const char *base, const char *path, uid_t from, const struct file_owner *owner, struct err *e);

/* One instance per directory: takes the lock of base/name, making the file where it is missing (0600). It is held until
   the process ends, however that happens. -1 with EWOULDBLOCK when another process holds it. */
int file_lock(const char *base, const char *name, struct err *e);

/* Removes the file or socket base/path. A missing one is no error. */
int file_remove(const char *base, const char *path, struct err *e);

/* Removes base/path and everything below it. A missing one is no error. */
int file_remove_tree(const char *base, const char *path, struct err *e);

/* Calls fn for each entry of base/path (not "." and ".."), in no order. */
typedef int (*file_entry_fn)(void *arg, const char *name, const struct stat *st);
int file_list(const char *base, const char *path, file_entry_fn fn, void *arg, struct err *e);

/* The same for an open directory, which it closes. */
int file_list_open(int fd, const char *path, file_entry_fn fn, void *arg, struct err *e);

/* Opens paths for root, so that no service can lead root elsewhere. It goes from "/" on, component by component, by
   descriptors. A directory is closed if it belongs to root (or to us) and no other user may write to it. It is shared
   if it belongs to root and has the sticky bit. Otherwise it is open. A link is followed only if it belongs to root and
   lies in a closed or shared directory. Below an open directory no link is followed. For any other user than root, a
   path is opened by the kernel's rules. Owns nothing between calls. */
#ifndef SYNLUA_WAY_H
#define SYNLUA_WAY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "files/files.h"

enum way_trust {
    WAY_OPEN,   /* a service may make and replace names in it */
    WAY_SHARED, /* a service may make names, but not replace those of root */
    WAY_CLOSED, /* no service may change it */
};

/* A directory's own owner and mode, whatever lies above it. */
enum way_trust way_judge(const struct stat *st);

/* Opens the directory at path for reading. make: missing directories are made with this owner and mode. The caller owns
   the descriptor. */
int way_directory(const char *path, const struct file_owner *make, struct err *e);

/* Opens the file or directory at path with these flags of open (O_PATH too). The caller owns the descriptor. */
int way_file(const char *path, int flags, struct err *e);

/* Appends the path without links. */
int way_real(const char *path, struct buf *to, struct err *e);

/* Sets owner and mode of a file or directory that is open for reading. */
int way_give(int fd, const struct file_owner *owner);

/* Makes the directory `name` in dir, or opens the existing one, and follows no link. Returns its descriptor, or -1 with
   errno. claim: an existing directory gets the owner too. But a directory that a service may have made itself is only
   given to root; for any other owner the result is EPERM. */
int way_enter(int dir, const char *name, bool claim, const struct file_owner *owner);

#endif

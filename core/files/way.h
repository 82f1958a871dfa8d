/* The way to a path for root, who must not be led by a service: from "/" on, component by component, by descriptors. A
   directory is closed where it is root's (or ours) and nobody else may write, shared where it is root's with the sticky
   bit; else it is open. A link is followed only where it is root's in a closed or shared directory, and below an open
   one none is. As any other user a path is opened as it is. Owns nothing between calls. */
#ifndef SYNLUA_WAY_H
#define SYNLUA_WAY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "files/files.h"

enum way_trust {
    WAY_OPEN,   /* a service may put there what it wants */
    WAY_SHARED, /* it may, but not touch what is root's */
    WAY_CLOSED, /* it may not */
};

/* A directory's own owner and mode, whatever lies above it. */
enum way_trust way_judge(const struct stat *st);

/* The directory at path, to read; make: what is missing is made, with this owner and mode. The caller owns it. */
int way_directory(const char *path, const struct file_owner *make, struct err *e);

/* The file or directory at path, with these flags of open (O_PATH too). The caller owns it. */
int way_file(const char *path, int flags, struct err *e);

/* Appends the path without links. */
int way_real(const char *path, struct buf *to, struct err *e);

/* Owner and mode of a file or directory that is open to read. */
int way_give(int fd, const struct file_owner *owner);

/* Makes the directory `name` in dir, or enters the one that is there, following no link; its descriptor or -1 with
   errno. claim: one that is there gets the owner too; but one of a service's that this may have put there itself
   becomes nobody else's than root's: EPERM. */
int way_enter(int dir, const char *name, bool claim, const struct file_owner *owner);

#endif

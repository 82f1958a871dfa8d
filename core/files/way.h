/* Opens paths for root, so that no service can lead root elsewhere. It goes from "/" on, component by component, by
   descriptors. A directory is closed if it belongs to root (or to us) and no other user may write to it. It is shared
   if it belongs to root and has the sticky bit. Otherwise it is open. A link is followed only if it belongs to root and
   lies in a closed or shared directory. Below an open directory no link is followed. For any other user than root, a
   path is opened by the kernel's rules. Owns nothing between calls. */
#pragma once

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "files/files.h"

/* The next name of a path, which moves on to the one behind it; false at the end. A name that is too long stays so. */
bool way_part(const char **path, char part[NAME_MAX + 2]);

/* Opens the directory at path for reading. make: missing directories are made with this owner and mode. The caller owns
   the descriptor. */
int way_directory(const char *path, const struct file_owner *make, struct err *e);

/* Opens the file or directory at path with these flags of open (O_PATH too). The caller owns the descriptor. */
int way_file(const char *path, int flags, struct err *e);

/* The same by a stricter rule: each name on the way is one that only root or this admin can have put there. -1 with
   errno. */
int way_admins(uid_t admin, const char *path, int flags);

/* Appends the path without links. */
int way_real(const char *path, struct buf *to, struct err *e);

/* Takes the descriptor of a directory (-1 gives NULL). The next entry of it, never "." or ".."; NULL at the end. */
DIR *way_listing(int fd);
const struct dirent *way_entry(DIR *dir);

/* Sets owner and mode of a file or directory that is open for reading. */
int way_give(int fd, const struct file_owner *owner);

/* Makes the directory `name` in dir, or opens the existing one, and follows no link. Returns its descriptor, or -1 with
   errno. claim: an existing directory gets the owner too. But a directory that a service may have made itself is only
   given to root; for any other owner the result is EPERM. */
int way_enter(int dir, const char *name, bool claim, const struct file_owner *owner);

/* One instance per directory: an advisory lock that ends with the process, however that ends. */
#ifndef SYNLUA_LOCK_H
#define SYNLUA_LOCK_H

#include "base/err.h"

/* Takes the lock of directory/name, making the file where it is missing (0600). 0 and held until the process ends;
   -1 with EWOULDBLOCK when another process holds it. */
int lock_take(const char *directory, const char *name, struct err *e);

#endif

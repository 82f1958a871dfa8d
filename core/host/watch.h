/* Tells when something of certain names changes in a directory: it is made, written, replaced, renamed or removed. Owns
   its watches. Never reads a file. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct watch;

/* May close the watch. */
typedef void (*watch_fn)(void *data);

/* The names end with a NUL each, and are copied. The directory's own name stands for the directory. NULL with an error,
   ENOENT for example. */
struct watch *watch_open(const char *directory, const struct buf *names, watch_fn fn, void *data, struct err *e);
void watch_close(struct watch *w);

/* Appends where the link leads, as it is written there. EINVAL: it is no link. */
int watch_link(const char *path, struct buf *to, struct err *e);

/* Memory that a process finds as its stdin: our question, which its answer replaces. It is of any length, shows in no
   directory, and goes when both sides have closed it. It never waits for the other side. */
#ifndef SYNLUA_EXCHANGE_H
#define SYNLUA_EXCHANGE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Returns the descriptor, which reads from the start; or -1. */
int exchange_open(const void *text, size_t len, struct err *e);

/* Appends what it holds now; EFBIG if that is more than max bytes. */
int exchange_read(int fd, size_t max, struct buf *to, struct err *e);

void exchange_close(int fd); /* -1: nothing to do */

#endif

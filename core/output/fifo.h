/* The FIFO into which nginx writes its access log. A thread of its own moves the lines into a pipe of ours, whatever
   the event loop does, so that nginx never waits for a slow synlua: while that pipe is full, lines are dropped and
   counted. If synlua is killed, a write of nginx fails, and nginx goes on. There is one FIFO at most. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "files/files.h"

/* Makes the FIFO directory/name with this owner, in place of an older one. The directory must be one that only we may
   write to. What comes is written to the pipe `to`, which is borrowed and made non-blocking. */
int fifo_open(const char *directory, const char *name, const struct file_owner *owner, int to, struct err *e);

uint64_t fifo_lost(void); /* lines dropped since fifo_open */

/* Moves what is left into the pipe, as far as there is room. */
void fifo_close(void);

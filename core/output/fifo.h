/* The FIFO into which nginx writes its access lines. A thread of its own counts them (access.h), and moves those of the
   access log into a pipe of ours, whatever the event loop does, so that nginx never waits for a slow synlua: while that
   pipe is full, lines are dropped and counted. If synlua is killed, a write of nginx fails, and nginx goes on. There is
   one FIFO at most. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "files/files.h"

struct fifo_use {
    int to;      /* the pipe for the lines, which is borrowed and made non-blocking; -1: there is no access log */
    bool counts; /* each line begins with what access.h counts, and only the rest of it is passed on */
};

/* Makes the FIFO directory/name with this owner, in place of an older one. The directory must be one that only we may
   write to. */
int fifo_open(const char *directory, const char *name, const struct file_owner *owner, const struct fifo_use *use,
              struct err *e);

uint64_t fifo_lost(void); /* lines dropped since fifo_open */

/* Moves what is left into the pipe, as far as there is room. */
void fifo_close(void);

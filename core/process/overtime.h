/* Ends the program when a script keeps the main thread busy for too long in a function of C, where no hook of Lua's
   comes. Only for a time in which no child can be left behind: it ends the program at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define OVERTIME_STATUS 78 /* the fault is in a file of the user's */

/* From now on this thread may use `ms` of processor time. After that the text (borrowed until overtime_end) is written
   to stderr and the program ends. Not to be nested. */
int overtime_begin(uint64_t ms, const char *text, size_t len, struct err *e);
void overtime_end(void);

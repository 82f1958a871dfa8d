/* Whole lines for whoever follows them. They are told from the loop, never from where a line was written, so that a
   follower may do anything. Costs nothing while nobody follows. */
#ifndef SYNLUA_FOLLOW_H
#define SYNLUA_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define FOLLOW_MAX (1024 * 1024) /* bytes that wait to be told; what is beyond is not told */

typedef void (*follow_fn)(const char *name, const char *text, size_t len);

int follow_start(struct err *e); /* needs the loop */
void follow_stop(void);

void follow_set(follow_fn fn); /* NULL: nobody follows */
bool follow_wanted(void);
void follow_line(const char *name, const char *text, size_t len);

#endif

/* Hands the services' whole lines to a follower (`synlua logs -f`). The loop calls the follower in a later turn, never
   while a line is being written, so it may write lines itself. This costs nothing while nobody follows. */
#pragma once

#include <stddef.h>

#define FOLLOW_MAX (1024 * 1024) /* bytes that may wait for the follower; more than that is dropped */

typedef void (*follow_fn)(const char *name, const char *text, size_t len);

void follow_start(void); /* needs the loop */
void follow_stop(void);

void follow_set(follow_fn fn); /* NULL: nobody follows */
void follow_line(const char *name, const char *text, size_t len);
void follow_text(const char *name, const char *text, size_t len); /* each line of it */

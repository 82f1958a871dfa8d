/* Which signals synlua takes once it stays: TERM, INT, QUIT (stop), HUP, USR1, USR2. Until then they do what they do to
   any program, so that a command ends by Ctrl-C whatever it is doing. SIGPIPE is ignored; SIGCHLD is reap.c's.
   While these watchers run, the loop does. */
#ifndef SYNLUA_SIGNALS_H
#define SYNLUA_SIGNALS_H

#include <stdbool.h>

#include "base/err.h"

typedef void (*signals_fn)(int signum);

void signals_prepare(signals_fn on_signal);
int signals_take(struct err *e); /* a second call does nothing */
bool signals_taken(void);
void signals_stop(void);

/* "TERM" for SIGTERM; and the number of "TERM", -1 for an unknown name. */
const char *signals_name(int signum);
int signals_number(const char *name);

#endif

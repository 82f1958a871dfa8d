/* Which signals synlua takes: TERM, INT, QUIT (stop), HUP, USR1, USR2. SIGPIPE is ignored; SIGCHLD is reap.c's.
   While these watchers run, the loop does. */
#ifndef SYNLUA_SIGNALS_H
#define SYNLUA_SIGNALS_H

#include "base/err.h"

typedef void (*signals_fn)(int signum);

int signals_start(signals_fn on_signal, struct err *e);
void signals_stop(void);

/* "TERM" for SIGTERM; and the number of "TERM", -1 for an unknown name. */
const char *signals_name(int signum);
int signals_number(const char *name);

#endif

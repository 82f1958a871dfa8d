/* The signals that synlua handles once it runs services: TERM, INT, QUIT (stop), HUP, USR1, USR2. Before that they have
   their usual effect, so that Ctrl-C ends any command. SIGPIPE is ignored; reap.c handles SIGCHLD.
   The loop runs as long as these watchers do. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

typedef void (*signals_fn)(int signum);

void signals_prepare(signals_fn on_signal);
int signals_take(struct err *e); /* a second call does nothing */
bool signals_taken(void);
void signals_stop(void);

/* The first gives "TERM" for SIGTERM. The second gives the number for "TERM", or -1 for an unknown name. */
const char *signals_name(int signum);
int signals_number(const char *name);

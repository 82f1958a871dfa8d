/* NOTIFY_SOCKET: what services say of themselves in sd_notify datagrams. The kernel names the sender's pid; a datagram
   counts only when that pid belongs to the session of a live child. */
#ifndef SYNLUA_NOTIFY_H
#define SYNLUA_NOTIFY_H

#include "base/err.h"

/* field is READY, RELOADING, STOPPING or STATUS; value the text after "=". Both borrowed. */
typedef void (*notify_fn)(const char *name, const char *field, const char *value);

/* Makes the socket at path (at most 107 bytes), open to every user: the sender is what is checked.
   EALREADY while there is one. */
int notify_start(const char *path, notify_fn on_notify, struct err *e);
void notify_stop(void); /* closes and removes it */

#endif

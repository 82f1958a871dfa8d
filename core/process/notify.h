/* The NOTIFY_SOCKET, to which services report their state in sd_notify datagrams. The kernel tells the sender's pid. A
   datagram counts only if that pid belongs to the session of a live child. */
#pragma once

#include "base/err.h"

/* The service's name and its datagram, which is lines FIELD=value. Both are borrowed. */
typedef void (*notify_fn)(const char *name, const char *text);

/* Makes the socket at path (at most 107 bytes). Every user may write to it, because each sender is checked.
   EALREADY if there is one already. */
int notify_start(const char *path, notify_fn on_notify, struct err *e);
void notify_stop(void); /* closes and removes the socket */

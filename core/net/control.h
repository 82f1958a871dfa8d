/* The control socket: a unix socket of mode 0600 where root and our own user may ask one request per connection, a
   line, and are answered by bytes until the answer is finished. Owns the listener and its connections. Nobody who
   connects can cost more than a bounded buffer or stay beyond a deadline: a request has CONTROL_REQUEST_MAX bytes and
   must come at once; at most CONTROL_CLIENTS_MAX connections exist, and of those that have asked nothing the oldest
   makes room; at most CONTROL_UNSENT_MAX bytes wait for a reader, and one who takes nothing is dropped. What a request
   means is not known here. */
#ifndef SYNLUA_CONTROL_H
#define SYNLUA_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CONTROL_REQUEST_MAX 4096
#define CONTROL_CLIENTS_MAX 16
#define CONTROL_UNSENT_MAX (1024 * 1024)
#define CONTROL_REQUEST_MS 2000 /* from the connection to the end of its line */
#define CONTROL_STALL_MS 30000  /* for taking anything of what waits */

/* line: the request without its newline, borrowed for the call; NULL: the client has gone, its id means nobody now.
   Ids are never used again. The call may send and finish. */
typedef void (*control_fn)(uint64_t id, const char *line, size_t len);

/* ENAMETOOLONG beyond 107 bytes; a socket left at path is replaced: call it only while holding the instance's lock. */
int control_start(const char *path, control_fn on_request, struct err *e);
void control_stop(void); /* drops everybody without telling, removes the socket */

enum control_sent {
    CONTROL_SENT,
    CONTROL_FULL, /* nothing of it was taken: the client reads too slowly */
    CONTROL_GONE,
};

/* Bytes are sent whole or not at all. */
enum control_sent control_send(uint64_t id, const char *bytes, size_t len);
void control_finish(uint64_t id); /* the answer is complete: close once it is sent */

#endif

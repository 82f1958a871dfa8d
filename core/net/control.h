/* The control socket is a unix socket of mode 0600. Root and our own user may connect. A connection carries one
   request, which is a line, and its answer, which is bytes until it is finished. Owns the listener and its connections.

   A client cannot use more than a bounded buffer, nor stay beyond a deadline. A request has at most CONTROL_REQUEST_MAX
   bytes and CONTROL_REQUEST_MS to arrive. There are at most CONTROL_CLIENTS_MAX connections; the oldest one without a
   request makes room for a new one. At most CONTROL_UNSENT_MAX bytes wait for a client, and one that reads nothing is
   dropped. Lua knows what the requests mean. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CONTROL_REQUEST_MAX 4096
#define CONTROL_CLIENTS_MAX 16
#define CONTROL_UNSENT_MAX (1024 * 1024)
#define CONTROL_REQUEST_MS 2000 /* from the connection to the end of its line */
#define CONTROL_STALL_MS 30000  /* to read any of the bytes that wait */

/* line is the request without its newline, borrowed for the call. NULL means that the client has gone. An id is never
   used again. The function may call control_send and control_finish. */
typedef void (*control_fn)(uint64_t id, const char *line, size_t len);

/* ENAMETOOLONG if path has more than 107 bytes. A socket that exists at path is replaced, so call this only while
   holding the lock of the instance. */
int control_start(const char *path, control_fn on_request, struct err *e);
void control_stop(void); /* drops all clients without an event, and removes the socket */

enum control_sent {
    CONTROL_SENT,
    CONTROL_FULL, /* the client reads too slowly, and nothing was sent */
    CONTROL_GONE,
};

/* Either all of the bytes are queued, or none. */
enum control_sent control_send(uint64_t id, const char *bytes, size_t len);
void control_finish(uint64_t id); /* the answer is complete; closes the connection once it is sent */

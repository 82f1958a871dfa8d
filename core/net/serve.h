/* A small HTTP server on a loopback address: GET and HEAD, one answer per connection, no threads; it runs in the loop.
   Owns its listening socket and connections. Lua decides what is served. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct serve_answer {
    unsigned status; /* 404 by default */
    char type[80];   /* the Content-Type */
    struct buf body;
};

/* Fills the answer for a path, which has no query. The answer belongs to the server. */
typedef void (*serve_fn)(const char *path, struct serve_answer *answer);

/* Starts the only server. After serve_stop, a new one can start once the loop has turned. Port 0 takes any free port.
   Returns the port, or -1: EADDRINUSE and the like, or EINVAL if the address is not a loopback address. */
int serve_start(const char *address, int port, serve_fn fn, struct err *e);
void serve_stop(void);

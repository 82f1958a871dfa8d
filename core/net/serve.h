/* A small HTTP server: GET and HEAD, one answer per connection, no threads; it runs in the loop. It relays some paths
   to other processes by itself; what else is served Lua decides. Owns its listening socket and connections. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "net/dial.h"

enum { SERVE_CONNECTIONS = 64 }; /* that may be open */

struct serve_answer {
    unsigned status; /* 404 by default */
    char type[80];   /* the Content-Type */
    struct buf body;
};

/* Fills the answer for a path, which has no query. `host` is what the client calls us, or "". The answer belongs to the
   server. */
typedef void (*serve_fn)(const char *path, const char *host, struct serve_answer *answer);

/* A path that is answered with what a process answers to a GET of `uri`. */
struct serve_relay {
    const char *path, *uri;
    struct dial_target to;
};

/* Where it listens, and on which terms. Everything must stay until serve_stop. */
struct serve_terms {
    const char *address;
    int port;          /* 0 takes any free port */
    const char *token; /* what each client must say; NULL: nothing, only on a loopback address */
    const struct serve_relay *relays;
    size_t relays_len;
};

/* Starts the only server. After serve_stop, a new one can start once the loop has turned. Returns the port, or -1:
   EADDRINUSE and the like, or EINVAL if the address is not a loopback address and there is no token. */
int serve_start(const struct serve_terms *on, serve_fn fn, struct err *e);
void serve_stop(void);

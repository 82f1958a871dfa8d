/* A small HTTP server on a loopback address for the one loop: GET and HEAD, one answer a connection, no threads.
   Owns its listening socket and connections; decides nothing about what is served. */
#ifndef SYNLUA_SERVE_H
#define SYNLUA_SERVE_H

#include "base/buf.h"
#include "base/err.h"

struct serve_answer {
    unsigned status; /* 404 until set */
    char type[80];   /* the Content-Type */
    struct buf body;
};

/* The path without its query. Owns nothing of the answer but may fill it. */
typedef void (*serve_fn)(const char *path, struct serve_answer *answer);

/* One server; after serve_stop another one only once the loop has turned. Port 0 takes any. The port, or
   -1: EADDRINUSE and the like; EINVAL for an address that others could reach. */
int serve_start(const char *address, int port, serve_fn fn, struct err *e);
void serve_stop(void);

#endif

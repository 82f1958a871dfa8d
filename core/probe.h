/* One HTTP GET with a deadline, over TCP or a unix socket; the answer's status line is all that is read. */
#ifndef SYNLUA_PROBE_H
#define SYNLUA_PROBE_H

#include <stdint.h>

#include "err.h"

struct probe_target {
    const char *socket;  /* path of a unix socket, or NULL: then */
    const char *address; /* a literal IPv4 or IPv6 address and */
    int port;
    const char *uri;
    uint64_t timeout_ms;
};

/* status is the HTTP status, or -1 with why (borrowed). */
typedef void (*probe_fn)(void *arg, int status, const char *why);

/* Copies *target. fn is called exactly once, later, when 0 is returned; never when -1 is. */
int probe_get(const struct probe_target *target, probe_fn fn, void *arg, struct err *e);

/* Ends all that are under way, without calling their fn. */
void probe_stop(void);

#endif

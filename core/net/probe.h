/* Does a service answer? One GET with a deadline, over TCP or a unix socket; its status is the answer. Owns its
   connections; never repeats a question and never decides what an answer is for. */
#ifndef SYNLUA_PROBE_H
#define SYNLUA_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct probe_target {
    const char *socket;  /* path of a unix socket, or NULL: then */
    const char *address; /* a literal IPv4 or IPv6 address and */
    int port;
    const char *uri;
    uint64_t timeout_ms;
};

/* It answered with a status from 200 to 399, or not: why (borrowed). */
typedef void (*probe_fn)(void *arg, bool answers, const char *why);

/* Copies *target. fn is called exactly once, later, when 0 is returned; never when -1 is. */
int probe_run(const struct probe_target *target, probe_fn fn, void *arg, struct err *e);

/* Ends all that are under way, without calling their fn. */
void probe_stop(void);

#endif

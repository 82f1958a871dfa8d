/* Is a service answering? One question with a deadline, over TCP or a unix socket, in the service's own protocol.
   Owns its connections; never repeats a question and never decides what an answer is for. */
#ifndef SYNLUA_PROBE_H
#define SYNLUA_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum probe_kind { PROBE_HTTP, PROBE_TCP, PROBE_REDIS, PROBE_POSTGRES };

struct probe_target {
    enum probe_kind kind;
    const char *socket;  /* path of a unix socket, or NULL: then */
    const char *address; /* a literal IPv4 or IPv6 address and */
    int port;
    const char *uri;  /* HTTP */
    const char *user; /* PostgreSQL: whom to ask for; who does not exist is refused, which is an answer too */
    uint64_t timeout_ms;
};

/* ready, or not: why (borrowed). */
typedef void (*probe_fn)(void *arg, bool ready, const char *why);

/* Copies *target. fn is called exactly once, later, when 0 is returned; never when -1 is. */
int probe_run(const struct probe_target *target, probe_fn fn, void *arg, struct err *e);

/* Ends all that are under way, without calling their fn. */
void probe_stop(void);

#endif

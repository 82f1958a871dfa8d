/* Asks a service by one HTTP GET, over TCP or a unix socket, with a deadline. The HTTP status is the result. Owns its
   connections. Never repeats a request and does not decide what follows from the result. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/dial.h"

#define PROBE_WHOLE 1024 /* bytes of an answer that are read at most */

struct probe_target {
    struct dial_target to;
    const char *uri; /* NULL: a connection is answer enough */
    uint64_t timeout_ms;
    bool whole; /* reads the answer to its end, and not the status alone */
};

/* answers: the status is from 200 to 399, or the connection is there; `text` (borrowed) is the whole answer if that was
   wanted. Otherwise it gives the reason. */
typedef void (*probe_fn)(void *arg, bool answers, const char *text);

/* Copies *target. After 0, fn is called exactly once, at a later turn. After -1, it is never called. */
int probe_run(const struct probe_target *target, probe_fn fn, void *arg, struct err *e);

/* Ends all running probes without calling their fn. */
void probe_stop(void);

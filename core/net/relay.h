/* Passes on what a process answers to one GET, part by part, as fast as it is taken: one small buffer is all that it
   holds. The process is not trusted: its answer is bounded in bytes and time, and of its head only the status and the
   length count. Owns its connections. Never repeats a request. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "net/dial.h"

#define RELAY_UNKNOWN UINT64_MAX
#define RELAY_ENDED ((ssize_t)-1)
#define RELAY_FAILED ((ssize_t)-2)

struct relay;

/* Asks whether relay_read or the head would say something new now; comes at a later turn. */
typedef void (*relay_fn)(void *arg);

/* Asks for `path`. Copies everything; `ready` is called when there is something new, until relay_close. NULL: failed */
struct relay *relay_open(const struct dial_target *to, const char *path, relay_fn ready, void *arg, struct err *e);

/* Whether the head has come and is one that we pass on; what its answer has failed with, or NULL (borrowed); how long
   it says that it is, or RELAY_UNKNOWN. */
bool relay_has_head(const struct relay *r);
const char *relay_fault(const struct relay *r);
uint64_t relay_length(const struct relay *r);

/* The next bytes of the answer: how many, 0 if none have come yet, RELAY_ENDED, or RELAY_FAILED. */
ssize_t relay_read(struct relay *r, void *to, size_t room);

void relay_close(struct relay *r); /* NULL: nothing */

/* Takes capabilities from a process between fork and exec, for good. Async-signal-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONFINE_NOTHING UINT64_MAX /* keeps all capabilities */

/* Drops all other capabilities from the bounding set, so that no program of the process can ever gain them. That needs
   CAP_SETPCAP, so call it before a change of user. Without that capability the set does not change. */
void confine_bounds(uint64_t keep);

/* Drops all other capabilities from the permitted, effective, inheritable and ambient sets. Call it after a change of
   user. */
void confine_sets(uint64_t keep);

/* Whether the bounding set of this process has a capability that the process cannot drop. */
bool confine_is_short(void);

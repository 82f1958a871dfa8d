/* Takes capabilities from a process between fork and exec, for good. Async-signal-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONFINE_NOTHING UINT64_MAX /* a mask of all: nothing is taken */

/* The bounding set, without which no program that it will ever run can gain one. It takes CAP_SETPCAP, so it comes
   before a change of user; without that capability the set stays. */
void confine_bounds(uint64_t keep);

/* What it has, may hand down, and hands down. After a change of user. */
void confine_sets(uint64_t keep);

/* Whether there is something in the bounding set of this process that it cannot take out. */
bool confine_is_short(void);

/* Calls a function each time this thread has used so much processor time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* fn runs in a handler of SIGVTALRM, in the thread that called this. 0 ms: no more. Returns false if there is no such
   timer. */
bool tick_every(uint64_t ms, void (*fn)(int signum));

/* What still runs of an instance whose synlua was killed: services get their stop signal from the kernel then, and hold
   ports and sockets until they have ended. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Calls fn for each service with one of these marks that no synlua is above of; at is that of its mark. */
typedef void (*former_fn)(size_t at, pid_t pid, void *arg);
void former_each(const uint64_t *marks, size_t n, former_fn fn, void *arg);

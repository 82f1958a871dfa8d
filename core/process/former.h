/* Finds services that still run although their synlua was killed. The kernel has sent them their stop signal, but they
   hold ports and sockets until they end. */
#ifndef SYNLUA_FORMER_H
#define SYNLUA_FORMER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Calls fn for each service with one of these marks that is not below a running synlua. at is the index of its mark. */
typedef void (*former_fn)(size_t at, pid_t pid, void *arg);
void former_each(const uint64_t *marks, size_t n, former_fn fn, void *arg);

#endif

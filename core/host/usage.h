/* What processes use: CPU, memory, descriptors, from /proc, summed over each service's session. Every child leads a
   session of its own, so its workers and helpers are counted with it. Owns nothing, remembers nothing. */
#ifndef SYNLUA_USAGE_H
#define SYNLUA_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct usage {
    pid_t leader;
    uint64_t cpu_ms; /* user and system, of those alive and of children they waited for */
    uint64_t rss;    /* bytes; what processes share counts in each */
    uint64_t pss;    /* bytes; what n processes share counts 1/n in each */
    long fds, threads, processes;
    bool pss_known, fds_known; /* other users' may be closed to us: then no part of them is told */
};

/* Fills the sums of every list[].leader in one walk of /proc; processes is 0 where there is none. The proportional
   size makes the kernel look at every page, so only on demand. */
int usage_sessions(struct usage *list, size_t count, bool with_pss, struct err *e);

/* The process to->leader alone, without its session and without children it waited for. */
int usage_process(struct usage *to, bool with_pss, struct err *e);

#endif

/* What processes use: CPU, memory, descriptors, from /proc, summed for each service over its process and all
   descendants, whatever session they are in: PostgreSQL's backends each lead one of their own. A process that has lost
   its parent fell to synlua, and counts where its session is that of a service. Owns nothing, remembers nothing. */
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

/* Fills the sums of every list[].leader in one walk of /proc; processes is 0 where there is none. What descends from
   two of them counts for the nearer one. The proportional size makes the kernel look at every page: only on demand. */
int usage_services(struct usage *list, size_t count, bool with_pss, struct err *e);

/* The process to->leader alone, without its descendants and without children it waited for. */
int usage_process(struct usage *to, bool with_pss, struct err *e);

#endif

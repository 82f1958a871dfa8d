/* What each service uses of CPU, memory and descriptors, read from /proc. The sum is over its process and all
   descendants in any session, because each backend of PostgreSQL leads its own session. An orphan, whose parent is now
   synlua, counts for the service to whose session it belongs. Owns nothing and remembers nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct usage {
    pid_t leader;
    uint64_t cpu_ms; /* user and system time of live processes and of children they waited for */
    uint64_t rss;    /* bytes; shared memory counts fully in each process */
    uint64_t pss;    /* bytes; memory that n processes share counts 1/n in each */
    long fds, threads, processes;
    bool pss_known, fds_known; /* false if we could not read all: then there is no sum */
};

/* Fills the sums of every list[].leader in one walk of /proc; `processes` is 0 for a leader that does not exist. A
   process below two leaders counts for the nearer one. Ask for pss only when it is needed: the kernel then reads every
   page. */
int usage_services(struct usage *list, size_t count, bool with_pss, struct err *e);

/* Only the process to->leader, without its descendants and without children it waited for. */
int usage_process(struct usage *to, bool with_pss, struct err *e);

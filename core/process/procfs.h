/* Reads /proc/PID: its stat, and other short files. Owns nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct procfs_stat {
    char name[64];
    char state; /* Z: its first thread has ended, and nobody has waited for it */
    pid_t parent, session;
    uint64_t ticks;        /* its own CPU time */
    uint64_t waited_ticks; /* CPU time of the children it has waited for, with their children's */
    long threads;
    uint64_t pages; /* resident */
};

/* Parses the text of a stat file, and changes it. Returns false if it is no such text. */
bool procfs_parse(char *text, struct procfs_stat *to);

/* Reads the beginning of /proc/PID/file, and ends it with a NUL. Returns -1 with errno, and an empty text. */
int procfs_text(pid_t pid, const char *file, char *to, size_t size);

/* Whether it has ended. While other threads of it run, which may be after its first one, its files are still open. */
bool procfs_ended(const struct procfs_stat *stat);
bool procfs_read(pid_t pid, struct procfs_stat *to); /* false if there is no such process */

/* Calls fn for each process, also for a dead one that nobody has waited for, until it returns -1. -1 with errno if fn
   did that, or if /proc cannot be read. */
typedef int (*procfs_fn)(pid_t pid, const struct procfs_stat *stat, void *arg);
int procfs_each(procfs_fn fn, void *arg);

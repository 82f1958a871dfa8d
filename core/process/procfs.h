/* Reads /proc/PID/stat. Owns nothing. */
#ifndef SYNLUA_PROCFS_H
#define SYNLUA_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct procfs_stat {
    char name[64];
    char state; /* Z: it has ended, and nobody has waited for it */
    pid_t parent, session;
    uint64_t ticks;        /* its own CPU time */
    uint64_t waited_ticks; /* CPU time of the children it has waited for, with their children's */
    long threads;
    uint64_t pages; /* resident */
};

/* Parses the text of a stat file, and changes it. Returns false if it is no such text. */
bool procfs_parse(char *text, struct procfs_stat *to);

/* proc is a descriptor of /proc, pid a number as text. Returns false if there is no such process. */
bool procfs_read(int proc, const char *pid, struct procfs_stat *to);

/* Calls fn for each child of synlua, also for dead ones that nobody has waited for. */
typedef void (*procfs_child_fn)(pid_t pid, const struct procfs_stat *stat, void *arg);
void procfs_children(procfs_child_fn fn, void *arg);

#endif

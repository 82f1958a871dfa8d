/* What /proc/PID/stat says of a process. Owns nothing. */
#ifndef SYNLUA_PROCFS_H
#define SYNLUA_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct procfs_stat {
    char name[64];
    char state; /* Z: it has ended and was not waited for */
    pid_t parent, session;
    uint64_t ticks;        /* CPU time of itself */
    uint64_t waited_ticks; /* and of the children it has waited for, with theirs */
    long threads;
    uint64_t pages; /* resident */
};

/* The text of a stat file, which is changed; false when it is none. */
bool procfs_parse(char *text, struct procfs_stat *to);

/* proc: a descriptor of /proc; pid as text. False when there is no such process (any more). */
bool procfs_read(int proc, const char *pid, struct procfs_stat *to);

/* Calls fn for each child of ours, dead ones that nobody has waited for included. */
typedef void (*procfs_child_fn)(pid_t pid, const struct procfs_stat *stat, void *arg);
void procfs_children(procfs_child_fn fn, void *arg);

#endif

#include "process/former.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/mark.h"
#include "process/procfs.h"

#define DEEP 64

static bool is_dead(const struct procfs_stat *stat)
{
    return stat->state == 'Z' || stat->state == 'X';
}

static bool read_pid(int proc, pid_t pid, struct procfs_stat *to)
{
    char name[24];

    (void)snprintf(name, sizeof name, "%ld", (long)pid);
    return pid > 0 && procfs_read(proc, name, to);
}

static bool is_above_us(int proc, pid_t pid)
{
    struct procfs_stat stat;
    pid_t at = getppid();
    int deep;

    for (deep = 0; at != pid && deep < DEEP && read_pid(proc, at, &stat); deep++)
        at = stat.parent;
    return at == pid;
}

/* Whether a running synlua is above this process. A synlua that is above us as well does not count: it has started us,
   and as a subreaper it inherits the orphans of the other instance. */
static bool has_synlua_above(int proc, pid_t parent)
{
    struct procfs_stat stat;
    int deep;

    for (deep = 0; deep < DEEP && read_pid(proc, parent, &stat); deep++) {
        if (strcmp(stat.name, "synlua") == 0 && !is_dead(&stat))
            return !is_above_us(proc, parent);
        parent = stat.parent;
    }
    return false;
}

/* Every service leads a session of its own; to look at these alone keeps this cheap on a large machine. */
static void look(int proc, const char *name, const uint64_t *marks, size_t n, former_fn fn, void *arg)
{
    pid_t pid = (pid_t)strtol(name, NULL, 10);
    struct procfs_stat stat;
    uint64_t mark;
    size_t at;

    if (!procfs_read(proc, name, &stat) || stat.session != pid || is_dead(&stat))
        return;
    mark = mark_of_process(pid);
    for (at = 0; at < n && marks[at] != mark; at++)
        ;
    if (at < n && !has_synlua_above(proc, stat.parent))
        fn(at, pid, arg);
}

void former_each(const uint64_t *marks, size_t n, former_fn fn, void *arg)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    if (!proc)
        return;
    while ((entry = readdir(proc)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            look(dirfd(proc), entry->d_name, marks, n, fn, arg);
    (void)closedir(proc);
}

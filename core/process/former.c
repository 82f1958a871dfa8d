#include "process/former.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "process/mark.h"
#include "process/procfs.h"

#define DEEP 64

static bool is_dead(const struct procfs_stat *stat)
{
    return stat->state == 'Z' || stat->state == 'X';
}

static bool is_above_us(pid_t pid)
{
    struct procfs_stat stat;
    pid_t at = getppid();
    int deep;

    for (deep = 0; at != pid && deep < DEEP && procfs_read(at, &stat); deep++)
        at = stat.parent;
    return at == pid;
}

/* A service has its synlua above it. One that is above us as well is none of an instance: it has started both, and what
   lost its parent falls to it. */
static bool has_synlua_above(pid_t parent)
{
    struct procfs_stat stat;
    int deep;

    for (deep = 0; deep < DEEP && procfs_read(parent, &stat); deep++) {
        if (strcmp(stat.name, "synlua") == 0 && !is_dead(&stat))
            return !is_above_us(parent);
        parent = stat.parent;
    }
    return false;
}

struct search {
    const uint64_t *marks;
    size_t n;
    former_fn fn;
    void *arg;
};

/* Every service leads a session of its own; to look at these alone keeps this cheap on a large machine. */
static int look(pid_t pid, const struct procfs_stat *stat, void *arg)
{
    const struct search *s = arg;
    uint64_t mark;
    size_t at;

    if (stat->session != pid || is_dead(stat))
        return 0;
    mark = mark_of_process(pid);
    for (at = 0; at < s->n && s->marks[at] != mark; at++)
        ;
    if (at < s->n && !has_synlua_above(stat->parent))
        s->fn(at, pid, s->arg);
    return 0;
}

void former_each(const uint64_t *marks, size_t n, former_fn fn, void *arg)
{
    struct search s = {.marks = marks, .n = n, .fn = fn, .arg = arg};

    (void)procfs_each(look, &s);
}

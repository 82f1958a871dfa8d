#include "host/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sys.h"
#include "files/way.h"
#include "process/procfs.h"

struct process {
    pid_t pid;
    struct procfs_stat stat;
};

/* All processes, by pid. */
struct table {
    struct process *at;
    size_t count;
};

static void begin(struct usage *u, bool with_pss)
{
    *u = (struct usage){.leader = u->leader, .pss_known = with_pss, .fds_known = true};
}

static bool has_gone(void)
{
    return errno == ENOENT || errno == ESRCH;
}

/* Returns false if we may not look. A process that has ended meanwhile adds nothing. */
static bool add_fds(pid_t pid, long *sum)
{
    char path[40];
    struct stat st;
    DIR *dir;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) { /* from Linux 6.2 on, the number of its entries */
        *sum += (long)st.st_size;
        sys_close(fd);
        return true;
    }
    dir = way_listing(fd);
    if (!dir)
        return has_gone();
    while (way_entry(dir))
        ++*sum;
    (void)closedir(dir);
    return true;
}

/* The same for the "Pss:" line, which is among the first lines of the file. */
static bool add_pss(pid_t pid, uint64_t *sum)
{
    const char *line;
    char text[1024];

    if (procfs_text(pid, "smaps_rollup", text, sizeof text) < 0)
        return has_gone();
    line = strstr(text, "\nPss:");
    if (line)
        *sum += strtoull(line + 5, NULL, 10) * 1024;
    return true;
}

static void add_process(pid_t pid, const struct procfs_stat *stat, struct usage *u)
{
    u->processes++;
    u->cpu_ms += stat->ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    u->rss += stat->pages * (uint64_t)sysconf(_SC_PAGESIZE);
    u->threads += stat->threads;
    u->fds_known = u->fds_known && add_fds(pid, &u->fds);
    u->pss_known = u->pss_known && add_pss(pid, &u->pss);
}

static int by_pid(const void *a, const void *b)
{
    pid_t left = ((const struct process *)a)->pid, right = ((const struct process *)b)->pid;

    return (left > right) - (left < right);
}

static const struct process *process_of(const struct table *t, pid_t pid)
{
    const struct process wanted = {.pid = pid};

    return t->count > 0 ? bsearch(&wanted, t->at, t->count, sizeof *t->at, by_pid) : NULL;
}

static int add_to_list(pid_t pid, const struct procfs_stat *stat, void *list)
{
    const struct process one = {.pid = pid, .stat = *stat};

    return buf_add(list, &one, sizeof one);
}

static struct usage *find(struct usage *list, size_t count, pid_t leader)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (list[i].leader == leader)
            return &list[i];
    return NULL;
}

/* The nearest ancestor in the list. The number of steps is limited by the number of processes: if a pid was reused
   during the walk, the parents could form a circle. */
static struct usage *owner_of(const struct table *t, const struct process *one, struct usage *list, size_t count)
{
    const struct process *at = one;
    size_t steps;

    for (steps = 0; steps < t->count; steps++) {
        struct usage *u = find(list, count, at->pid);

        if (u)
            return u;
        at = process_of(t, at->stat.parent);
        if (!at)
            break;
    }
    return find(list, count, one->stat.session);
}

int usage_services(struct usage *list, size_t count, bool with_pss, struct err *e)
{
    struct buf bytes = BUF_INIT;
    struct table t;
    size_t i;

    if (procfs_each(add_to_list, &bytes) < 0) {
        buf_free(&bytes);
        return err_sys(e, "/proc");
    }
    t = (struct table){.at = (struct process *)(void *)bytes.data, .count = bytes.len / sizeof *t.at};
    if (t.count > 0)
        qsort(t.at, t.count, sizeof *t.at, by_pid);
    for (i = 0; i < count; i++)
        begin(&list[i], with_pss);
    for (i = 0; i < t.count; i++) {
        const struct process *one = &t.at[i];
        struct usage *u = owner_of(&t, one, list, count);

        if (!u)
            continue;
        add_process(one->pid, &one->stat, u);
        u->cpu_ms += one->stat.waited_ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    }
    buf_free(&bytes);
    return 0;
}

int usage_process(struct usage *to, bool with_pss, struct err *e)
{
    struct procfs_stat stat;

    begin(to, with_pss);
    if (procfs_read(to->leader, &stat))
        add_process(to->leader, &stat, to);
    return to->processes > 0 ? 0 : err_set(e, ESRCH, "process %ld: there is none", (long)to->leader);
}

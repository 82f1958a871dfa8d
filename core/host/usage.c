#include "host/usage.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/procfs.h"
#include "base/sys.h"

struct process {
    pid_t pid;
    struct procfs_stat stat;
};

/* All processes, by pid. */
struct table {
    struct process *at;
    size_t count, room;
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
static bool add_fds(int proc, pid_t pid, long *sum)
{
    char path[40];
    const struct dirent *entry;
    DIR *dir;
    int fd;

    (void)snprintf(path, sizeof path, "%ld/fd", (long)pid);
    fd = sys_openat(proc, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return has_gone();
    dir = fdopendir(fd);
    if (!dir) {
        (void)close(fd);
        return false;
    }
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            ++*sum;
    (void)closedir(dir);
    return true;
}

/* The same for the "Pss:" line, which is among the first lines of the file. */
static bool add_pss(int proc, pid_t pid, uint64_t *sum)
{
    char path[40], text[1024];
    const char *line;
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "%ld/smaps_rollup", (long)pid);
    fd = sys_openat(proc, path, O_RDONLY, 0);
    if (fd < 0)
        return has_gone();
    n = sys_read(fd, text, sizeof text - 1);
    if (n < 0) {
        bool gone = has_gone();

        (void)close(fd);
        return gone;
    }
    (void)close(fd);
    text[n] = '\0';
    line = strstr(text, "\nPss:");
    if (line)
        *sum += strtoull(line + 5, NULL, 10) * 1024;
    return true;
}

static void add_process(int proc, pid_t pid, const struct procfs_stat *stat, struct usage *u)
{
    u->processes++;
    u->cpu_ms += stat->ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    u->rss += stat->pages * (uint64_t)sysconf(_SC_PAGESIZE);
    u->threads += stat->threads;
    u->fds_known = u->fds_known && add_fds(proc, pid, &u->fds);
    u->pss_known = u->pss_known && add_pss(proc, pid, &u->pss);
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

static int add_to_table(struct table *t, const struct process *one)
{
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct process *at = realloc(t->at, room * sizeof *at);

        if (!at)
            return -1;
        t->at = at;
        t->room = room;
    }
    t->at[t->count++] = *one;
    return 0;
}

static int read_table(DIR *proc, struct table *t)
{
    const struct dirent *entry;

    while ((entry = readdir(proc)) != NULL) {
        struct process one;

        if (!isdigit((unsigned char)entry->d_name[0]) || !procfs_read(dirfd(proc), entry->d_name, &one.stat))
            continue;
        one.pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (add_to_table(t, &one) < 0)
            return -1;
    }
    if (t->count > 0)
        qsort(t->at, t->count, sizeof *t->at, by_pid);
    return 0;
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
    DIR *proc = opendir("/proc");
    struct table t = {0};
    size_t i;
    int rc = -1;

    if (!proc)
        return err_sys(e, "/proc");
    for (i = 0; i < count; i++)
        begin(&list[i], with_pss);
    if (read_table(proc, &t) < 0) {
        (void)err_sys(e, "list of processes");
        goto out;
    }
    for (i = 0; i < t.count; i++) {
        const struct process *one = &t.at[i];
        struct usage *u = owner_of(&t, one, list, count);

        if (!u)
            continue;
        add_process(dirfd(proc), one->pid, &one->stat, u);
        u->cpu_ms += one->stat.waited_ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    }
    rc = 0;
out:
    free(t.at);
    (void)closedir(proc);
    return rc;
}

int usage_process(struct usage *to, bool with_pss, struct err *e)
{
    struct procfs_stat stat;
    char pid[20];
    int proc = sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY, 0);

    if (proc < 0)
        return err_sys(e, "/proc");
    begin(to, with_pss);
    (void)snprintf(pid, sizeof pid, "%ld", (long)to->leader);
    if (procfs_read(proc, pid, &stat))
        add_process(proc, to->leader, &stat, to);
    (void)close(proc);
    return to->processes > 0 ? 0 : err_set(e, ESRCH, "there is no process %s", pid);
}

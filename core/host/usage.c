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

static void begin(struct usage *u, bool with_pss)
{
    *u = (struct usage){.leader = u->leader, .pss_known = with_pss, .fds_known = true};
}

static bool has_gone(void)
{
    return errno == ENOENT || errno == ESRCH;
}

/* False when we may not look; a process that has gone meanwhile has none. */
static bool add_fds(int proc, const char *pid, long *sum)
{
    char path[40];
    const struct dirent *entry;
    DIR *dir;
    int fd;

    (void)snprintf(path, sizeof path, "%.20s/fd", pid);
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

/* The same of the "Pss:" line, which is the second of the file or follows it closely. */
static bool add_pss(int proc, const char *pid, uint64_t *sum)
{
    char path[40], text[1024];
    const char *line;
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "%.20s/smaps_rollup", pid);
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

static void add_process(int proc, const char *pid, const struct procfs_stat *stat, struct usage *u)
{
    u->processes++;
    u->cpu_ms += stat->ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    u->rss += stat->pages * (uint64_t)sysconf(_SC_PAGESIZE);
    u->threads += stat->threads;
    u->fds_known = u->fds_known && add_fds(proc, pid, &u->fds);
    u->pss_known = u->pss_known && add_pss(proc, pid, &u->pss);
}

static struct usage *find(struct usage *list, size_t count, pid_t leader)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (list[i].leader == leader)
            return &list[i];
    return NULL;
}

int usage_sessions(struct usage *list, size_t count, bool with_pss, struct err *e)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t i;

    if (!proc)
        return err_sys(e, "/proc");
    for (i = 0; i < count; i++)
        begin(&list[i], with_pss);
    while ((entry = readdir(proc)) != NULL) {
        struct procfs_stat stat;
        struct usage *u;

        if (!isdigit((unsigned char)entry->d_name[0]) || !procfs_read(dirfd(proc), entry->d_name, &stat))
            continue;
        u = find(list, count, stat.session);
        if (!u)
            continue;
        add_process(dirfd(proc), entry->d_name, &stat, u);
        u->cpu_ms += stat.waited_ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    }
    (void)closedir(proc);
    return 0;
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
        add_process(proc, pid, &stat, to);
    (void)close(proc);
    return to->processes > 0 ? 0 : err_set(e, ESRCH, "process %s: there is none", pid);
}

#include "process/procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

/* Numbers of the fields, as proc(5) counts them; field 3 is the state, a letter. */
enum { PARENT = 4, SESSION = 6, UTIME = 14, STIME = 15, CUTIME = 16, CSTIME = 17, THREADS = 20, RSS = 24 };

/* "pid (name) state ppid ...": the name may contain any byte, so its end is searched from the right. */
bool procfs_parse(char *text, struct procfs_stat *to)
{
    char *open = strchr(text, '('), *close = strrchr(text, ')'), *at;
    long long field[RSS + 1];
    int i;

    if (!open || !close || close < open || close[1] != ' ' || close[2] == '\0')
        return false;
    *close = '\0';
    to->state = close[2];
    (void)snprintf(to->name, sizeof to->name, "%s", open + 1);
    at = close + 3;
    for (i = PARENT; i <= RSS; i++) {
        char *end;

        field[i] = strtoll(at, &end, 10);
        if (end == at)
            return false;
        at = end;
    }
    to->parent = (pid_t)field[PARENT];
    to->session = (pid_t)field[SESSION];
    to->ticks = (uint64_t)(field[UTIME] + field[STIME]);
    to->waited_ticks = (uint64_t)(field[CUTIME] + field[CSTIME]);
    to->threads = (long)field[THREADS];
    to->pages = field[RSS] > 0 ? (uint64_t)field[RSS] : 0;
    return true;
}

bool procfs_read(int proc, const char *pid, struct procfs_stat *to)
{
    char path[40], text[1024];
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "%.20s/stat", pid);
    fd = sys_openat(proc, path, O_RDONLY, 0);
    if (fd < 0)
        return false;
    n = sys_read(fd, text, sizeof text - 1);
    (void)close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    return procfs_parse(text, to);
}

void procfs_children(procfs_child_fn fn, void *arg)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    struct procfs_stat stat;

    if (!proc)
        return;
    while ((entry = readdir(proc)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) && procfs_read(dirfd(proc), entry->d_name, &stat) &&
            stat.parent == getpid())
            fn((pid_t)strtol(entry->d_name, NULL, 10), &stat, arg);
    (void)closedir(proc);
}

#include "process/procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int procfs_text(pid_t pid, const char *file, char *to, size_t size)
{
    char path[64];
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    n = fd < 0 ? -1 : sys_read(fd, to, size - 1);
    sys_close(fd);
    to[n > 0 ? n : 0] = '\0';
    return n < 0 ? -1 : 0;
}

bool procfs_ended(const struct procfs_stat *stat)
{
    return stat->state == 'X' || (stat->state == 'Z' && stat->threads <= 1);
}

bool procfs_read(pid_t pid, struct procfs_stat *to)
{
    char text[1024];

    return procfs_text(pid, "stat", text, sizeof text) == 0 && procfs_parse(text, to);
}

int procfs_each(procfs_fn fn, void *arg)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    struct procfs_stat stat;
    int rc = 0;

    if (!proc)
        return -1;
    while (rc == 0 && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10); /* 0 if it is no number */

        if (pid > 0 && procfs_read(pid, &stat))
            rc = fn(pid, &stat, arg);
    }
    (void)closedir(proc);
    return rc;
}

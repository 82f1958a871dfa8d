#include "process/mark.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sys.h"

#define FIRST (1ULL << 52) /* microseconds: 142 years; leaves 32 bits above it for the hash */

uint64_t mark_of_name(const char *name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return FIRST + hash;
}

void mark_take(uint64_t mark)
{
    struct rlimit lim;

    if (mark == 0 || getrlimit(RLIMIT_RTTIME, &lim) < 0)
        return;
    lim.rlim_cur = (rlim_t)mark;
    (void)setrlimit(RLIMIT_RTTIME, &lim);
}

uint64_t mark_of_process(pid_t pid)
{
    static const char name[] = "\nMax realtime timeout";
    char path[40], text[4096];
    const char *at;
    uint64_t mark;
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%ld/limits", (long)pid);
    fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0)
        return 0;
    n = sys_read(fd, text, sizeof text - 1);
    (void)close(fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    at = strstr(text, name);
    mark = at ? strtoull(at + sizeof name - 1, NULL, 10) : 0;
    return mark >= FIRST && mark - FIRST <= UINT32_MAX ? mark : 0;
}

bool mark_is_on(pid_t pid, uint64_t mark)
{
    return mark != 0 && mark_of_process(pid) == mark;
}

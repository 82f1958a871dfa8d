#include "process/mark.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "process/procfs.h"

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
    char text[4096];
    const char *at;
    uint64_t mark;

    if (procfs_text(pid, "limits", text, sizeof text) < 0)
        return 0;
    at = strstr(text, name);
    mark = at ? strtoull(at + sizeof name - 1, NULL, 10) : 0;
    return mark >= FIRST && mark - FIRST <= UINT32_MAX ? mark : 0;
}

#include "process/confine.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BITS 64

struct sets {
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static bool read_sets(struct sets *to)
{
    *to = (struct sets){.header = {.version = _LINUX_CAPABILITY_VERSION_3}};
    return syscall(SYS_capget, &to->header, to->data) == 0;
}

void confine_bounds(uint64_t keep)
{
    int at;

    for (at = 0; at < BITS && prctl(PR_CAPBSET_READ, at, 0, 0, 0) >= 0; at++)
        if ((keep >> at & 1) == 0)
            (void)prctl(PR_CAPBSET_DROP, at, 0, 0, 0);
}

/* The ambient set follows: nothing is in it that cannot be handed down. */
void confine_sets(uint64_t keep)
{
    struct sets sets;
    unsigned i;

    if (keep == CONFINE_NOTHING || !read_sets(&sets))
        return;
    for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        uint32_t part = (uint32_t)(keep >> (32 * i));

        sets.data[i].effective &= part;
        sets.data[i].permitted &= part;
        sets.data[i].inheritable &= part;
    }
    (void)syscall(SYS_capset, &sets.header, sets.data);
}

bool confine_is_short(void)
{
    struct sets sets;
    int at;

    if (!read_sets(&sets) || (sets.data[0].effective >> CAP_SETPCAP & 1) != 0)
        return false;
    for (at = 0; at < BITS; at++)
        if (prctl(PR_CAPBSET_READ, at, 0, 0, 0) == 1)
            return true;
    return false;
}

/* Forks and runs one program. The child gets its own session, default signals, the limits and the user of the spec,
   only descriptors 0 to 2, no core file, and only the environment of the spec. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define SPAWN_KEEP ((id_t)-1) /* as uid or gid: keep ours */

/* All pointers are borrowed for the call. */
struct spawn_spec {
    char *const *argv; /* argv[0] is an absolute path */
    char *const *envp;
    const char *cwd;
    uid_t uid;
    gid_t gid;
    int in;  /* descriptor for stdin; 0: /dev/null */
    int out; /* descriptors for stdout and stderr */
    int err;
    long open_files; /* soft limit, at most the hard one; 0: unchanged */
    int oom_score_adj;
    int death_signal; /* sent to the child when synlua dies; 0: none */
    uint64_t mark;    /* see mark.h; 0: none */
    uint64_t keep;    /* capabilities that it keeps of ours; see confine.h */
};

/* Returns the pid, or -1 with what failed in the child ("exec /usr/sbin/nginx: No such file or directory").
   After -1 the child has ended and was waited for. */
pid_t spawn_process(const struct spawn_spec *spec, struct err *e);

/* All pointers are borrowed for the call. */
struct spawn_replacement {
    char *const *argv;
    char *const *envp;
    const char *cwd; /* NULL: where we are */
    uid_t uid;
    gid_t gid;
    const char *input; /* what it finds on stdin, as a file of its user's; NULL: our own stdin */
    size_t input_len;
};

/* Replaces this process by the program. Returns only if that failed. */
int spawn_replace(const struct spawn_replacement *to, struct err *e);

/* Facts about the machine, the user and the installation. Owns nothing. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* The directory that holds lua/ and templates/: above the binary in a checkout, otherwise the installed one. */
int host_home(struct buf *to, struct err *e);

/* The uid and gid of a user name; ENOENT if there is no such user. */
int host_user(const char *name, uid_t *uid, gid_t *gid, struct err *e);

/* Adds the addresses of a host name to `to`, one a line. It asks as long as resolv.conf allows. ENOENT: it has none. */
int host_addresses(const char *name, struct buf *to, struct err *e);

int host_stat(const char *path, struct stat *st, struct err *e); /* follows links */
int host_room(const char *path, struct statvfs *to, struct err *e); /* of its file system */

struct host_facts {
    uid_t uid; /* effective */
    gid_t gid;
    pid_t pid;
    int cpus; /* that the affinity mask allows */
    long page_size;
    const char *libuv; /* its version */
};
struct host_facts host_facts(void);

/* One service's lines in a file below a directory that the service may write to: no link is followed, no file of
   anybody else is written or given away. Rotated by size and age to NAME.log.1 (the newest) and so on. A file that
   cannot be written never stops anything: its lines are counted, and it goes on when it can. */
#ifndef SYNLUA_LOGFILE_H
#define SYNLUA_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Where all of them are and when they are rotated. Owns the descriptor of the directory. */
struct logfile_rules {
    int dir; /* -1: there are no files */
    uid_t uid; /* SPAWN_KEEP-like (id_t)-1: whoever we are */
    gid_t gid;
    uint64_t max_bytes;
    uint64_t max_age_ms;
    unsigned keep; /* rotated files */
};

struct logfile {
    int fd; /* -1 while closed */
    uint64_t size;
    uint64_t began_ms;
    uint64_t retry_ms; /* monotonic: not opened again before */
    uint64_t lost;     /* lines not written since the start */
    uint64_t unsaid;   /* of these, since it last worked */
};

enum logfile_news { LOGFILE_SAME, LOGFILE_FAILED, LOGFILE_RECOVERED };

/* Opens base/path, made with this owner where it is missing. */
int logfile_directory(struct logfile_rules *rules, const char *base, const char *path, struct err *e);
void logfile_forget(struct logfile_rules *rules); /* no files any more */

void logfile_init(struct logfile *f);

/* Appends whole lines to NAME.log. FAILED once when it stops working (e says why), RECOVERED once when it works again
   (*missing lines are not in it). */
enum logfile_news logfile_write(struct logfile *f, const struct logfile_rules *rules, const char *name,
                                const char *bytes, size_t len, unsigned lines, uint64_t *missing, struct err *e);
void logfile_close(struct logfile *f); /* the next line opens it anew */

#endif

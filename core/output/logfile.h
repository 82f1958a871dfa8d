/* The log file of one service. The service may write to its directory, so no link is followed, and no file of another
   user is written or changes its owner. Files are rotated by size and age to NAME.log.1 (the newest) and so on. A file
   that cannot be written stops nothing: the missing lines are counted, and writing is tried again later. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Where the log files are, and when they are rotated. Owns the descriptor of the directory. */
struct logfile_rules {
    int dir; /* -1: no log files */
    uid_t uid; /* the files' owner; (id_t)-1: our own user */
    gid_t gid;
    uint64_t max_bytes;
    uint64_t max_age_ms;
    unsigned keep; /* number of rotated files */
};

struct logfile {
    int fd; /* -1 while closed */
    uint64_t size;
    uint64_t began_ms;
    uint64_t retry_ms; /* monotonic; the next attempt to open it is not before this */
    uint64_t lost;     /* lines not written, since the start */
    uint64_t unsaid;   /* lines not written, since it last worked */
};

enum logfile_news { LOGFILE_SAME, LOGFILE_FAILED, LOGFILE_RECOVERED };

/* Opens the directory base/path. If it is missing, it is made with the rules' owner. */
int logfile_directory(struct logfile_rules *rules, const char *base, const char *path, struct err *e);
void logfile_forget(struct logfile_rules *rules); /* ends writing to files */

void logfile_init(struct logfile *f);

/* Appends whole lines to NAME.log. Returns FAILED once when writing stops working (e says why), and RECOVERED once when
   it works again; then *missing is the number of lines that are not in the file. */
enum logfile_news logfile_write(struct logfile *f, const struct logfile_rules *rules, const char *name,
                                const char *bytes, size_t len, unsigned lines, uint64_t *missing, struct err *e);
void logfile_close(struct logfile *f); /* the next line opens it again */

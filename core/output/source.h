/* The record of each service's lines: the last ones, counts, its log file. There is one entry per name, with one for
   synlua itself. It is made on first use and kept until the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/logfile.h"
#include "output/quiet.h"
#include "output/ring.h"
#include "output/sink.h"

struct stream;

struct source {
    struct source *next;
    char name[64];
    char prefix[68]; /* "name | " */
    size_t prefix_len;
    struct sink_source source; /* counts lines that stdout did not take */
    uint64_t lines;
    uint64_t bytes;
    struct ring ring;
    struct logfile file;
    struct quiet quiet;
    struct stream *streams[2]; /* stdout and stderr (output.c), or NULL */
    bool mute;                 /* its lines do not go to our stdout */
    bool object;               /* its lines are JSON objects */
};

/* NULL only when memory runs out. */
struct source *source_get(const char *name);
struct source *source_find(const char *name);
struct source *source_first(void); /* then ->next */

/* Each service's lines also go to a file below base/path; only: those of this one alone, if it is not NULL. NULL as
   base ends that. given->dir is ignored. */
int source_files(const char *base, const char *path, const char *only, const struct logfile_rules *given,
                 struct err *e);
void source_reopen(void);

/* Counts whole lines, remembers them, and writes them to the log file. */
void source_record(struct source *s, const char *bytes, size_t len, unsigned lines);

/* A run is a number of lines of one service with no other service's line between them. Returns who wrote the run, and
   how many lines it has; back 0 is the newest run. NULL: no older run is known. */
const char *source_run(size_t back, unsigned *lines);

/* Called at the end: logs which files lack lines, because no later write can report it. */
void source_tell_missing(void);
void source_free_all(void);

/* What is known of each service's lines: the last ones, counts, its file. One entry per name, synlua itself among them;
   made on first use and kept until the end. */
#ifndef SYNLUA_SOURCE_H
#define SYNLUA_SOURCE_H

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
    struct sink_source source; /* counts what stdout did not take */
    uint64_t lines;
    uint64_t bytes;
    struct ring ring;
    struct logfile file;
    struct quiet quiet;
    struct stream *streams[2]; /* stdout and stderr (output.c), or NULL */
};

/* NULL only without memory. */
struct source *source_get(const char *name);
struct source *source_find(const char *name);
struct source *source_first(void); /* then ->next */

/* Files for all from now on, by the rules given; their directory is taken. */
void source_files(const struct logfile_rules *given);
void source_reopen(void);

/* Whole lines, as the service wrote them: count, remember, write to the file. */
void source_record(struct source *s, const char *bytes, size_t len, unsigned lines);

/* For the end: says which files lack lines, as nothing will come to tell it by. */
void source_tell_missing(void);
void source_free_all(void);

#endif

/* What is known of each service's lines: the last ones, counts, its file. One entry per name, synlua itself among them;
   made on first use and kept until the end. */
#ifndef SYNLUA_SERVICE_H
#define SYNLUA_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "logfile.h"
#include "ring.h"
#include "sink.h"

struct service {
    struct service *next;
    char name[64];
    char prefix[68]; /* "name | " */
    size_t prefix_len;
    struct sink_source source; /* counts what stdout did not take */
    uint64_t lines;
    uint64_t bytes;
    struct ring ring;
    struct logfile file;
};

/* NULL only without memory. */
struct service *service_get(const char *name);
struct service *service_find(const char *name);
struct service *service_first(void); /* then ->next */

/* Files for all from now on, by the rules given; their directory is taken. */
void service_files(const struct logfile_rules *given);
void service_reopen(void);

/* Whole lines, as the service wrote them: count, remember, write to the file. */
void service_record(struct service *s, const char *bytes, size_t len, unsigned lines);

/* For the end: says which files lack lines, as nothing will come to tell it by. */
void service_tell_missing(void);
void service_free_all(void);

#endif

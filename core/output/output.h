/* Children's stdout and stderr as whole lines "name | line", or as JSON, on our stdout, and who else gets
   them: files, the last lines of each service. One pipe per service and stream (stream.h), made once. */
#ifndef SYNLUA_OUTPUT_H
#define SYNLUA_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "output/lines.h"
#include "output/logfile.h"
#include "output/ring.h"

#define OUTPUT_LINE_MAX LINES_MAX

struct output_counts {
    uint64_t lines;
    uint64_t bytes;
    uint64_t dropped;     /* lines that our own output did not take */
    uint64_t not_in_file; /* lines that the log file did not take */
};

int output_start(struct err *e); /* our stdout; needs the loop */
void output_stop(void);          /* closes every pipe, writes what is kept within a short time */

/* json: one object per line instead of text. wait: while nobody reads our stdout the services wait, instead of lines
   being dropped and counted; has no meaning where stdout is a file. */
void output_format(bool json, bool wait);

/* Each service's lines go to a file below base/path too; NULL for base ends that. rules->dir is not looked at. */
int output_files(const char *base, const char *path, const struct logfile_rules *rules, struct err *e);
void output_reopen(void);

/* From now on nobody waits for a reader: everything must end. */
void output_stopping(void);

/* The pipe of one service and stream ("out" or "err"), made on first use: its end for the child, borrowed. */
int output_writer(const char *name, const char *kind, struct err *e);

/* Takes what a dead child left in its pipes, an unfinished last line too. Bounded: a grandchild may still write. */
void output_drain(const char *name);

/* The last n lines of a service as ring_last copies them; "synlua" is one. */
size_t output_last(const char *name, size_t n, char to[RING_MAX]);

/* NULL: of all. All zero for a name nobody has. */
struct output_counts output_counts(const char *name);

/* Leaves out of what the service writes from now on the lines that fit these texts, see quiet.h; they are taken. What
   it wrote before still goes by the texts before. Returns how many lines those left out. */
uint64_t output_quiet(const char *name, struct buf *texts);

#endif

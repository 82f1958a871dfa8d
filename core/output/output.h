/* Writes the services' stdout and stderr to our stdout, as whole lines "name | line" or as JSON. The lines also go to
   log files and to the memory of each service's last lines. Each service has one pipe per stream (stream.h), which is
   made only once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "files/files.h"
#include "output/lines.h"
#include "output/ring.h"

#define OUTPUT_LINE_MAX LINES_MAX

struct output_counts {
    uint64_t lines;
    uint64_t bytes;
    uint64_t dropped;     /* lines that our stdout or stderr did not take */
    uint64_t not_in_file; /* lines that the log file did not take */
};

int output_start(struct err *e); /* takes our stdout; needs the loop */
void output_stop(void);          /* closes every pipe; tries for a short time to write the rest */

/* json: one object per line instead of text. wait: while nobody reads our stdout, the services wait; without it, lines
   are dropped and counted. wait has no effect if stdout is a file. mute: nothing is written to stdout. */
void output_format(bool json, bool wait, bool mute);

/* Ends the "wait" mode: a service that waits for a reader of our stdout could not end. */
void output_stopping(void);

/* The writing end of the pipe of one service and stream ("out" or "err"), made on first use; borrowed. */
int output_writer(const char *name, const char *kind, struct err *e);

/* Lines that come to a FIFO (fifo.h) count as those of a service of this name. NULL: none of them is passed on. mute:
   they do not go to our stdout. object: they are JSON objects. counts: see fifo_use. */
struct output_fifo {
    const char *directory, *file;
    struct file_owner owner;
    bool mute, object, counts;
};
int output_receive(const char *name, const struct output_fifo *from, struct err *e);

/* Lets a user open the pipe by its name, as /dev/stdout: many programs do that with a log file. Without the right to do
   so nothing changes. */
void output_give(int writer, uid_t uid);

/* Reads what a dead child left in its pipes, with an unfinished last line. The amount is bounded, because a grandchild
   may still be writing. */
void output_drain(const char *name);

/* Copies the last n lines of a service, see ring_last. The name "synlua" gives our own lines. */
size_t output_last(const char *name, size_t n, char to[RING_MAX]);

/* The counts of one service; NULL: the sum of all. An unknown name gives zeros. */
struct output_counts output_counts(const char *name);

/* From now on lines that match these texts (quiet.h) are left out. The buffer is taken. What is in the pipes already is
   filtered by the old and the new texts. Returns how many lines were left out since the call before. */
uint64_t output_quiet(const char *name, struct buf *texts);

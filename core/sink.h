/* Where lines go: a descriptor somebody else reads (our stdout or stderr). Never blocks the caller; keeps at most
   SINK_MAX bytes while the reader is away, then drops whole batches and says how many lines were lost. The
   descriptor's flags are left alone: other processes share them. */
#ifndef SYNLUA_SINK_H
#define SYNLUA_SINK_H

#include <stddef.h>
#include <stdint.h>

#define SINK_MAX (1024 * 1024)

struct sink;

/* fd is borrowed. NULL when out of memory. Works before the loop exists (sink_attach comes later). */
struct sink *sink_new(int fd);

/* From now on what could not be written at once is written when fd takes it. Needs the loop. */
void sink_attach(struct sink *s);
void sink_detach(struct sink *s);

/* Takes whole lines; `lines` is their number, for the count of lost ones. */
void sink_write(struct sink *s, const char *bytes, size_t len, unsigned lines);

/* Writes what is kept, waiting at most ms for the reader. */
void sink_flush(struct sink *s, int ms);

uint64_t sink_dropped(const struct sink *s); /* lines lost since the start */
void sink_free(struct sink *s);

#endif

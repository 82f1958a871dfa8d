/* Writes lines to our stdout or stderr, which somebody else reads. Never blocks the caller. While the reader is away it
   keeps at most SINK_MAX bytes; beyond that it drops whole batches, counts their lines by source, and says so when the
   reader is back. Other processes share the descriptor's flags, so these stay as they are. A pipe is opened a second
   time, with flags of its own, if that is allowed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SINK_MAX (1024 * 1024)

struct sink;

/* The source of the lines. All zero at first except the name. Must outlive the sink. */
struct sink_source {
    const char *name;
    uint64_t dropped; /* lines lost since the start */
    uint64_t unsaid;  /* of these, the lines that no notice has reported yet */
    struct sink_source *next;
};

/* Appends the notice that lines of `name` were lost. */
typedef void (*sink_notice_fn)(struct buf *to, const char *name, uint64_t lines);
/* Everything kept was written: there is room again. */
typedef void (*sink_room_fn)(void);

/* fd is borrowed. NULL when out of memory. Works before the loop exists (sink_attach comes later). */
struct sink *sink_new(int fd, sink_notice_fn notice);

/* From now on, the loop writes the bytes that are kept as soon as fd takes them. room may be NULL. */
void sink_attach(struct sink *s, sink_room_fn room);
void sink_detach(struct sink *s);

/* Takes whole lines of one source; `lines` is their number, for the count of lost ones. */
void sink_write(struct sink *s, struct sink_source *from, const char *bytes, size_t len, unsigned lines);

/* The number of bytes that are kept because the reader is away; 0 if the loop does not watch for its return. */
size_t sink_waiting(const struct sink *s);

/* At the end: writes what is kept, as long as the reader takes some of it within ms, and at most twice as long.
   Returns the number of lines that are lost and that no notice has reported. */
uint64_t sink_flush(struct sink *s, int ms);

uint64_t sink_dropped(const struct sink *s); /* lines of all sources lost since the start */
void sink_free(struct sink *s);

/* The pipe of one stream of one service: read in large pieces, split into lines, written to the target in one batch.
   synlua keeps both ends, so that a restart loses nothing and no writer ever sees a closed pipe. */
#ifndef SYNLUA_STREAM_H
#define SYNLUA_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "output/source.h"
#include "output/sink.h"

#define STREAM_EVENT_MAX 65536 /* a longer traceback may be torn apart by lines of others */
#define STREAM_EVENT_MS 100    /* how long an event waits for its next line */
#define STREAM_EVENT_TOTAL_MS 1000 /* and for all of them */

struct stream;

/* Where the lines of all go (borrowed; NULL ends that), and what is called after each turn of the loop. */
typedef void (*stream_turn_fn)(void);
void stream_target(struct sink *to, stream_turn_fn after);
void stream_json(bool json);
void stream_for_eyes(bool on); /* the target is a terminal: control characters are shown escaped */

/* kind is "out" or "err", borrowed for good. Not listened to at first. */
struct stream *stream_new(struct source *service, const char *kind, struct err *e);
void stream_close(struct stream *o); /* frees it in a later turn of the loop */

int stream_writer(const struct stream *o); /* the end for the child; borrowed */
void stream_listen(struct stream *o, bool on);

/* One chunk from the pipe to the target; false when the pipe is empty. */
bool stream_pump(struct stream *o);

/* Writes what waits, an unfinished line too. */
void stream_end(struct stream *o);

#endif

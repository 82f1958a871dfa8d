/* The pipe of one stream of one service. It is read in large chunks, and the lines of a chunk are written to the target
   in one batch. synlua keeps both ends open, so that a restart loses nothing and no writer meets a closed pipe. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "output/source.h"
#include "output/sink.h"

#define STREAM_EVENT_MAX 65536 /* lines of other services may come into a longer traceback */
#define STREAM_EVENT_MS 100    /* how long an event waits for its next line */
#define STREAM_EVENT_TOTAL_MS 1000 /* how long an event waits in all */

struct stream;

/* Sets the sink for all streams (borrowed; NULL: none) and the function to call after each turn of the loop. For a
   terminal, control characters are shown escaped. */
typedef void (*stream_turn_fn)(void);
void stream_target(struct sink *to, stream_turn_fn after, bool is_terminal);
void stream_format(bool json, bool mute); /* mute: nothing is written to the target */

/* kind is "out" or "err", and must live on. Nothing is read before stream_listen. */
struct stream *stream_new(struct source *service, const char *kind, struct err *e);
void stream_close(struct stream *o); /* it is freed in a later turn of the loop */

int stream_writer(const struct stream *o); /* the child's end of the pipe; borrowed */
void stream_listen(struct stream *o, bool on);

/* Moves one chunk from the pipe to the target. Returns false when the pipe is empty. */
bool stream_pump(struct stream *o);

/* Writes everything that waits, with an unfinished line. */
void stream_end(struct stream *o);

/* synlua's own messages go to stderr, one line per event: "synlua | text". The services' lines go to stdout
   (output.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define LOG_NAME "synlua" /* synlua's own name among the services */

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

int log_open(struct err *e);
void log_attach(void); /* once the loop exists; from then on a stderr that nobody reads never blocks */
void log_detach(void); /* before the loop is closed */
void log_close(void);  /* tries for a short time to write what is still kept */

void log_threshold(enum log_level least);
void log_json(bool json); /* one JSON object per event instead of text */

#define LOG_EVENT_MAX 65536 /* bytes; of a longer event the beginning is shown, and how much is missing */

/* Each line of the text gets the prefix. Control characters other than tabs are escaped. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_text(enum log_level level, const char *text, size_t len);

/* Appends the notice that lines of a service were lost. The sink writes it between two batches of lines (sink.h). */
void log_loss(struct buf *to, const char *name, uint64_t lines);

/* From now on fn gets each event that is shown, as lines with a newline and without the prefix. NULL ends that. */
typedef void (*log_tap_fn)(const char *lines, size_t len);
void log_tap(log_tap_fn fn);

uint64_t log_dropped(void); /* number of lines lost because nobody read stderr */

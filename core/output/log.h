/* synlua's own messages: one line per event, "synlua | text", to stderr. Children's lines go to stdout (output.h). */
#ifndef SYNLUA_LOG_H
#define SYNLUA_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define LOG_NAME "synlua" /* we among the services */

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

int log_open(struct err *e);
void log_attach(void); /* once the loop exists: never block on a stderr that nobody reads */
void log_detach(void); /* before the loop is closed */
void log_close(void);  /* writes what is kept, within a short time */

void log_threshold(enum log_level least);
void log_json(bool json); /* one JSON object per event instead of text */

#define LOG_EVENT_MAX 65536 /* bytes of one event; of a longer one the beginning is shown, and how much is missing */

/* Text with newlines becomes one prefixed line each; control characters but tabs are shown escaped. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_text(enum log_level level, const char *text, size_t len);

/* The notice that lines of a service were lost, as it is written between lines (sink.h). */
void log_loss(struct buf *to, const char *name, uint64_t lines);

/* Calls fn with each event that is shown, as lines that end with a newline and have no prefix; NULL ends that. */
typedef void (*log_tap_fn)(const char *lines, size_t len);
void log_tap(log_tap_fn fn);

uint64_t log_dropped(void); /* lines that stderr did not take */

#endif

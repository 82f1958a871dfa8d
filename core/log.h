/* synlua's own messages: one line per event, "synlua | text", to stderr. Children's lines go to stdout (output.h). */
#ifndef SYNLUA_LOG_H
#define SYNLUA_LOG_H

#include <stddef.h>

#include "err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

int log_open(struct err *e);
void log_attach(void); /* once the loop exists: never block on a stderr that nobody reads */
void log_detach(void); /* before the loop is closed */
void log_close(void);  /* writes what is kept, within a short time */

void log_threshold(enum log_level least);

/* Text with newlines becomes one prefixed line each; control characters but tabs are shown escaped. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_text(enum log_level level, const char *text, size_t len);

#endif

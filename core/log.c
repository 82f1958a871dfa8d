#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "buf.h"
#include "sink.h"

static struct sink *to_stderr;
static enum log_level least_shown = LOG_LEVEL_INFO;

int log_open(struct err *e)
{
    to_stderr = sink_new(STDERR_FILENO);
    return to_stderr ? 0 : err_set(e, ENOMEM, "out of memory");
}

void log_attach(void)
{
    sink_attach(to_stderr);
}

void log_detach(void)
{
    sink_detach(to_stderr);
}

void log_close(void)
{
    if (!to_stderr)
        return;
    sink_flush(to_stderr, 200);
    sink_free(to_stderr);
    to_stderr = NULL;
}

void log_threshold(enum log_level least)
{
    least_shown = least;
}

static const char *log_prefix(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_WARN:
        return "synlua | warning: ";
    case LOG_LEVEL_ERROR:
        return "synlua | error: ";
    case LOG_LEVEL_DEBUG:
        return "synlua | debug: ";
    default:
        return "synlua | ";
    }
}

void log_text(enum log_level level, const char *text, size_t len)
{
    struct buf out = BUF_INIT;
    unsigned lines = 1;
    size_t i;
    int rc;

    if (level < least_shown || !to_stderr)
        return;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    rc = buf_str(&out, log_prefix(level));
    for (i = 0; i < len && rc == 0; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '\n') {
            rc = buf_str(&out, "\nsynlua |   ");
            lines++;
        } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
            rc = buf_addf(&out, "\\x%02x", c);
        } else {
            rc = buf_add(&out, text + i, 1);
        }
    }
    if (rc == 0 && buf_str(&out, "\n") == 0)
        sink_write(to_stderr, out.data, out.len, lines);
    buf_free(&out);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n > 0)
        log_text(level, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

#include "output/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output/jsonline.h"
#include "output/plain.h"
#include "output/sink.h"
#include "base/sys.h"

static struct sink *to_stderr;
static struct sink_source source = {.name = LOG_NAME};
static enum log_level least_shown = LOG_LEVEL_INFO;
static bool as_json;
static log_tap_fn tap;

static const char *const LEVEL_NAMES[] = {"debug", "info", "warning", "error"};
static const char *const LEVEL_WORDS[] = {"debug: ", "", "warning: ", "error: "};

int log_open(struct err *e)
{
    to_stderr = sink_new(STDERR_FILENO, log_loss);
    return to_stderr ? 0 : err_set(e, ENOMEM, "out of memory");
}

void log_attach(void)
{
    sink_attach(to_stderr, NULL);
}

void log_detach(void)
{
    sink_detach(to_stderr);
}

void log_close(void)
{
    if (!to_stderr)
        return;
    (void)sink_flush(to_stderr, 200);
    sink_free(to_stderr);
    to_stderr = NULL;
}

void log_threshold(enum log_level least)
{
    least_shown = least;
}

void log_json(bool json)
{
    as_json = json;
}

void log_tap(log_tap_fn fn)
{
    tap = fn;
}

/* The event as lines without a prefix. */
static int plain_lines(struct buf *to, enum log_level level, const char *text, size_t len)
{
    const char *end = text + len, *stop;
    int rc = buf_str(to, LEVEL_WORDS[level]);

    for (; rc == 0 && (stop = memchr(text, '\n', (size_t)(end - text))) != NULL; text = stop + 1)
        rc = plain_add(to, text, (size_t)(stop - text)) < 0 ? -1 : buf_str(to, "\n  ");
    if (rc == 0)
        rc = plain_add(to, text, (size_t)(end - text));
    return rc == 0 ? buf_str(to, "\n") : -1;
}

/* The event in the format chosen (text or JSON). Returns the number of lines, 0 when memory runs out. */
static unsigned shown_lines(struct buf *to, enum log_level level, const char *text, size_t len, const struct buf *plain)
{
    const struct jsonline event = {.time_ms = sys_time(), .service = LOG_NAME, .stream = "err",
                                   .level = LEVEL_NAMES[level], .text = text, .len = len};
    const char *at = plain->data, *end = plain->data + plain->len;
    unsigned lines = 0;

    if (as_json)
        return jsonline_add(to, &event) < 0 ? 0 : 1;
    for (; at < end; lines++) {
        const char *stop = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;

        if (buf_str(to, LOG_NAME " | ") < 0 || buf_add(to, at, (size_t)(stop - at)) < 0)
            return 0;
        at = stop;
    }
    return lines;
}

/* Appends the event as it is shown and passes it to the tap. Returns the number of lines. */
static unsigned add_event(struct buf *to, enum log_level level, const char *text, size_t len)
{
    struct buf plain = BUF_INIT;
    unsigned lines = 0;

    if (plain_lines(&plain, level, text, len) == 0) {
        lines = shown_lines(to, level, text, len, &plain);
        if (tap)
            tap(plain.data, plain.len);
    }
    buf_free(&plain);
    return lines;
}

/* How many bytes of a text are shown. The cut never splits a UTF-8 character. */
static size_t shown_length(const char *text, size_t len)
{
    if (len <= LOG_EVENT_MAX)
        return len;
    len = LOG_EVENT_MAX;
    while (len > LOG_EVENT_MAX - 4 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

void log_text(enum log_level level, const char *text, size_t len)
{
    struct buf cut = BUF_INIT, shown = BUF_INIT;
    unsigned lines;
    size_t most;

    if (level < least_shown || !to_stderr)
        return;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    most = shown_length(text, len);
    if (most < len && buf_add(&cut, text, most) == 0 && buf_addf(&cut, " ... (%zu bytes more)", len - most) == 0) {
        text = cut.data;
        len = cut.len;
    }
    lines = add_event(&shown, level, text, len);
    if (lines > 0)
        sink_write(to_stderr, &source, shown.data, shown.len, lines);
    buf_free(&shown);
    buf_free(&cut);
}

void log_loss(struct buf *to, const char *name, uint64_t lines)
{
    struct buf text = BUF_INIT;

    if (buf_addf(&text, "%llu lines of %s were dropped: nobody read our output", (unsigned long long)lines, name) == 0)
        (void)add_event(to, LOG_LEVEL_WARN, text.data, text.len);
    buf_free(&text);
}

uint64_t log_dropped(void)
{
    return source.dropped;
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

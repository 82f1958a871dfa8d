#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "loop.h"
#include "sink.h"
#include "sys.h"

#define CHUNK 65536
#define DRAIN_CHUNKS 64 /* 4 MiB: far more than a pipe holds */

struct output {
    uv_poll_t watcher;
    struct output *next;
    char name[64];
    char stream[4];
    char last[256];
    uint64_t last_turn; /* which of two streams wrote later */
    int reader;
    int writer;
    struct buf line; /* the unfinished line */
};

static struct output *outputs;
static struct sink *to_stdout;
static char chunk[CHUNK];
static struct buf batch = BUF_INIT;
static uint64_t turns;

int output_start(struct err *e)
{
    to_stdout = sink_new(STDOUT_FILENO);
    if (!to_stdout)
        return err_set(e, ENOMEM, "out of memory");
    sink_attach(to_stdout);
    return 0;
}

static int batch_line(struct output *o, const char *text, size_t len)
{
    size_t keep = len < sizeof o->last - 1 ? len : sizeof o->last - 1;

    memcpy(o->last, text, keep);
    o->last[keep] = '\0';
    o->last_turn = ++turns;
    if (buf_str(&batch, o->name) < 0 || buf_add(&batch, " | ", 3) < 0 || buf_add(&batch, text, len) < 0)
        return -1;
    return buf_add(&batch, "\n", 1);
}

/* Splits bytes into lines; what follows the last newline waits for its end. */
static unsigned batch_bytes(struct output *o, const char *bytes, size_t len)
{
    unsigned lines = 0;

    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        size_t room = OUTPUT_LINE_MAX - o->line.len;
        bool cut = part > room;

        if (cut)
            part = room;
        if (!end && !cut) {
            (void)buf_add(&o->line, bytes, part);
            break;
        }
        if (o->line.len > 0) {
            if (buf_add(&o->line, bytes, part) == 0)
                (void)batch_line(o, o->line.data, o->line.len);
            buf_reset(&o->line);
        } else {
            (void)batch_line(o, bytes, part);
        }
        lines++;
        if (!cut)
            part++; /* the newline itself */
        bytes += part;
        len -= part;
    }
    return lines;
}

/* One chunk from the pipe to stdout; false when the pipe is empty. */
static bool output_pump(struct output *o)
{
    ssize_t n = sys_read(o->reader, chunk, sizeof chunk);
    unsigned lines;

    if (n <= 0)
        return false;
    buf_reset(&batch);
    lines = batch_bytes(o, chunk, (size_t)n);
    if (batch.len > 0)
        sink_write(to_stdout, batch.data, batch.len, lines);
    return true;
}

static void on_readable(uv_poll_t *watcher, int status, int events)
{
    (void)status;
    (void)events;
    (void)output_pump(watcher->data); /* one chunk a turn: no service starves the others */
}

static struct output *output_find(const char *name, const char *stream)
{
    struct output *o;

    for (o = outputs; o; o = o->next)
        if (strcmp(o->name, name) == 0 && strcmp(o->stream, stream) == 0)
            return o;
    return NULL;
}

static void output_free(struct output *o)
{
    if (o->reader >= 0)
        (void)close(o->reader);
    if (o->writer >= 0)
        (void)close(o->writer);
    buf_free(&o->line);
    free(o);
}

static void on_closed(uv_handle_t *handle)
{
    output_free(handle->data);
}

struct output *output_get(const char *name, const char *stream, struct err *e)
{
    struct output *o = output_find(name, stream);
    int fds[2], rc;

    if (o)
        return o;
    o = calloc(1, sizeof *o);
    if (!o) {
        (void)err_set(e, ENOMEM, "out of memory");
        return NULL;
    }
    (void)snprintf(o->name, sizeof o->name, "%s", name);
    (void)snprintf(o->stream, sizeof o->stream, "%s", stream);
    o->reader = o->writer = -1;
    if (sys_pipe(fds) < 0) {
        (void)err_sys(e, "pipe for the output of %s", name);
        output_free(o);
        return NULL;
    }
    o->reader = fds[0];
    o->writer = fds[1];
    rc = uv_poll_init(loop_get(), &o->watcher, o->reader); /* makes the reader non-blocking */
    if (rc < 0) {
        (void)err_set(e, -rc, "watching the output of %s: %s", name, uv_strerror(rc));
        output_free(o);
        return NULL;
    }
    o->watcher.data = o;
    (void)uv_poll_start(&o->watcher, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&o->watcher);
    o->next = outputs;
    outputs = o;
    return o;
}

int output_writer(const struct output *o)
{
    return o->writer;
}

void output_drain(const char *name)
{
    struct output *o;

    for (o = outputs; o; o = o->next) {
        int left = DRAIN_CHUNKS;

        if (strcmp(o->name, name) != 0)
            continue;
        while (left-- > 0 && output_pump(o))
            continue;
        if (o->line.len > 0) {
            buf_reset(&batch);
            if (batch_line(o, o->line.data, o->line.len) == 0)
                sink_write(to_stdout, batch.data, batch.len, 1);
            buf_reset(&o->line);
        }
    }
}

const char *output_last(const char *name)
{
    const struct output *o, *latest = NULL;

    for (o = outputs; o; o = o->next)
        if (strcmp(o->name, name) == 0 && (!latest || o->last_turn > latest->last_turn))
            latest = o;
    return latest ? latest->last : "";
}

void output_stop(void)
{
    while (outputs) {
        struct output *o = outputs;

        output_drain(o->name);
        outputs = o->next;
        uv_close((uv_handle_t *)&o->watcher, on_closed);
    }
    if (to_stdout) {
        sink_flush(to_stdout, 500);
        sink_free(to_stdout);
        to_stdout = NULL;
    }
    buf_free(&batch);
}

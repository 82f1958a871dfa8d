#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/follow.h"
#include "output/log.h"
#include "output/source.h"
#include "output/sink.h"
#include "output/stream.h"

#define DRAIN_CHUNKS 64           /* 4 MiB: far more than a pipe holds */
#define DRAIN_ROOM (512 * 1024) /* more than one chunk can become */

struct output {
    struct output *next;
    struct source *service;
    const char *kind;
    struct stream *stream;
};

static const char *const KINDS[] = {"out", "err"};
static struct output *outputs;
static struct sink *to_stdout;
static bool may_wait, paused;

/* Our own lines: already written by log.c. */
static void own_lines(const char *lines, size_t len)
{
    struct source *own = source_get(LOG_NAME);
    const char *at = lines, *end = lines + len;
    unsigned count = 0;

    if (!own)
        return;
    for (; at < end; count++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        follow_line(LOG_NAME, at, (size_t)(stop - at));
        at = stop + 1;
    }
    source_record(own, lines, len, count);
}

static void listen_all(bool on)
{
    struct output *o;

    if (paused == !on)
        return;
    paused = !on;
    for (o = outputs; o; o = o->next)
        stream_listen(o->stream, on);
}

static void on_room(void)
{
    listen_all(true);
}

static void on_turn(void)
{
    if (may_wait && sink_waiting(to_stdout) > 0)
        listen_all(false);
}

int output_start(struct err *e)
{
    may_wait = paused = false;
    to_stdout = sink_new(STDOUT_FILENO, log_loss);
    if (!to_stdout)
        return err_set(e, ENOMEM, "out of memory");
    sink_attach(to_stdout, on_room);
    stream_target(to_stdout, on_turn);
    log_tap(own_lines);
    return follow_start(e);
}

static struct output *output_find(const char *name, const char *kind)
{
    struct output *o;

    for (o = outputs; o; o = o->next)
        if (strcmp(o->service->name, name) == 0 && strcmp(o->kind, kind) == 0)
            return o;
    return NULL;
}

struct output *output_get(const char *name, const char *stream, struct err *e)
{
    struct output *o = output_find(name, stream);

    if (o)
        return o;
    o = calloc(1, sizeof *o);
    if (!o || !(o->service = source_get(name))) {
        (void)err_set(e, ENOMEM, "out of memory");
        free(o);
        return NULL;
    }
    o->kind = KINDS[strcmp(stream, "err") == 0];
    o->stream = stream_new(o->service, o->kind, e);
    if (!o->stream) {
        free(o);
        return NULL;
    }
    stream_listen(o->stream, !paused);
    o->next = outputs;
    outputs = o;
    return o;
}

int output_writer(const struct output *o)
{
    return stream_writer(o->stream);
}

/* With waiting, what a full buffer cannot take stays in the pipe, which outlives its writer. */
static bool has_room(void)
{
    return !may_wait || sink_waiting(to_stdout) + DRAIN_ROOM < SINK_MAX;
}

void output_drain(const char *name)
{
    struct output *o;

    for (o = outputs; o; o = o->next) {
        int left = DRAIN_CHUNKS;

        if (strcmp(o->service->name, name) != 0)
            continue;
        while (left-- > 0 && has_room() && stream_pump(o->stream))
            continue;
        if (has_room())
            stream_end(o->stream);
    }
}

uint64_t output_quiet(const char *name, struct buf *texts)
{
    struct source *s = source_get(name);
    struct output *o;
    uint64_t count;

    for (o = outputs; o && s; o = o->next) {
        int left = DRAIN_CHUNKS;

        while (o->service == s && left-- > 0 && has_room() && stream_pump(o->stream))
            continue;
    }
    if (!s) {
        buf_free(texts);
        return 0;
    }
    count = s->quiet.left_out;
    quiet_free(&s->quiet);
    s->quiet.texts = *texts;
    *texts = (struct buf)BUF_INIT;
    return count;
}

void output_format(bool json, bool wait)
{
    stream_json(json);
    may_wait = wait;
    log_json(json);
    if (!wait)
        listen_all(true);
}

int output_files(const char *base, const char *path, const struct logfile_rules *rules, struct err *e)
{
    struct logfile_rules opened = {.dir = -1};

    if (base) {
        opened = *rules;
        opened.dir = -1;
        if (logfile_directory(&opened, base, path, e) < 0)
            return -1;
    }
    source_files(&opened);
    return 0;
}

void output_reopen(void)
{
    source_reopen();
}

void output_stopping(void)
{
    may_wait = false;
    listen_all(true);
}

size_t output_last(const char *name, size_t n, char to[RING_MAX])
{
    const struct source *s = source_find(name);

    return s ? ring_last(&s->ring, n, to) : 0;
}

struct output_counts output_counts(const char *name)
{
    struct output_counts sum = {0};
    const struct source *s;

    for (s = source_first(); s; s = s->next) {
        if (name && strcmp(s->name, name) != 0)
            continue;
        sum.lines += s->lines;
        sum.bytes += s->bytes;
        sum.dropped += s->source.dropped;
        sum.not_in_file += s->file.lost;
    }
    if (!name && to_stdout) /* with those that were kept when stdout was closed */
        sum.dropped = sink_dropped(to_stdout);
    if (!name || strcmp(name, LOG_NAME) == 0)
        sum.dropped += log_dropped();
    return sum;
}

void output_stop(void)
{
    output_stopping();
    while (outputs) {
        struct output *o = outputs;

        output_drain(o->service->name);
        outputs = o->next;
        stream_close(o->stream);
        free(o);
    }
    source_tell_missing();
    log_tap(NULL);
    follow_stop();
    if (to_stdout) {
        sink_flush(to_stdout, 500);
        sink_free(to_stdout);
        to_stdout = NULL;
    }
    stream_target(NULL, NULL);
    source_free_all();
}

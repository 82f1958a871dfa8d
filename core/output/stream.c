#include "output/stream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "output/follow.h"
#include "output/jsonline.h"
#include "output/lines.h"
#include "output/plain.h"
#include "output/token.h"
#include "base/loop.h"
#include "base/sys.h"

#define CHUNK 65536
#define CARRY_MAX (STREAM_EVENT_MAX + LINES_MAX + 1)
#define PIPE_SIZE (256 * 1024)
#define KEEP_MEMORY 4096 /* an empty carry with more memory than this is freed */

/* What may wait for more bytes at the end of a read. */
enum take {
    TAKE_READ,  /* an event that may go on, and an unfinished line */
    TAKE_LINES, /* only an unfinished line waits */
    TAKE_ALL,   /* nothing waits */
};

struct stream {
    uv_poll_t watcher;
    uv_timer_t timer; /* writes an event that has waited long enough */
    struct source *service;
    const char *kind;
    int handles; /* not yet closed */
    int reader;
    int writer;
    struct lines lines;
    struct buf carry;    /* read but not written: an event that may go on, an unfinished line */
    uint64_t waiting_ms; /* since when an event waits; 0: none does */
};

/* The bytes that a stream carries over are copied here, and the next bytes are read behind them, so that every line is
   in one piece. */
static char chunk[CARRY_MAX + CHUNK];
static struct buf batch = BUF_INIT;
static struct sink *target;
static stream_turn_fn turned;
static bool as_json, muted;
static bool for_eyes; /* the target is a terminal, which would obey control characters */

void stream_target(struct sink *to, stream_turn_fn after, bool is_terminal)
{
    target = to;
    for_eyes = is_terminal;
    turned = after;
    if (!to)
        buf_free(&batch);
}

void stream_format(bool json, bool mute)
{
    as_json = json;
    muted = mute;
}

static int plain_line(const struct source *s, const struct line *line)
{
    size_t before = batch.len;

    if (buf_add(&batch, s->prefix, s->prefix_len) == 0 && plain_add(&batch, line->text, line->len) == 0 &&
        buf_add(&batch, "\n", 1) == 0)
        return 0;
    batch.len = before;
    return -1;
}

static int batch_line(const struct stream *o, const struct line *line, uint64_t now)
{
    const struct source *s = o->service;
    char *to;

    if (as_json) {
        const struct jsonline event = {
            .time_ms = now, .service = s->name, .stream = o->kind, .text = line->text, .len = line->len,
            .object = s->object};

        return jsonline_add(&batch, &event);
    }
    if (for_eyes)
        return plain_line(s, line);
    if (batch.cap - batch.len < s->prefix_len + line->len + 2 && buf_reserve(&batch, s->prefix_len + line->len + 1) < 0)
        return -1;
    to = batch.data + batch.len;
    memcpy(to, s->prefix, s->prefix_len);
    memcpy(to + s->prefix_len, line->text, line->len);
    to[s->prefix_len + line->len] = '\n';
    batch.len += s->prefix_len + line->len + 1;
    return 0;
}

/* Writes the batch. Its lines, as they were read, are from..end; these go to the record and to the follower. */
static void give(struct stream *o, const char *from, const char *end, unsigned lines)
{
    if (lines == 0)
        return;
    if (!muted && !o->service->mute)
        sink_write(target, &o->service->source, batch.data, batch.len, lines);
    follow_text(o->service->name, from, (size_t)(end - from));
    source_record(o->service, from, (size_t)(end - from), lines);
    if (end[-1] != '\n') /* a long line was split, or a process ended within its line */
        source_record(o->service, "\n", 1, 0);
}

static void on_waited(uv_timer_t *timer);

/* Keeps the rest of the bytes until more come. event: the rest begins with whole lines, which wait for a limited time
   only. */
static void carry(struct stream *o, const char *from, const char *end, bool event)
{
    uint64_t now, until;

    buf_reset(&o->carry);
    if (from < end)
        (void)buf_add(&o->carry, from, (size_t)(end - from));
    else if (o->carry.cap > KEEP_MEMORY)
        buf_free(&o->carry);
    if (!event) {
        if (o->waiting_ms)
            (void)uv_timer_stop(&o->timer);
        o->waiting_ms = 0;
        return;
    }
    now = sys_now();
    if (!o->waiting_ms)
        o->waiting_ms = now;
    until = o->waiting_ms + STREAM_EVENT_TOTAL_MS;
    if (until > now + STREAM_EVENT_MS)
        until = now + STREAM_EVENT_MS;
    (void)uv_timer_start(&o->timer, on_waited, until > now ? until - now : 0, 0);
}

/* Writes the lines among the first len bytes of the chunk, except those that wait. */
static void stream_take(struct stream *o, size_t len, enum take how)
{
    const char *at = chunk, *end = chunk + len, *event = chunk;
    struct lines before = o->lines, at_event = before;
    unsigned lines = 0, event_lines = 0;
    uint64_t now = as_json ? sys_time() : 0;
    size_t event_len = 0;
    bool waits = false;
    struct line line;

    buf_reset(&batch);
    while (lines_next(&o->lines, &at, end, how == TAKE_ALL, &line)) {
        if (line.starts) {
            event = line.text;
            event_lines = lines;
            event_len = batch.len;
            at_event = before;
        }
        before = o->lines;
        if (batch_line(o, &line, now) == 0)
            lines++;
    }
    if (how == TAKE_READ && event < at && at - event <= STREAM_EVENT_MAX &&
        lines_open(&o->lines, at, (size_t)(end - at))) {
        waits = true;
        at = event;
        batch.len = event_len;
        lines = event_lines;
        o->lines = at_event;
    }
    if (how == TAKE_ALL)
        o->lines = (struct lines){0};
    give(o, chunk, at, lines);
    carry(o, at, end, waits);
}

bool stream_pump(struct stream *o)
{
    size_t have = o->carry.len, len;
    ssize_t n = sys_read(o->reader, chunk + have, CHUNK);

    if (n <= 0)
        return false;
    if (have > 0)
        memcpy(chunk, o->carry.data, have);
    len = token_hide(chunk, have + (size_t)n);
    stream_take(o, quiet_filter(&o->service->quiet, chunk, len), TAKE_READ);
    return true;
}

static void flush(struct stream *o, enum take how)
{
    size_t have = o->carry.len;

    if (have > 0)
        memcpy(chunk, o->carry.data, have);
    stream_take(o, have, how);
}

void stream_end(struct stream *o)
{
    flush(o, TAKE_ALL);
}

static void on_waited(uv_timer_t *timer)
{
    flush(timer->data, TAKE_LINES);
}

static void on_readable(uv_poll_t *watcher, int status, int events)
{
    (void)status;
    (void)events;
    (void)stream_pump(watcher->data); /* one chunk per turn, so that no service starves the others */
    turned();
}

void stream_listen(struct stream *o, bool on)
{
    if (on)
        (void)uv_poll_start(&o->watcher, UV_READABLE, on_readable);
    else
        (void)uv_poll_stop(&o->watcher);
}

static void stream_free(struct stream *o)
{
    (void)close(o->reader);
    (void)close(o->writer);
    buf_free(&o->carry);
    free(o);
}

static void on_closed(uv_handle_t *handle)
{
    struct stream *o = handle->data;

    if (--o->handles == 0)
        stream_free(o);
}

void stream_close(struct stream *o)
{
    uv_close((uv_handle_t *)&o->watcher, on_closed);
    uv_close((uv_handle_t *)&o->timer, on_closed);
}

static int stream_watch(struct stream *o, struct err *e)
{
    int rc = loop_poll(&o->watcher, o->reader, o); /* makes the reader non-blocking */

    if (rc < 0)
        return err_set(e, -rc, "watching the output of %s: %s", o->service->name, uv_strerror(rc));
    loop_timer(&o->timer, o);
    o->handles = 2;
    return 0;
}

struct stream *stream_new(struct source *service, const char *kind, struct err *e)
{
    struct stream *o = err_calloc(sizeof *o, e);
    int fds[2];

    if (!o)
        return NULL;
    o->service = service;
    o->kind = kind;
    if (sys_pipe(fds) < 0) {
        (void)err_sys(e, "pipe for the output of %s", service->name);
        free(o);
        return NULL;
    }
    o->reader = fds[0];
    o->writer = fds[1];
    (void)fcntl(o->writer, F_SETPIPE_SZ, PIPE_SIZE); /* a larger pipe needs fewer turns; may be refused */
    if (stream_watch(o, e) < 0) {
        stream_free(o);
        return NULL;
    }
    return o;
}

int stream_writer(const struct stream *o)
{
    return o->writer;
}

#include "output/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "output/fifo.h"
#include "output/follow.h"
#include "output/log.h"
#include "output/source.h"
#include "output/sink.h"
#include "output/stream.h"

#define DRAIN_CHUNKS 64           /* 4 MiB: far more than a pipe holds */
#define DRAIN_ROOM (512 * 1024) /* more than the lines of one chunk can need */

#define KINDS 2

static const char *const kinds[KINDS] = {"out", "err"};
static struct sink *to_stdout;
static bool may_wait, paused;
static struct source *received; /* what the FIFO is read for */

/* log.c has written these lines already; here they are only recorded and passed on. */
static void own_lines(const char *lines, size_t len)
{
    struct source *own = source_get(LOG_NAME);
    unsigned count = 0;

    if (!own)
        return;
    for (size_t at = 0; at < len; at++)
        count += lines[at] == '\n';
    follow_text(LOG_NAME, lines, len);
    source_record(own, lines, len, count);
}

static void listen_all(bool on)
{
    const struct source *s;

    if (paused == !on)
        return;
    paused = !on;
    for (s = source_first(); s; s = s->next)
        for (int kind = 0; kind < KINDS; kind++)
            if (s->streams[kind])
                stream_listen(s->streams[kind], on);
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
    stream_target(to_stdout, on_turn, isatty(STDOUT_FILENO) == 1);
    log_tap(own_lines);
    follow_start();
    return 0;
}

int output_writer(const char *name, const char *kind, struct err *e)
{
    struct source *s = source_get(name);
    int at = strcmp(kind, "err") == 0;

    if (!s)
        return err_set(e, ENOMEM, "out of memory");
    if (!s->streams[at]) {
        s->streams[at] = stream_new(s, kinds[at], e);
        if (!s->streams[at])
            return -1;
        stream_listen(s->streams[at], !paused);
    }
    return stream_writer(s->streams[at]);
}

int output_receive(const char *name, const struct output_fifo *from, struct err *e)
{
    struct fifo_use use = {.to = name ? output_writer(name, kinds[0], e) : -1, .counts = from->counts};

    if (name && use.to < 0)
        return -1;
    if (fifo_open(from->directory, from->file, &from->owner, &use, e) < 0)
        return -1;
    if (!name)
        return 0;
    received = source_get(name);
    received->mute = from->mute;
    received->object = from->object;
    return 0;
}

void output_give(int writer, uid_t uid)
{
    (void)sys_fchown(writer, uid, (gid_t)-1);
}

/* In "wait" mode nothing is read while the buffer is full. The lines stay in the pipe, which outlives its writer. */
static bool has_room(void)
{
    return !may_wait || sink_waiting(to_stdout) + DRAIN_ROOM < SINK_MAX;
}

/* Writes what a pipe holds, as far as there is room for it. */
static void pump(struct stream *stream)
{
    int left = DRAIN_CHUNKS;

    while (left-- > 0 && has_room() && stream_pump(stream))
        continue;
}

void output_drain(const char *name)
{
    const struct source *s = source_find(name);

    for (int kind = 0; s && kind < KINDS; kind++) {
        if (!s->streams[kind])
            continue;
        pump(s->streams[kind]);
        if (has_room())
            stream_end(s->streams[kind]);
    }
}

uint64_t output_quiet(const char *name, struct buf *texts)
{
    struct source *s = source_get(name);
    uint64_t count;

    if (!s) {
        buf_free(texts);
        return 0;
    }
    (void)buf_add(&s->quiet.texts, texts->data, texts->len);
    for (int kind = 0; kind < KINDS; kind++)
        if (s->streams[kind])
            pump(s->streams[kind]);
    count = s->quiet.left_out;
    quiet_free(&s->quiet);
    s->quiet.texts = *texts;
    *texts = (struct buf)BUF_INIT;
    return count;
}

void output_format(bool json, bool wait, bool mute)
{
    stream_format(json, mute);
    may_wait = wait;
    log_json(json);
    if (!wait)
        listen_all(true);
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
        sum.dropped += s->source.dropped + (s == received ? fifo_lost() : 0);
        sum.not_in_file += s->file.lost;
    }
    if (!name && to_stdout) /* includes lines that were still kept when stdout closed */
        sum.dropped = sink_dropped(to_stdout) + fifo_lost();
    if (!name || strcmp(name, LOG_NAME) == 0)
        sum.dropped += log_dropped();
    return sum;
}

void output_stop(void)
{
    struct source *s;
    unsigned long long lost;

    output_stopping();
    fifo_close();
    received = NULL;
    for (s = source_first(); s; s = s->next) {
        output_drain(s->name);
        for (int kind = 0; kind < KINDS; kind++)
            if (s->streams[kind])
                stream_close(s->streams[kind]);
        s->streams[0] = s->streams[1] = NULL;
    }
    source_tell_missing();
    log_tap(NULL);
    follow_stop();
    if (to_stdout) {
        lost = sink_flush(to_stdout, 500);
        if (lost > 0)
            log_line(LOG_LEVEL_WARN, "the last %llu lines were dropped: nobody read our output", lost);
        sink_free(to_stdout);
        to_stdout = NULL;
    }
    stream_target(NULL, NULL, false);
    source_free_all();
}

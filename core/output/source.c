#include "output/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/log.h"

#define RUNS 1024 /* a power of two */

static struct source *services;
static struct run { const struct source *by; unsigned lines; } runs[RUNS]; /* who wrote how many lines, in order */
static size_t newest;
static struct logfile_rules rules = {.dir = -1};
static char chosen[sizeof services->name]; /* only this one has a log file; "": every one */

struct source *source_find(const char *name)
{
    struct source *s;

    for (s = services; s; s = s->next)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

struct source *source_get(const char *name)
{
    struct source *s = source_find(name);

    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    s->prefix_len = (size_t)snprintf(s->prefix, sizeof s->prefix, "%s | ", s->name);
    s->source.name = s->name;
    logfile_init(&s->file);
    s->next = services;
    services = s;
    return s;
}

struct source *source_first(void)
{
    return services;
}

void source_reopen(void)
{
    struct source *s;

    for (s = services; s; s = s->next)
        logfile_close(&s->file);
}

int source_files(const char *base, const char *path, const char *only, const struct logfile_rules *given,
                 struct err *e)
{
    struct logfile_rules opened = {.dir = -1};

    if (base) {
        opened = *given;
        opened.dir = -1;
        if (logfile_directory(&opened, base, path, e) < 0)
            return -1;
    }
    source_reopen();
    logfile_forget(&rules);
    rules = opened;
    (void)snprintf(chosen, sizeof chosen, "%s", only ? only : "");
    return 0;
}

const char *source_run(size_t back, unsigned *lines)
{
    const struct run *r = &runs[(newest - back) % RUNS];

    *lines = r->lines;
    return back < RUNS && r->by ? r->by->name : NULL;
}

void source_record(struct source *s, const char *bytes, size_t len, unsigned lines)
{
    struct err e = {0};
    uint64_t missing = 0;
    enum logfile_news news;

    s->lines += lines;
    s->bytes += len;
    ring_add(&s->ring, bytes, len);
    if (runs[newest % RUNS].by != s)
        runs[++newest % RUNS] = (struct run){.by = s};
    runs[newest % RUNS].lines += lines;
    if (rules.dir < 0 || (chosen[0] && strcmp(chosen, s->name) != 0))
        return;
    news = logfile_write(&s->file, &rules, s->name, bytes, len, lines, &missing, &e);
    if (news == LOGFILE_FAILED)
        log_line(LOG_LEVEL_WARN, "%s; lines of %s are missing in it until that is mended", e.msg, s->name);
    else if (news == LOGFILE_RECOVERED)
        log_line(LOG_LEVEL_INFO, "the log file of %s is written again; %llu lines are missing in it", s->name,
                 (unsigned long long)missing);
}

void source_tell_missing(void)
{
    const struct source *s;

    for (s = services; s; s = s->next)
        if (s->file.unsaid > 0)
            log_line(LOG_LEVEL_WARN, "%llu lines are missing in the log file of %s", (unsigned long long)s->file.unsaid,
                     s->name);
}

void source_free_all(void)
{
    source_reopen();
    logfile_forget(&rules);
    memset(runs, 0, sizeof runs);
    while (services) {
        struct source *s = services;

        services = s->next;
        ring_free(&s->ring);
        quiet_free(&s->quiet);
        free(s);
    }
}

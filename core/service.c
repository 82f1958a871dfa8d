#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static struct service *services;
static struct logfile_rules rules = {.dir = -1};

struct service *service_find(const char *name)
{
    struct service *s;

    for (s = services; s; s = s->next)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

struct service *service_get(const char *name)
{
    struct service *s = service_find(name);

    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    (void)snprintf(s->prefix, sizeof s->prefix, "%s | ", s->name);
    s->prefix_len = strlen(s->prefix);
    s->source.name = s->name;
    logfile_init(&s->file);
    s->next = services;
    services = s;
    return s;
}

struct service *service_first(void)
{
    return services;
}

void service_reopen(void)
{
    struct service *s;

    for (s = services; s; s = s->next)
        logfile_close(&s->file);
}

void service_files(const struct logfile_rules *given)
{
    service_reopen();
    logfile_forget(&rules);
    rules = *given;
}

static void write_file(struct service *s, const char *bytes, size_t len, unsigned lines)
{
    struct err e = {0};
    uint64_t missing = 0;

    switch (logfile_write(&s->file, &rules, s->name, bytes, len, lines, &missing, &e)) {
    case LOGFILE_FAILED:
        log_line(LOG_LEVEL_WARN, "%s; lines of %s are missing there until that is mended", e.msg, s->name);
        break;
    case LOGFILE_RECOVERED:
        log_line(LOG_LEVEL_INFO, "the log file of %s is written again; %llu lines are missing there", s->name,
                 (unsigned long long)missing);
        break;
    default:
        break;
    }
}

void service_record(struct service *s, const char *bytes, size_t len, unsigned lines)
{
    s->lines += lines;
    s->bytes += len;
    ring_add(&s->ring, bytes, len);
    if (rules.dir < 0)
        return;
    write_file(s, bytes, len, lines);
}

void service_tell_missing(void)
{
    const struct service *s;

    for (s = services; s; s = s->next)
        if (s->file.unsaid > 0)
            log_line(LOG_LEVEL_WARN, "%llu lines are missing in the log file of %s", (unsigned long long)s->file.unsaid,
                     s->name);
}

void service_free_all(void)
{
    service_reopen();
    logfile_forget(&rules);
    while (services) {
        struct service *s = services;

        services = s->next;
        ring_free(&s->ring);
        free(s);
    }
}

#include "yaml/read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct yaml_reader {
    const char *text; /* behind the byte order mark, which libyaml would count as indentation */
    size_t len;
    yaml_parser_t parser;
    yaml_event_t event; /* all zero, or the event from which the last item borrows */
    unsigned nodes, depth;
    size_t index, at; /* where the last event ended, counted in characters and in bytes */
    bool begun;
};

static int fail_at(const yaml_mark_t *at, struct err *e, const char *what)
{
    return err_set(e, EBADMSG, "%zu:%zu: %s", at->line + 1, at->column + 1, what);
}

/* An error at a byte offset, told by line and column. */
static int fail_byte(const struct yaml_reader *r, size_t offset, struct err *e, const char *what)
{
    size_t line = 1, column = 1;

    for (size_t i = 0; i < offset && i < r->len; i++) {
        unsigned char c = (unsigned char)r->text[i];

        column = c == '\n' ? 1 : column + ((c & 0xc0) != 0x80);
        line += c == '\n';
    }
    return err_set(e, EBADMSG, "%zu:%zu: %s", line, column, what);
}

enum part { PART_BETWEEN, PART_PLAIN, PART_OTHER };

/* Goes on to a mark. PyYAML takes no tab between tokens and in plain scalars, where libyaml takes most: such a tab is
   an error. A comment may hold any. */
static int pass(struct yaml_reader *r, const yaml_mark_t *to, enum part part, struct err *e)
{
    bool comment = false;

    for (; r->index < to->index && r->at < r->len; r->index++) {
        char c = r->text[r->at];

        if (part != PART_OTHER && c == '\t' && !comment)
            return fail_byte(r, r->at, e, "found a tab, use spaces; in a text, quote it");
        comment = part == PART_BETWEEN && (c == '#' || (comment && c != '\n' && c != '\r'));
        do
            r->at++;
        while (r->at < r->len && ((unsigned char)r->text[r->at] & 0xc0) == 0x80);
    }
    return 0;
}

static int next_event(struct yaml_reader *r, struct err *e)
{
    const yaml_parser_t *p = &r->parser;

    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event)) {
        bool plain = r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

        if (pass(r, &r->event.start_mark, PART_BETWEEN, e) < 0)
            return -1;
        return pass(r, &r->event.end_mark, plain ? PART_PLAIN : PART_OTHER, e);
    }
    if (p->error == YAML_MEMORY_ERROR)
        return err_set(e, ENOMEM, "out of memory");
    if (p->error == YAML_READER_ERROR)
        return fail_byte(r, p->problem_offset, e, p->problem);
    if (!p->context)
        return fail_at(&p->problem_mark, e, p->problem);
    return err_set(e, EBADMSG, "%zu:%zu: %s (%s that began on line %zu)", p->problem_mark.line + 1,
                   p->problem_mark.column + 1, p->problem, p->context, p->context_mark.line + 1);
}

/* Reads up to the document's first value. */
static int begin(struct yaml_reader *r, struct err *e)
{
    const size_t len = strlen(BYTE_ORDER_MARK);
    const char *mark = r->text, *end = r->text + r->len;

    r->begun = true;
    /* At the beginning of a line libyaml skips such a mark, but PyYAML reads it as text. */
    for (; (mark = memmem(mark, (size_t)(end - mark), BYTE_ORDER_MARK, len)) != NULL; mark += len)
        if (mark == r->text || mark[-1] == '\n' || mark[-1] == '\r')
            return fail_byte(r, (size_t)(mark - r->text), e, "a byte order mark inside of the file");
    do { /* skips the start of the stream */
        if (next_event(r, e) < 0)
            return -1;
    } while (r->event.type == YAML_STREAM_START_EVENT);
    if (r->event.type == YAML_STREAM_END_EVENT)
        return err_set(e, EBADMSG, "1:1: the file is empty%s",
                       memchr(r->text, '#', r->len) ? " but for comments" : "");
    return 0;
}

static void take_scalar(const yaml_event_t *event, struct yaml_item *item)
{
    item->kind = YAML_SCALAR;
    item->style = (enum yaml_style)event->data.scalar.style;
    item->text = (const char *)event->data.scalar.value;
    item->len = event->data.scalar.length;
    item->tag = (const char *)event->data.scalar.tag;
    item->anchor = (const char *)event->data.scalar.anchor;
    if (event->data.scalar.plain_implicit && item->style != YAML_PLAIN)
        item->tag = "!"; /* libyaml gives this tag only as a flag */
    else if (item->tag && !strcmp(item->tag, "!"))
        item->tag = NULL; /* "!" without a name counts as no tag */
}

static int take(struct yaml_reader *r, struct yaml_item *item, struct err *e)
{
    const yaml_event_t *event = &r->event;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        item->kind = YAML_ALIAS;
        item->anchor = (const char *)event->data.alias.anchor;
        break;
    case YAML_SCALAR_EVENT:
        take_scalar(event, item);
        break;
    case YAML_MAPPING_START_EVENT:
        item->kind = YAML_MAP;
        item->tag = (const char *)event->data.mapping_start.tag;
        item->anchor = (const char *)event->data.mapping_start.anchor;
        break;
    case YAML_SEQUENCE_START_EVENT:
        item->kind = YAML_SEQ;
        item->tag = (const char *)event->data.sequence_start.tag;
        item->anchor = (const char *)event->data.sequence_start.anchor;
        break;
    default:
        item->kind = event->type == YAML_MAPPING_END_EVENT ? YAML_MAP_END : YAML_SEQ_END;
        r->depth--;
        return 0;
    }
    if (item->kind <= YAML_SEQ && r->depth++ >= YAML_MAX_DEPTH)
        return fail_at(&event->start_mark, e, "nested too deeply");
    if (r->nodes++ >= YAML_MAX_NODES)
        return fail_at(&event->start_mark, e, "the document is too large");
    return 0;
}

int yaml_reader_next(struct yaml_reader *r, struct yaml_item *item, struct err *e)
{
    *item = (struct yaml_item){.kind = YAML_DONE};
    if ((!r->begun && begin(r, e) < 0) || next_event(r, e) < 0)
        return -1;
    item->line = r->event.start_mark.line + 1;
    item->column = r->event.start_mark.column + 1;
    if (r->event.type != YAML_DOCUMENT_END_EVENT)
        return take(r, item, e);
    if (next_event(r, e) < 0)
        return -1;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return fail_at(&r->event.start_mark, e,
                       "a second document starts here, only one is allowed");
    return 0;
}

struct yaml_reader *yaml_reader_new(const char *text, size_t len, struct err *e)
{
    const size_t mark = strlen(BYTE_ORDER_MARK);
    struct yaml_reader *r;

    if (len > YAML_MAX_INPUT) {
        (void)err_set(e, EBADMSG, "1:1: the file is larger than %u MiB", YAML_MAX_INPUT >> 20);
        return NULL;
    }
    r = calloc(1, sizeof *r);
    if (!r || !yaml_parser_initialize(&r->parser)) {
        (void)err_set(e, ENOMEM, "out of memory");
        free(r);
        return NULL;
    }
    r->text = text;
    r->len = len;
    if (len >= mark && !memcmp(text, BYTE_ORDER_MARK, mark)) {
        r->text += mark;
        r->len -= mark;
    }
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text, r->len);
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    return r;
}

void yaml_reader_free(struct yaml_reader *r)
{
    if (!r)
        return;
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    free(r);
}

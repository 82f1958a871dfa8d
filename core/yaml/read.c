#include "yaml/read.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "yaml/yaml11.h"
#include "yaml/keys.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct anchor {
    char *name;
    struct yaml_node *node;
};

struct reader {
    const struct yaml_source *source;
    const char *text; /* without a byte order mark, which libyaml would count as indentation */
    size_t len;
    struct yaml_tree *tree;
    yaml_parser_t parser;
    void *anchors;            /* a tsearch tree of struct anchor, which the arena holds */
    struct yaml_node **stack; /* children of the collections being read, innermost last */
    size_t used, room;
};

static struct yaml_node *compose(struct reader *r, const yaml_event_t *event, unsigned depth,
                                 struct err *e);

static int fail_at(const struct reader *r, const yaml_mark_t *at, struct err *e, const char *what)
{
    return err_set(e, EBADMSG, "%s:%zu:%zu: %s", r->source->name, at->line + 1, at->column + 1,
                   what);
}

static int fail_memory(const struct reader *r, struct err *e)
{
    return err_set(e, ENOMEM, "%s: out of memory", r->source->name);
}

/* For what is known only by its byte. */
static int fail_byte(const struct reader *r, size_t offset, struct err *e, const char *what)
{
    size_t line = 1, column = 1;

    for (size_t i = 0; i < offset && i < r->len; i++) {
        unsigned char c = (unsigned char)r->text[i];

        column = c == '\n' ? 1 : column + ((c & 0xc0) != 0x80);
        line += c == '\n';
    }
    return err_set(e, EBADMSG, "%s:%zu:%zu: %s", r->source->name, line, column, what);
}

static int next_event(struct reader *r, yaml_event_t *event, struct err *e)
{
    const yaml_parser_t *p = &r->parser;

    if (yaml_parser_parse(&r->parser, event))
        return 0;
    if (p->error == YAML_MEMORY_ERROR)
        return fail_memory(r, e);
    if (p->error == YAML_READER_ERROR)
        return fail_byte(r, p->problem_offset, e, p->problem);
    if (!p->context)
        return fail_at(r, &p->problem_mark, e, p->problem);
    return err_set(e, EBADMSG, "%s:%zu:%zu: %s (%s that began on line %zu)", r->source->name,
                   p->problem_mark.line + 1, p->problem_mark.column + 1, p->problem, p->context,
                   p->context_mark.line + 1);
}

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind, const yaml_event_t *event,
                                  struct err *e)
{
    struct yaml_node *node = NULL;

    if (r->tree->nodes++ >= YAML_MAX_NODES)
        (void)fail_at(r, &event->start_mark, e, "the document is too large");
    else if (!(node = yaml_tree_alloc(r->tree, sizeof *node)))
        (void)fail_memory(r, e);
    if (!node)
        return NULL;
    node->kind = kind;
    node->line = (int)event->start_mark.line + 1;
    node->column = (int)event->start_mark.column + 1;
    node->weight = 1;
    node->height = kind != YAML_SCALAR;
    return node;
}

/* A "!" on a collection says nothing. */
static int set_tag(struct reader *r, struct yaml_node *node, const yaml_char_t *tag, struct err *e)
{
    const char *text = (const char *)tag;

    if (!text || !strcmp(text, "!"))
        return 0;
    if (!yaml_tag_fits(node->kind, text))
        return err_set(e, EBADMSG, "%s:%d:%d: the tag %.100s is not %s", r->source->name,
                       node->line, node->column, text,
                       yaml_tag_known(text) ? "for this kind of value" : "allowed");
    node->tag = yaml_tree_copy(r->tree, text, strlen(text));
    return node->tag ? 0 : fail_memory(r, e);
}

static int compare_anchors(const void *left, const void *right)
{
    const struct anchor *a = left, *b = right;

    return strcmp(a->name, b->name);
}

static int set_anchor(struct reader *r, struct yaml_node *node, const yaml_char_t *name,
                      struct err *e)
{
    struct anchor *anchor, **found;

    if (!name)
        return 0;
    anchor = yaml_tree_alloc(r->tree, sizeof *anchor);
    if (!anchor || !(anchor->name = yaml_tree_copy(r->tree, name, strlen((const char *)name))))
        return fail_memory(r, e);
    anchor->node = node;
    found = tsearch(anchor, &r->anchors, compare_anchors);
    if (!found)
        return fail_memory(r, e);
    if (*found != anchor)
        return err_set(e, EBADMSG, "%s:%d:%d: the anchor &%.60s is set twice, first on line %d",
                       r->source->name, node->line, node->column, anchor->name,
                       (*found)->node->line);
    return 0;
}

static struct yaml_node *compose_alias(struct reader *r, const yaml_event_t *event, struct err *e)
{
    struct anchor wanted = {.name = (char *)event->data.alias.anchor};
    struct anchor **found = tfind(&wanted, &r->anchors, compare_anchors);
    struct yaml_node *node;

    if (!found || (*found)->node->open) {
        (void)err_set(e, EBADMSG, "%s:%zu:%zu: the alias *%.60s %s", r->source->name,
                      event->start_mark.line + 1, event->start_mark.column + 1, wanted.name,
                      found ? "stands inside of what it names"
                            : "names an anchor that is not set above");
        return NULL;
    }
    if ((*found)->node->kind != YAML_SCALAR)
        return (*found)->node;
    node = node_new(r, YAML_SCALAR, event, e); /* its own place, for messages */
    if (node) {
        int line = node->line, column = node->column;

        *node = *(*found)->node;
        node->line = line;
        node->column = column;
    }
    return node;
}

static struct yaml_node *compose_scalar(struct reader *r, const yaml_event_t *event, struct err *e)
{
    static const enum yaml_style styles[] = {
        [YAML_PLAIN_SCALAR_STYLE] = YAML_PLAIN,
        [YAML_SINGLE_QUOTED_SCALAR_STYLE] = YAML_SINGLE,
        [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YAML_DOUBLE,
        [YAML_LITERAL_SCALAR_STYLE] = YAML_LITERAL,
        [YAML_FOLDED_SCALAR_STYLE] = YAML_FOLDED,
    };
    struct yaml_node *node = node_new(r, YAML_SCALAR, event, e);
    const char *text = (const char *)event->data.scalar.value;

    if (!node)
        return NULL;
    node->style = styles[event->data.scalar.style];
    node->len = event->data.scalar.length;
    node->text = yaml_tree_copy(r->tree, text, node->len);
    if (!node->text) {
        (void)fail_memory(r, e);
        return NULL;
    }
    /* PyYAML reads ! "1" as the number, YAML as the text. */
    if (event->data.scalar.plain_implicit && node->style != YAML_PLAIN &&
        (!yaml11_is_string(text, node->len) || strpbrk(text, "\r\n"))) {
        (void)fail_at(r, &event->start_mark, e, "the tag ! is not allowed here, use !!str");
        return NULL;
    }
    if (set_tag(r, node, event->data.scalar.tag, e) < 0 ||
        set_anchor(r, node, event->data.scalar.anchor, e) < 0)
        return NULL;
    return node;
}

static int push(struct reader *r, struct yaml_node *child, struct err *e)
{
    if (r->used == r->room) {
        size_t room = r->room ? r->room * 2 : 256;
        struct yaml_node **grown = realloc(r->stack, room * sizeof(struct yaml_node *));

        if (!grown)
            return fail_memory(r, e);
        r->stack = grown;
        r->room = room;
    }
    r->stack[r->used++] = child;
    return 0;
}

/* As a value PyYAML constructs neither << nor =. */
static int check_value(const struct reader *r, const struct yaml_node *value, const yaml_mark_t *at,
                       struct err *e)
{
    enum yaml11_kind kind;

    if (value->kind != YAML_SCALAR || value->tag || value->style != YAML_PLAIN)
        return 0;
    kind = yaml11_kind(value->text, value->len);
    if (kind == YAML11_MERGE || kind == YAML11_VALUE)
        return fail_at(r, at, e, "this needs quotes where it is not a key");
    return 0;
}

static int check_child(const struct reader *r, const struct yaml_node *parent, bool is_key,
                       const struct yaml_node *child, const yaml_mark_t *at, struct err *e)
{
    bool paired = parent->tag && (!strcmp(parent->tag, "tag:yaml.org,2002:omap") ||
                                  !strcmp(parent->tag, "tag:yaml.org,2002:pairs"));

    if (is_key && child->kind != YAML_SCALAR)
        return fail_at(r, at, e, "a mapping or a list cannot be a key");
    if (paired && (child->kind != YAML_MAP || child->count != 2))
        return fail_at(r, at, e, "!!omap and !!pairs take mappings with one key");
    return is_key ? 0 : check_value(r, child, at, e);
}

static int attach(const struct reader *r, struct yaml_node *parent, const struct yaml_node *child,
                  const yaml_mark_t *at, struct err *e)
{
    parent->weight += child->weight; /* both are limited, the sum fits */
    if (parent->weight > YAML_MAX_NODES)
        return fail_at(r, at, e, "the document is too large, its aliases expanded");
    if (parent->height <= child->height)
        parent->height = child->height + 1;
    if (parent->height > YAML_MAX_DEPTH)
        return fail_at(r, at, e, "nested too deeply");
    return 0;
}

static int compose_children(struct reader *r, struct yaml_node *parent, unsigned depth,
                            struct err *e)
{
    size_t base = r->used;

    for (;;) {
        bool is_key = parent->kind == YAML_MAP && (r->used - base) % 2 == 0;
        struct yaml_node *child;
        yaml_event_t event;
        int rc;

        if (next_event(r, &event, e) < 0)
            return -1;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
            break; /* these own nothing */
        child = compose(r, &event, depth, e);
        rc = child && check_child(r, parent, is_key, child, &event.start_mark, e) == 0 &&
                     attach(r, parent, child, &event.start_mark, e) == 0
                 ? push(r, child, e)
                 : -1;
        yaml_event_delete(&event);
        if (rc < 0)
            return -1;
    }
    parent->count = r->used - base;
    parent->items = yaml_tree_alloc(r->tree, parent->count * sizeof(struct yaml_node *));
    if (!parent->items)
        return fail_memory(r, e);
    if (parent->count)
        memcpy(parent->items, r->stack + base, parent->count * sizeof(struct yaml_node *));
    r->used = base;
    return 0;
}

static struct yaml_node *compose_collection(struct reader *r, const yaml_event_t *event,
                                            unsigned depth, struct err *e)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *anchor =
        map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    struct yaml_node *node;

    if (depth >= YAML_MAX_DEPTH) {
        (void)fail_at(r, &event->start_mark, e, "nested too deeply");
        return NULL;
    }
    node = node_new(r, map ? YAML_MAP : YAML_SEQ, event, e);
    if (!node || set_tag(r, node, tag, e) < 0 || set_anchor(r, node, anchor, e) < 0)
        return NULL;
    node->open = true;
    if (compose_children(r, node, depth + 1, e) < 0)
        return NULL;
    node->open = false;
    if (map && yaml_keys_settle(r->tree, node, r->source->warn_duplicates, e) < 0)
        return NULL;
    return node;
}

static struct yaml_node *compose(struct reader *r, const yaml_event_t *event, unsigned depth,
                                 struct err *e)
{
    if (event->type == YAML_ALIAS_EVENT)
        return compose_alias(r, event, e);
    if (event->type == YAML_SCALAR_EVENT)
        return compose_scalar(r, event, e);
    return compose_collection(r, event, depth, e);
}

/* Anything but the start of a second document. */
static int expect_end(struct reader *r, struct err *e)
{
    yaml_event_t event;
    int rc = 0;

    if (next_event(r, &event, e) < 0) /* the end of the document */
        return -1;
    yaml_event_delete(&event);
    if (next_event(r, &event, e) < 0)
        return -1;
    if (event.type != YAML_STREAM_END_EVENT)
        rc = fail_at(r, &event.start_mark, e, "a second document starts here, only one is allowed");
    yaml_event_delete(&event);
    return rc;
}

static int read_document(struct reader *r, struct err *e)
{
    const char *mark = memmem(r->text, r->len, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK));
    yaml_event_t event;
    int rc;

    if (mark) /* libyaml skips it where PyYAML reads it */
        return fail_byte(r, (size_t)(mark - r->text), e, "a byte order mark inside of the file");
    if (next_event(r, &event, e) < 0) /* the start of the stream */
        return -1;
    yaml_event_delete(&event);
    if (next_event(r, &event, e) < 0)
        return -1;
    if (event.type == YAML_STREAM_END_EVENT)
        return err_set(e, EBADMSG, "%s:1:1: the file is empty%s", r->source->name,
                       memchr(r->text, '#', r->len) ? " but for comments" : "");
    yaml_event_delete(&event);
    if (next_event(r, &event, e) < 0)
        return -1;
    r->tree->root = compose(r, &event, 0, e);
    rc = r->tree->root ? check_value(r, r->tree->root, &event.start_mark, e) : -1;
    yaml_event_delete(&event);
    return rc < 0 ? -1 : expect_end(r, e);
}

static void forget(void *anchor)
{
    (void)anchor; /* the arena's */
}

struct yaml_tree *yaml_read(const struct yaml_source *source, struct err *e)
{
    struct reader r = {.source = source, .text = source->text, .len = source->len};
    const size_t mark = strlen(BYTE_ORDER_MARK);
    int rc;

    if (source->len > YAML_MAX_INPUT) {
        (void)err_set(e, EBADMSG, "%s:1:1: the file is larger than %u MiB", source->name,
                      YAML_MAX_INPUT >> 20);
        return NULL;
    }
    r.tree = yaml_tree_new(source->name);
    if (!r.tree || !yaml_parser_initialize(&r.parser)) {
        (void)fail_memory(&r, e);
        yaml_tree_free(r.tree);
        return NULL;
    }
    if (r.len >= mark && !memcmp(r.text, BYTE_ORDER_MARK, mark)) {
        r.text += mark;
        r.len -= mark;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.len);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    rc = read_document(&r, e);
    yaml_parser_delete(&r.parser);
    tdestroy(r.anchors, forget);
    free(r.stack);
    if (rc < 0) {
        yaml_tree_free(r.tree);
        return NULL;
    }
    r.tree->name = NULL;
    return r.tree;
}

/* From values to the text of one YAML document, by libyaml's events: block style, two spaces, ASCII
   only, no folded lines. Whatever is written, PyYAML reads back as the same value; knows nothing of
   Lua or of trees. */
#ifndef SYNLUA_YAML_WRITE_H
#define SYNLUA_YAML_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "yaml/tree.h"

struct yaml_writer;

struct yaml_writer *yaml_writer_new(struct err *e);
void yaml_writer_free(struct yaml_writer *w);

/* All that follow: 0, or -1 with code EBADMSG (wrong value) or ENOMEM. After -1 only free. */

/* A mapping's children are key, value, key, value. tag: NULL, or one that fits. */
int yaml_write_begin(struct yaml_writer *w, enum yaml_kind kind, const char *tag, bool empty,
                     struct err *e);
int yaml_write_end(struct yaml_writer *w, enum yaml_kind kind, struct err *e);

/* The string these bytes are, whatever they look like. */
int yaml_write_string(struct yaml_writer *w, const char *text, size_t len, struct err *e);

/* What PyYAML reads from this text with this style and explicit tag (or NULL). */
struct yaml_text {
    const char *text;
    size_t len;
    const char *tag;
    enum yaml_style style;
    bool key;
};
int yaml_write_scalar(struct yaml_writer *w, const struct yaml_text *scalar, struct err *e);

/* Numbers and the like: plain, as they are. */
int yaml_write_plain(struct yaml_writer *w, const char *text, struct err *e);
int yaml_write_float(struct yaml_writer *w, double value, struct err *e);

/* Ends the document. The bytes belong to the writer. */
int yaml_write_finish(struct yaml_writer *w, const struct buf **out, struct err *e);

#endif

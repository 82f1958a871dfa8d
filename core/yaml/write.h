/* From events to the text of one YAML document: block style, two spaces, ASCII only, no folded lines.
   Which style and tag a value needs is Lua's to decide. */
#ifndef SYNLUA_YAML_WRITE_H
#define SYNLUA_YAML_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "yaml/item.h"

struct yaml_writer;

struct yaml_writer *yaml_writer_new(struct err *e);
void yaml_writer_free(struct yaml_writer *w);

/* A mapping's children are key, value, key, value. Nothing of the item is kept. 0, or -1 with code
   EBADMSG (wrong value) or ENOMEM; after -1 only free. */
int yaml_writer_put(struct yaml_writer *w, const struct yaml_item *item, struct err *e);

/* What is written after YAML_DONE; belongs to the writer. */
const struct buf *yaml_writer_text(const struct yaml_writer *w);

#endif

/* Writes one YAML document from events: block style, two spaces, ASCII only, no folded lines. Lua decides which
   style and tag a value needs. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "yaml/item.h"

struct yaml_writer;

struct yaml_writer *yaml_writer_new(struct err *e);
void yaml_writer_free(struct yaml_writer *w);

/* The children of a mapping are key, value, key, value. The item is not kept. Returns 0, or -1 with EBADMSG (a
   wrong value) or ENOMEM. After -1 the writer can only be freed. */
int yaml_writer_put(struct yaml_writer *w, const struct yaml_item *item, struct err *e);

/* The document's text, complete after YAML_DONE. It belongs to the writer. */
const struct buf *yaml_writer_text(const struct yaml_writer *w);

/* Reads one YAML document as libyaml's events, one at a time. Limits the size of the text, the depth and the
   number of values. Lua decides what tags, anchors, keys and scalars mean. */
#pragma once

#include "base/err.h"
#include "yaml/item.h"

struct yaml_reader;

/* Borrows the text (UTF-8) until the reader is freed. Both functions fail with EBADMSG and
   "LINE:COLUMN: what", or with ENOMEM. */
struct yaml_reader *yaml_reader_new(const char *text, size_t len, struct err *e);
void yaml_reader_free(struct yaml_reader *r);

/* The last item is YAML_DONE. After it, or after an error, the reader can only be freed. The item's strings
   are borrowed until the next call. */
int yaml_reader_next(struct yaml_reader *r, struct yaml_item *item, struct err *e);

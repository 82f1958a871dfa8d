/* The text of one YAML document as libyaml's events, one at a time. Bounds the size of the text, the
   depth and the number of values; what tags, anchors, keys and scalars mean is Lua's to decide. */
#ifndef SYNLUA_YAML_READ_H
#define SYNLUA_YAML_READ_H

#include "base/err.h"
#include "yaml/item.h"

struct yaml_reader;

/* Borrows the text, UTF-8, until the reader is freed. Errors of both: EBADMSG with
   "LINE:COLUMN: what", or ENOMEM. */
struct yaml_reader *yaml_reader_new(const char *text, size_t len, struct err *e);
void yaml_reader_free(struct yaml_reader *r);

/* The last item is YAML_DONE; after that and after an error, only free. The item's strings are
   borrowed until the next call. */
int yaml_reader_next(struct yaml_reader *r, struct yaml_item *item, struct err *e);

#endif

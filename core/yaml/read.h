/* From the text of one YAML document to its tree, by libyaml's events. Refuses what PyYAML's safe
   loader would not construct or reads differently, and whatever is too large; never makes values of
   scalars. */
#ifndef SYNLUA_YAML_READ_H
#define SYNLUA_YAML_READ_H

#include "base/err.h"
#include "yaml/tree.h"

struct yaml_source {
    const char *name;     /* for messages: "NAME:line:column: what" */
    const char *text;     /* UTF-8 */
    size_t len;
    bool warn_duplicates; /* a key given twice is a warning, and the last wins */
};

/* Borrows the source; the tree keeps nothing of it. Errors have code EBADMSG, or ENOMEM. */
struct yaml_tree *yaml_read(const struct yaml_source *source, struct err *e);

#endif

/* How YAML 1.1, as PyYAML's implicit resolvers know it, reads a plain scalar without a tag.
   Decides only the kind; never computes a value, keeps nothing. */
#ifndef SYNLUA_YAML11_H
#define SYNLUA_YAML11_H

#include <stdbool.h>
#include <stddef.h>

enum yaml11_kind {
    YAML11_STR,
    YAML11_NULL,
    YAML11_BOOL,
    YAML11_INT,
    YAML11_FLOAT,
    YAML11_TIMESTAMP,
    YAML11_MERGE, /* << */
    YAML11_VALUE, /* = */
};

enum yaml11_kind yaml11_kind(const char *text, size_t len);
bool yaml11_is_string(const char *text, size_t len);

/* The full tag of a kind, "tag:yaml.org,2002:int" and the like. */
const char *yaml11_tag(enum yaml11_kind kind);

#endif

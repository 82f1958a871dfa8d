/* One event of a YAML document, for reading and writing, and the limits of both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#define YAML_MAX_INPUT (8u << 20) /* bytes */
#define YAML_MAX_NODES 1000000u   /* counted with every alias expanded */
#define YAML_MAX_DEPTH 200u       /* of nested mappings and sequences */

/* YAML_DONE ends the document. */
enum yaml_kind { YAML_MAP, YAML_SEQ, YAML_SCALAR, YAML_ALIAS, YAML_MAP_END, YAML_SEQ_END, YAML_DONE };

enum yaml_style { /* in libyaml's order, which has "any" before them */
    YAML_PLAIN = YAML_PLAIN_SCALAR_STYLE,
    YAML_SINGLE,
    YAML_DOUBLE,
    YAML_LITERAL,
    YAML_FOLDED
};

struct yaml_item {
    enum yaml_kind kind;
    enum yaml_style style;    /* of a scalar */
    bool empty;               /* for writing: the mapping or sequence has no entries */
    size_t line, column;      /* where it was read, counted from 1 */
    const char *tag, *anchor; /* NULL: none. The tag is in its full form; a tag that is only "!" is read as "!" */
    const char *text;         /* of a scalar; may hold NULs */
    size_t len;               /* of text */
};

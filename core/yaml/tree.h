/* The tree of one YAML document. Nodes, their text and the warnings live in one arena and die
   together. Aliases are resolved: a node may have several parents, but no node contains itself.
   Not named yaml.h, which is libyaml's. */
#ifndef SYNLUA_YAML_TREE_H
#define SYNLUA_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#define YAML_MAX_INPUT (8u << 20) /* bytes */
#define YAML_MAX_NODES 1000000u   /* with every alias expanded */
#define YAML_MAX_DEPTH 200u       /* mappings and sequences within each other */

enum yaml_kind { YAML_MAP, YAML_SEQ, YAML_SCALAR };
enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL, YAML_FOLDED };

struct yaml_node {
    enum yaml_kind kind;
    enum yaml_style style;     /* of a scalar */
    int line, column;          /* from 1 */
    unsigned weight, height;   /* nodes and levels below and including this one, aliases expanded */
    bool open;                 /* its end has not been read yet */
    const char *tag;           /* NULL, or the full explicit tag */
    const char *text;          /* of a scalar; NUL-terminated, may hold NULs */
    size_t len;                /* of text */
    struct yaml_node **items;  /* of a sequence; of a mapping: key, value, key, value */
    size_t count;              /* of items */
};

struct yaml_warning {
    int line, column;
    const char *what;
    struct yaml_warning *next;
};

struct yaml_tree {
    const char *name; /* borrowed while reading, for messages only */
    struct yaml_node *root;
    struct yaml_warning *warnings, **last_warning;
    struct yaml_chunk *chunks;
    size_t nodes;
};

struct yaml_tree *yaml_tree_new(const char *name); /* NULL: out of memory */
void yaml_tree_free(struct yaml_tree *tree);

/* Zeroed memory that lives as long as the tree, or NULL. */
void *yaml_tree_alloc(struct yaml_tree *tree, size_t size);
/* A NUL-terminated copy, or NULL. */
char *yaml_tree_copy(struct yaml_tree *tree, const void *bytes, size_t len);

/* Whether PyYAML's safe loader constructs a node of this kind with this explicit tag. */
bool yaml_tag_fits(enum yaml_kind kind, const char *tag);
/* Whether it knows the tag at all. */
bool yaml_tag_known(const char *tag);

#endif

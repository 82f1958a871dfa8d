#include "yaml/tree.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 << 10)

struct yaml_chunk {
    struct yaml_chunk *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

struct yaml_tree *yaml_tree_new(const char *name)
{
    struct yaml_tree *tree = calloc(1, sizeof *tree);

    if (tree) {
        tree->name = name;
        tree->last_warning = &tree->warnings;
    }
    return tree;
}

void yaml_tree_free(struct yaml_tree *tree)
{
    if (!tree)
        return;
    while (tree->chunks) {
        struct yaml_chunk *next = tree->chunks->next;

        free(tree->chunks);
        tree->chunks = next;
    }
    free(tree);
}

void *yaml_tree_alloc(struct yaml_tree *tree, size_t size)
{
    struct yaml_chunk *chunk = tree->chunks;
    size_t unit = alignof(max_align_t);
    void *memory;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + unit - 1) / unit * unit;
    if (!chunk || size > chunk->size - chunk->used) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

        chunk = calloc(1, sizeof *chunk + room);
        if (!chunk)
            return NULL;
        chunk->size = room;
        chunk->next = tree->chunks;
        tree->chunks = chunk;
    }
    memory = chunk->bytes + chunk->used;
    chunk->used += size;
    return memory;
}

char *yaml_tree_copy(struct yaml_tree *tree, const void *bytes, size_t len)
{
    char *copy = yaml_tree_alloc(tree, len + 1);

    if (copy && len)
        memcpy(copy, bytes, len);
    return copy;
}

static const struct {
    const char *tag;
    enum yaml_kind kind;
} tags[] = {
    {"tag:yaml.org,2002:null", YAML_SCALAR},   {"tag:yaml.org,2002:bool", YAML_SCALAR},
    {"tag:yaml.org,2002:int", YAML_SCALAR},    {"tag:yaml.org,2002:float", YAML_SCALAR},
    {"tag:yaml.org,2002:binary", YAML_SCALAR}, {"tag:yaml.org,2002:timestamp", YAML_SCALAR},
    {"tag:yaml.org,2002:str", YAML_SCALAR},    {"tag:yaml.org,2002:seq", YAML_SEQ},
    {"tag:yaml.org,2002:omap", YAML_SEQ},      {"tag:yaml.org,2002:pairs", YAML_SEQ},
    {"tag:yaml.org,2002:map", YAML_MAP},       {"tag:yaml.org,2002:set", YAML_MAP},
};

bool yaml_tag_fits(enum yaml_kind kind, const char *tag)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (!strcmp(tags[i].tag, tag))
            return tags[i].kind == kind;
    return false;
}

bool yaml_tag_known(const char *tag)
{
    return yaml_tag_fits(YAML_SCALAR, tag) || yaml_tag_fits(YAML_SEQ, tag) ||
           yaml_tag_fits(YAML_MAP, tag);
}

/* Reads any bytes as YAML, writes what was read, reads that again: whatever we accept must survive the round.
   clang: -fsanitize=fuzzer,address. Elsewhere -DFUZZ_MAIN makes a program that runs the files it is given. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/keys.h"
#include "yaml/read.h"
#include "yaml/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int write_node(struct yaml_writer *w, const struct yaml_node *node, bool key, struct err *e)
{
    if (node->kind == YAML_SCALAR) {
        struct yaml_text scalar = {node->text, node->len, node->tag, node->style, key};

        if (key && yaml_key_is_string(node))
            return yaml_write_string(w, node->text, node->len, e);
        return yaml_write_scalar(w, &scalar, e);
    }
    if (yaml_write_begin(w, node->kind, node->tag, !node->count, e) < 0)
        return -1;
    for (size_t i = 0; i < node->count; i++)
        if (write_node(w, node->items[i], node->kind == YAML_MAP && i % 2 == 0, e) < 0)
            return -1;
    return yaml_write_end(w, node->kind, e);
}

static void fail(const char *what, const struct err *e)
{
    (void)fprintf(stderr, "%s: %s\n", what, e->msg);
    abort();
}

static struct yaml_writer *write_tree(const struct yaml_tree *tree, const struct buf **out)
{
    struct err e = {0};
    struct yaml_writer *w = yaml_writer_new(&e);

    if (!w || write_node(w, tree->root, false, &e) < 0 || yaml_write_finish(w, out, &e) < 0)
        fail("cannot write what was read", &e);
    return w;
}

/* An alias that names nearly everything may make a small input a very long output. */
static bool is_small(const struct yaml_tree *tree)
{
    return tree->root->weight < 20000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yaml_source source = {"fuzz", (const char *)data, size, size > 0 && data[size - 1] % 2};
    struct err e = {0};
    struct yaml_tree *tree = yaml_read(&source, &e), *again;
    const struct buf *once, *twice;
    struct yaml_writer *w, *second;

    if (!tree || !is_small(tree)) {
        yaml_tree_free(tree);
        return 0;
    }
    w = write_tree(tree, &once);
    again = yaml_read(&(struct yaml_source){"again", once->data, once->len, false}, &e);
    if (!again)
        fail("cannot read what was written", &e);
    second = write_tree(again, &twice);
    if (once->len != twice->len || memcmp(once->data, twice->data, once->len)) {
        (void)fprintf(stderr, "a second round changes\n%s\nto\n%s\n", once->data, twice->data);
        abort();
    }
    yaml_writer_free(second);
    yaml_writer_free(w);
    yaml_tree_free(again);
    yaml_tree_free(tree);
    return 0;
}

#ifdef FUZZ_MAIN
static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t room = YAML_MAX_INPUT + 2, size;
    uint8_t *data = malloc(room);

    if (!file || !data) {
        perror(path);
        exit(1);
    }
    size = fread(data, 1, room, file);
    (void)fclose(file);
    data = realloc(data, size ? size : 1); /* so that reading past the end is seen */
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    return 0;
}
#endif

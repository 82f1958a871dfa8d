#include "yaml/keys.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/yaml11.h"

#define NUMBER_SIZE 64
#define EXACT_BELOW 9007199254740992.0 /* 2^53 */

/* What Python compares two keys by. Numbers have one text for all their spellings: 1, 0x1, 1.0 and
   true are equal. */
enum key_class { KEY_STRING, KEY_NULL, KEY_NUMBER, KEY_OTHER };

struct entry {
    struct yaml_node *key, *value;
    size_t at;            /* place in the mapping, merged keys first */
    size_t first;         /* the place of the first key that is equal, which Python keeps */
    bool repeated, gone;  /* gone: a later one is equal */
    enum key_class class;
    const char *text;
    size_t len;
};

struct entries {
    struct entry *list;
    size_t count;
};

static enum yaml11_kind key_kind(const struct yaml_node *key)
{
    static const enum yaml11_kind tagged[] = {YAML11_NULL, YAML11_BOOL, YAML11_INT, YAML11_FLOAT,
                                              YAML11_TIMESTAMP};

    if (!key->tag)
        return key->style == YAML_PLAIN ? yaml11_kind(key->text, key->len) : YAML11_STR;
    for (size_t i = 0; i < sizeof tagged / sizeof *tagged; i++)
        if (!strcmp(key->tag, yaml11_tag(tagged[i])))
            return tagged[i];
    return YAML11_STR;
}

bool yaml_key_is_string(const struct yaml_node *key)
{
    enum yaml11_kind kind = key_kind(key);

    if (key->tag)
        return !strcmp(key->tag, yaml11_tag(YAML11_STR));
    return kind == YAML11_STR || kind == YAML11_VALUE; /* the key = is text to PyYAML */
}

static bool is_merge(const struct yaml_node *key)
{
    return !key->tag && key_kind(key) == YAML11_MERGE;
}

static double sixties(const char *text, bool whole)
{
    double value = 0;
    char *end;

    for (;; text = end + 1) {
        value = value * 60 + (whole ? (double)strtoull(text, &end, 10) : strtod(text, &end));
        if (*end != ':')
            return value;
    }
}

/* The value of a number as PyYAML computes it; digits has no sign and no underscores. */
static double number(const char *digits, bool whole)
{
    if (!strcasecmp(digits, ".inf"))
        return INFINITY;
    if (!strcasecmp(digits, ".nan"))
        return NAN;
    if (strchr(digits, ':'))
        return sixties(digits, whole);
    if (whole && digits[0] == '0' && digits[1])
        return (double)(digits[1] == 'b'   ? strtoull(digits + 2, NULL, 2)
                        : digits[1] == 'x' ? strtoull(digits + 2, NULL, 16)
                                           : strtoull(digits, NULL, 8));
    return strtod(digits, NULL);
}

/* Gives the entry one text for all spellings of its number. Numbers that a double does not hold
   exactly keep the text they have. */
static int identify_number(struct yaml_tree *tree, struct entry *it, enum yaml11_kind kind)
{
    char digits[NUMBER_SIZE], canonical[NUMBER_SIZE];
    const char *p = it->text, *end = p + it->len;
    bool negative = p < end && *p == '-';
    size_t used = 0;
    double value;

    if (kind == YAML11_BOOL) {
        it->text = strchr("yYtT", *p) || !strcasecmp(p, "on") ? "0x1p+0" : "0x0p+0";
        it->len = strlen(it->text);
        return 0;
    }
    if (it->len >= sizeof digits)
        return 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end; p++)
        if (*p != '_')
            digits[used++] = *p;
    digits[used] = '\0';
    value = number(digits, kind == YAML11_INT);
    if (isnan(value)) /* equal to nothing, but one is enough */
        value = NAN;
    else if (!isinf(value) && fabs(value) >= EXACT_BELOW)
        return 0;
    used = (size_t)snprintf(canonical, sizeof canonical, "%a",
                            value == 0 ? 0 : negative ? -value : value);
    it->text = yaml_tree_copy(tree, canonical, used);
    it->len = used;
    return it->text ? 0 : -1;
}

static int identify(struct yaml_tree *tree, struct entry *it)
{
    enum yaml11_kind kind = key_kind(it->key);

    it->text = it->key->text;
    it->len = it->key->len;
    if (yaml_key_is_string(it->key)) {
        it->class = KEY_STRING;
    } else if (kind == YAML11_NULL) {
        it->class = KEY_NULL;
        it->len = 0;
    } else if (kind == YAML11_BOOL || kind == YAML11_INT || kind == YAML11_FLOAT) {
        it->class = KEY_NUMBER;
        return identify_number(tree, it, kind);
    } else {
        it->class = KEY_OTHER;
    }
    return 0;
}

static int compare_keys(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->text, b->text, a->len);
}

static int compare_keys_then_places(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_keys(a, b);

    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static int compare_places(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    return (a->at > b->at) - (a->at < b->at);
}

/* Marks all but the last of equal keys as gone and all but the first as repeated; the order stays.
   Returns whether there were any. */
static bool find_equal(struct entries *all)
{
    bool any = false;

    qsort(all->list, all->count, sizeof *all->list, compare_keys_then_places);
    for (size_t i = 1; i < all->count; i++) {
        if (compare_keys(&all->list[i - 1], &all->list[i]))
            continue;
        all->list[i - 1].gone = true;
        all->list[i].repeated = true;
        all->list[i].first = all->list[i - 1].first;
        any = true;
    }
    qsort(all->list, all->count, sizeof *all->list, compare_places);
    return any;
}

static int add_pairs(struct yaml_tree *tree, struct entries *all, const struct yaml_node *map,
                     bool with_merges)
{
    for (size_t i = 0; i < map->count; i += 2) {
        struct entry *it = &all->list[all->count];

        if (!with_merges && is_merge(map->items[i]))
            continue;
        *it = (struct entry){.key = map->items[i], .value = map->items[i + 1]};
        it->at = it->first = all->count;
        if (identify(tree, it) < 0)
            return -1;
        all->count++;
    }
    return 0;
}

/* A key as it may stand in a message: short, printable. */
static const char *shown(const struct yaml_node *key, char *out, size_t size)
{
    size_t used = 0;

    for (; used < key->len && used + 1 < size; used++) {
        unsigned char c = (unsigned char)key->text[used];

        out[used] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    if (used < key->len) /* cut between characters */
        while (used && ((unsigned char)key->text[used] & 0xc0) == 0x80)
            used--;
    out[used] = '\0';
    return out;
}

static int report_repeated(struct yaml_tree *tree, const struct entries *all, bool warn,
                           struct err *e)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct yaml_node *key = all->list[i].key;
        struct yaml_warning *warning;
        char name[64], text[160];
        int used;

        if (!all->list[i].repeated)
            continue;
        used = snprintf(text, sizeof text, "the key \"%s\" is given twice, first on line %d",
                        shown(key, name, sizeof name), all->list[all->list[i].first].key->line);
        if (!warn)
            return err_set(e, EBADMSG, "%s:%d:%d: %s", tree->name, key->line, key->column, text);
        warning = yaml_tree_alloc(tree, sizeof *warning);
        if (!warning || !(warning->what = yaml_tree_copy(tree, text, (size_t)used)))
            return err_set(e, ENOMEM, "%s: out of memory", tree->name);
        warning->line = key->line;
        warning->column = key->column;
        *tree->last_warning = warning;
        tree->last_warning = &warning->next;
    }
    return 0;
}

/* How many keys << brings in, and whether what it is given can be merged. */
static int count_merged(const struct yaml_tree *tree, const struct yaml_node *key,
                        const struct yaml_node *from, size_t *count, struct err *e)
{
    if (from->kind == YAML_MAP) {
        *count += from->count / 2;
        return 0;
    }
    for (size_t i = 0; from->kind == YAML_SEQ && i < from->count; i++) {
        if (from->items[i]->kind != YAML_MAP)
            return err_set(e, EBADMSG,
                           "%s:%d:%d: << takes mappings, but item %zu of its list is none",
                           tree->name, key->line, key->column, i + 1);
        *count += from->items[i]->count / 2;
    }
    if (from->kind != YAML_SEQ)
        return err_set(e, EBADMSG, "%s:%d:%d: << takes a mapping or a list of mappings", tree->name,
                       key->line, key->column);
    return 0;
}

/* What is added later wins: the first of a list goes in last, the mapping's own keys after all. */
static int gather(struct yaml_tree *tree, struct entries *all, const struct yaml_node *map)
{
    for (size_t i = 0; i < map->count; i += 2) {
        const struct yaml_node *from = map->items[i + 1];

        if (!is_merge(map->items[i]))
            continue;
        if (from->kind == YAML_MAP && add_pairs(tree, all, from, true) < 0)
            return -1;
        for (size_t left = from->kind == YAML_SEQ ? from->count : 0; left > 0; left--)
            if (add_pairs(tree, all, from->items[left - 1], true) < 0)
                return -1;
    }
    return add_pairs(tree, all, map, false);
}

static int rebuild(struct yaml_tree *tree, struct yaml_node *map, const struct entries *all)
{
    struct yaml_node **items = yaml_tree_alloc(tree, all->count * 2 * sizeof(struct yaml_node *));
    size_t used = 0;

    if (!items)
        return -1;
    for (size_t i = 0; i < all->count; i++) {
        if (all->list[i].gone)
            continue;
        items[used++] = all->list[all->list[i].first].key;
        items[used++] = all->list[i].value;
    }
    map->items = items;
    map->count = used;
    return 0;
}

int yaml_keys_settle(struct yaml_tree *tree, struct yaml_node *map, bool warn, struct err *e)
{
    struct entries all = {NULL, 0};
    size_t room = map->count / 2;
    bool merges = false;
    int rc = -1;

    for (size_t i = 0; i < map->count; i += 2) {
        if (!is_merge(map->items[i]))
            continue;
        merges = true;
        if (count_merged(tree, map->items[i], map->items[i + 1], &room, e) < 0)
            return -1;
    }
    if (!room && !merges)
        return 0;
    all.list = calloc(room + 1, sizeof *all.list);
    if (!all.list || add_pairs(tree, &all, map, true) < 0)
        goto no_memory;
    rc = find_equal(&all) ? report_repeated(tree, &all, warn, e) : 0;
    if (rc < 0)
        goto out;
    if (merges) {
        all.count = 0;
        if (gather(tree, &all, map) < 0)
            goto no_memory;
        (void)find_equal(&all);
    }
    if (rebuild(tree, map, &all) == 0)
        goto out;
no_memory:
    rc = err_set(e, ENOMEM, "%s: out of memory", tree->name);
out:
    free(all.list);
    return rc;
}

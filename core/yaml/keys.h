/* The keys of a mapping: which are the same, and what a merge key (<<) brings in, as in PyYAML.
   Works on finished mappings whose items are finished too. */
#ifndef SYNLUA_YAML_KEYS_H
#define SYNLUA_YAML_KEYS_H

#include "base/err.h"
#include "yaml/tree.h"

/* Whether PyYAML reads this scalar, as a key, as a string. */
bool yaml_key_is_string(const struct yaml_node *key);

/* Refuses duplicate keys (warn: records them, the last wins) and replaces << by what it names. */
int yaml_keys_settle(struct yaml_tree *tree, struct yaml_node *map, bool warn, struct err *e);

#endif

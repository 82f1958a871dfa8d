/* The writing half of core.yaml, and the names both halves share. */
#ifndef SYNLUA_YAML_ENCODE_H
#define SYNLUA_YAML_ENCODE_H

#include "bind/bind.h"
#include "yaml/tree.h"

#define YAML_LUA_STACK 12 /* slots for one level of nesting */

extern const char *const yaml_kind_names[];  /* by enum yaml_kind */
extern const char *const yaml_style_names[]; /* by enum yaml_style, ends with NULL */

/* yaml.encode(value) -> text */
int yaml_encode(lua_State *L);

/* Makes its metatables; neutral to the stack. */
void yaml_encode_open(lua_State *L);

#endif

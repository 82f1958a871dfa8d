/* Finds every object of a Python by the references of those that the collector knows, and makes each immortal. It is
   loaded by immortal.py, which says why, and which first compares what is taken for granted here with that Python.

   It is no part of synlua's own program. Apart from an object's first words, all is asked of Python's stable interface.
   So it is built once for every version and without Python's headers: the prototypes are written down here. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct object { /* Include/object.h */
    uint32_t count, above;
    struct object *type;
};

typedef int visitor(struct object *, void *);
typedef int traverser(struct object *, visitor *, void *);

/* Include/object.h; the slot: Include/typeslots.h */
static const uint32_t IMMORTAL = UINT32_MAX;
static const unsigned long HEAP = 1ul << 9, DICT = 1ul << 29, TYPE = 1ul << 31;
enum { TP_TRAVERSE = 71 };

int PyObject_IS_GC(struct object *it);
void *PyType_GetSlot(struct object *type, int slot);
unsigned long PyType_GetFlags(struct object *type);
struct object *PyType_GetName(struct object *type);
struct object *PyType_GetQualName(struct object *type);
int PyDict_Next(struct object *dict, ptrdiff_t *at, struct object **key, struct object **value);
struct object *PyTuple_GetItem(struct object *tuple, ptrdiff_t at);
ptrdiff_t PyTuple_Size(struct object *tuple);
struct object *PyList_GetItem(struct object *list, ptrdiff_t at);
ptrdiff_t PyList_Size(struct object *list);
struct object *PyObject_GetAttr(struct object *it, struct object *name);

long immortal_mark(struct object *roots, struct object *code, struct object *parts);

struct walk {
    struct object *code, *parts; /* the type of code objects, and the names of their attributes */
    struct object **found;       /* marked, and their references not yet followed */
    size_t count, room;
    long marked;
};

/* A visitor: all but 0 ends the traversal. What is marked is never freed, so it can be followed later. */
static int mark(struct object *it, void *to)
{
    struct walk *walk = to;

    if (it == NULL)
        return -1;
    if (it->count == IMMORTAL)
        return 0;
    if (walk->count == walk->room) {
        size_t room = walk->room * 2 + 1024;
        struct object **more = realloc(walk->found, room * sizeof(struct object *));
        if (more == NULL)
            return -1;
        walk->found = more;
        walk->room = room;
    }
    it->count = IMMORTAL;
    walk->found[walk->count++] = it;
    walk->marked++;
    return 0;
}

static int follow_code(struct object *it, struct walk *walk)
{
    ptrdiff_t count = PyTuple_Size(walk->parts);

    for (ptrdiff_t at = 0; at < count; at++)
        if (mark(PyObject_GetAttr(it, PyTuple_GetItem(walk->parts, at)), walk) != 0)
            return -1;
    return 0;
}

/* Also what the collector is not told of: all parts of code objects, which have no tp_traverse (Objects/codeobject.c),
   keys of dicts that are strings (Objects/dictobject.c), and the names of types (Objects/typeobject.c). */
static int follow(struct object *it, struct walk *walk)
{
    unsigned long flags = PyType_GetFlags(it->type);
    struct object *key, *value;
    traverser *traverse = NULL;
    ptrdiff_t at = 0;

    if (PyObject_IS_GC(it))
        *(void **)&traverse = PyType_GetSlot(it->type, TP_TRAVERSE);
    if (traverse != NULL && traverse(it, mark, walk) != 0)
        return -1;
    if (it->type == walk->code)
        return follow_code(it, walk);
    if (flags & DICT)
        while (PyDict_Next(it, &at, &key, &value))
            if (mark(key, walk) != 0)
                return -1;
    if (flags & TYPE && PyType_GetFlags(it) & HEAP)
        return mark(PyType_GetName(it), walk) == 0 ? mark(PyType_GetQualName(it), walk) : -1;
    return 0;
}

/* Marks the objects of a list and all that they lead to. The collector's list is about in the order of memory, and so
   is the walk. Returns how many were marked, or -1: memory ran out, or Python refused and may have raised an error. */
long immortal_mark(struct object *roots, struct object *code, struct object *parts)
{
    struct walk walk = {.code = code, .parts = parts};
    ptrdiff_t count = PyList_Size(roots);
    bool failed = false;

    for (ptrdiff_t at = 0; at < count && !failed; at++) {
        failed = mark(PyList_GetItem(roots, at), &walk) != 0;
        while (walk.count > 0 && !failed)
            failed = follow(walk.found[--walk.count], &walk) != 0;
    }
    free(walk.found);
    return failed ? -1 : walk.marked;
}

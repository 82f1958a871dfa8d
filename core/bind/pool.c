#include "bind/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define UNIT ((size_t)16) /* malloc's alignment */
#define LARGEST ((size_t)256)
#define PIECE ((size_t)1 << 17)
#ifdef __SANITIZE_ADDRESS__ /* which sees a wrong access only in malloc's blocks */
#define SPACE ((size_t)0)
#else
#define SPACE ((size_t)1 << 25) /* addresses; no memory before it is filled */
#endif

struct spare {
    struct spare *next;
};

static char *begin, *end;    /* of the address space */
static char *next, *filled; /* the first byte that was not given out, the first without memory */
static struct spare *spares[LARGEST / UNIT + 1]; /* by their units */
static bool is_refused;

static size_t units(size_t size)
{
    return (size + UNIT - 1) / UNIT;
}

static bool is_ours(const void *block)
{
    return begin && (uintptr_t)block >= (uintptr_t)begin && (uintptr_t)block < (uintptr_t)end;
}

static bool reserve(void)
{
    void *at;

    if (begin || is_refused)
        return begin != NULL;
    at = mmap(NULL, SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    is_refused = at == MAP_FAILED; /* also when there is no space to ask for */
    if (!is_refused) {
        begin = next = filled = at;
        end = begin + SPACE;
    }
    return !is_refused;
}

static bool fill(void)
{
    if (!reserve() || filled == end)
        return false;
    if (mmap(filled, PIECE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0) == MAP_FAILED)
        return false;
    filled += PIECE;
    return true;
}

static void *take(size_t size)
{
    size_t count = units(size), len = count * UNIT;
    struct spare *block;

    if (size > LARGEST)
        return malloc(size);
    block = spares[count];
    if (block) {
        spares[count] = block->next;
        return block;
    }
    if ((size_t)(filled - next) < len && !fill())
        return malloc(size);
    block = (void *)next;
    next += len;
    return block;
}

static void give_back(void *block, size_t size)
{
    struct spare *spare = block;

    if (!is_ours(block)) {
        free(block);
        return;
    }
    spare->next = spares[units(size)];
    spares[units(size)] = spare;
}

void *pool_resize(void *block, size_t before, size_t size)
{
    void *got;

    if (size == 0) {
        if (block)
            give_back(block, before);
        return NULL;
    }
    if (!block)
        return take(size);
    if (is_ours(block) ? units(before) == units(size) : size > LARGEST)
        return is_ours(block) ? block : realloc(block, size);
    got = take(size);
    if (!got)
        return size <= before ? block : NULL;
    memcpy(got, block, before < size ? before : size);
    give_back(block, before);
    return got;
}

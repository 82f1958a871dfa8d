#include "bind/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNIT ((size_t)16) /* malloc's alignment */
#define LARGEST ((size_t)1024)
#define PIECE ((size_t)1 << 17)
#ifdef __SANITIZE_ADDRESS__ /* which sees a wrong access only in malloc's blocks */
#define SPACE ((size_t)0)
#else
#define SPACE ((size_t)1 << 25) /* addresses; the kernel gives a page when it is first written */
#endif

struct spare {
    struct spare *next;
};

/* Pages without a block, which the kernel has back. */
struct hole {
    char *from, *to;
};

#define HOLES 512u

static char *begin, *end; /* of the address space */
static char *filled;      /* the first byte that is part of no piece yet */
static char *next, *stop; /* what is given out when no spare block fits */
static struct spare *spares[LARGEST / UNIT + 1]; /* by their units */
static struct hole holes[HOLES];
static unsigned holes_len;
static bool is_packed; /* spare blocks are of any size, not of one that was asked for */
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
    at = mmap(NULL, SPACE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    is_refused = at == MAP_FAILED; /* also when there is no space to ask for */
    if (!is_refused) {
        begin = next = stop = filled = at;
        end = begin + SPACE;
    }
    return !is_refused;
}

/* Makes spare blocks of free memory. */
static void keep(char *from, const char *to)
{
    while (from < to) {
        size_t size = (size_t)(to - from) < LARGEST ? (size_t)(to - from) : LARGEST;
        struct spare *spare = (void *)from;

        spare->next = spares[units(size)];
        spares[units(size)] = spare;
        from += size;
    }
}

static bool fill(void)
{
    if (!reserve() || filled == end)
        return false;
    /* All pages at once cost less than a fault for each. Before Linux 5.14 they come one by one. */
    (void)madvise(filled, PIECE, MADV_POPULATE_WRITE);
    if (stop != filled) {
        keep(next, stop);
        next = filled;
    }
    filled += PIECE;
    stop = filled;
    return true;
}

static bool fill_hole(void)
{
    if (holes_len == 0)
        return false;
    keep(next, stop);
    holes_len--;
    next = holes[holes_len].from;
    stop = holes[holes_len].to;
    return true;
}

/* Takes the block from a larger spare one. */
static void *split(size_t count)
{
    size_t larger;

    for (larger = count + 1; larger <= units(LARGEST); larger++) {
        struct spare *block = spares[larger];

        if (!block)
            continue;
        spares[larger] = block->next;
        keep((char *)block + count * UNIT, (char *)block + larger * UNIT);
        return block;
    }
    return NULL;
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
    if ((size_t)(stop - next) < len) {
        block = is_packed ? split(count) : NULL;
        if (block)
            return block;
        if (!fill_hole() && !fill())
            return malloc(size);
    }
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

static bool add_hole(char *from, char *to)
{
    if (from >= to || holes_len == HOLES || madvise(from, (size_t)(to - from), MADV_DONTNEED) < 0)
        return false;
    holes[holes_len++] = (struct hole){.from = from, .to = to};
    return true;
}

/* Returns the whole pages of free memory, and makes spare blocks of the rest. */
static void give_back_run(char *from, char *to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    char *first = from + (page - (uintptr_t)from % page) % page, *last = to - (uintptr_t)to % page;

    if (add_hole(first, last)) {
        keep(from, first);
        keep(last, to);
    } else {
        keep(from, to);
    }
}

static void mark(bool *is_free, const char *from, const char *to)
{
    memset(is_free + (size_t)(from - begin) / UNIT, true, (size_t)(to - from) / UNIT);
}

/* Marks each unit that belongs to no block, and forgets where those are. */
static void mark_all(bool *is_free)
{
    size_t count;

    for (count = 1; count <= units(LARGEST); count++) {
        const struct spare *spare;

        for (spare = spares[count]; spare; spare = spare->next)
            mark(is_free, (const char *)spare, (const char *)spare + count * UNIT);
        spares[count] = NULL;
    }
    mark(is_free, next, stop);
    next = stop = filled;
    while (holes_len > 0) {
        holes_len--;
        mark(is_free, holes[holes_len].from, holes[holes_len].to);
    }
}

void pool_give_back(void)
{
    size_t len = (size_t)(filled - begin) / UNIT, at, from;
    bool *is_free = len > 0 ? calloc(len, sizeof *is_free) : NULL;

    if (!is_free)
        return;
    mark_all(is_free);
    for (at = 0; at < len; at++) {
        for (from = at; at < len && is_free[at];)
            at++;
        if (at > from)
            give_back_run(begin + from * UNIT, begin + at * UNIT);
    }
    is_packed = true;
    free(is_free);
}

#include "output/access.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define DIGITS 15 /* of a number, so that no sum of a line overflows */
#define FULL (ACCESS_SERIES / 4 * 3) /* from then on a request that would add a series counts as one of no route */

/* Then there is always room, and a free entry at which a search ends. */
_Static_assert(ACCESS_SERIES - FULL > ACCESS_POOLS * ACCESS_METHODS * ACCESS_CLASSES, "too few series");

const char *const access_methods[ACCESS_METHODS] = {"-", "GET", "POST", "PUT", "OPTIONS", "DELETE", "HEAD", "PATCH"};
const uint32_t access_bounds_ms[ACCESS_BOUNDS] = {1,   5,    10,   25,   50,    100,   250,
                                                  500, 1000, 2500, 5000, 10000, 30000, 60000};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct access_counts counts;
static unsigned used; /* entries of counts.series */

/* Finds names by a hash. There are many routes, and each line names one. */
struct finder {
    struct access_names *names;
    unsigned most, rest; /* how many names may be known; the index for all others, and for those that are too long */
    uint16_t slots[ACCESS_ROUTES * 2]; /* an index and 1; 0: free, of which there are always some */
};

static struct finder pools = {.names = &counts.pools, .most = ACCESS_POOLS, .rest = 1};
static struct finder routes = {.names = &counts.routes, .most = ACCESS_ROUTES, .rest = 0};

/* What a line says. */
struct said {
    unsigned class, method, tries;
    const char *pool, *route; /* not ended */
    size_t pool_len, route_len;
    uint64_t request_ms, sent, received, connect_ms, upstream_ms;
    bool connected, answered;
};

/* Where reading has come to. Each reader returns false for what is not as it must be. */
struct text {
    const char *at, *end;
};

static bool take(struct text *t, char c)
{
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool number(struct text *t, uint64_t *n)
{
    const char *at = t->at, *from = at;
    uint64_t sum = 0;
    unsigned digit;

    for (; at < t->end && (digit = (unsigned)(*at - '0')) <= 9; at++)
        sum = sum * 10 + digit; /* of too many digits the sum is wrong, and refused below */
    t->at = at;
    *n = sum;
    return at > from && at - from <= DIGITS;
}

static bool seconds(struct text *t, uint64_t *ms)
{
    uint64_t rest = 0;
    const char *point;

    if (!number(t, ms) || *ms > 1000000000 || !take(t, '.'))
        return false;
    point = t->at;
    if (!number(t, &rest) || t->at - point != 3)
        return false;
    *ms = *ms * 1000 + rest;
    return true;
}

static bool word(struct text *t, const char **from, size_t *len)
{
    const char *end = memchr(t->at, ' ', (size_t)(t->end - t->at));

    if (!end)
        return false;
    *from = t->at;
    *len = (size_t)(end - t->at);
    t->at = end + 1;
    return true;
}

/* "0.001, 0.002 : -;" with the sum of it. timed: whether it has a number. In JSON nginx leaves out what it has not. */
static bool list(struct text *t, uint64_t *ms, bool *timed, unsigned *count)
{
    uint64_t one;

    *ms = 0;
    *timed = false;
    *count = 1;
    if (take(t, ';'))
        return true;
    for (;; ++*count) {
        if (!take(t, '-')) {
            if (!seconds(t, &one))
                return false;
            *ms += one;
            *timed = true;
        }
        if (take(t, ';'))
            return true;
        if (!(take(t, ',') || (take(t, ' ') && take(t, ':'))) || !take(t, ' '))
            return false;
    }
}

static bool method_of(struct text *t, unsigned *method)
{
    const char *from;
    size_t len;

    if (!word(t, &from, &len))
        return false;
    for (*method = 0; *method < ACCESS_METHODS; ++*method)
        if (strlen(access_methods[*method]) == len && memcmp(access_methods[*method], from, len) == 0)
            return true;
    return false;
}

static bool parse(struct text *t, struct said *s)
{
    const char *from = t->at;
    uint64_t status;
    bool at_once;

    if (!number(t, &status) || t->at - from != 3 || status >= ACCESS_CLASSES * 100 || !take(t, ' ') ||
        !method_of(t, &s->method) || !word(t, &s->pool, &s->pool_len) || !word(t, &s->route, &s->route_len) ||
        !seconds(t, &s->request_ms) || !take(t, ' ') || !number(t, &s->sent) || !take(t, ' ') ||
        !number(t, &s->received) || !take(t, ' '))
        return false;
    at_once = take(t, '='); /* nginx connected at once to each process of the next list */
    if (!(at_once ? take(t, ';') : list(t, &s->connect_ms, &s->connected, &s->tries)) ||
        !list(t, &s->upstream_ms, &s->answered, &s->tries))
        return false;
    s->class = (unsigned)status / 100;
    s->connected |= at_once && s->answered;
    return true;
}

/* Takes eight bytes at a time. Byte by byte, this took a quarter of the time for a line. */
static unsigned hash_of(const char *text, size_t len)
{
    uint64_t hash = len, part;

    for (size_t step; len > 0; text += step, len -= step) {
        step = len < sizeof part ? len : sizeof part;
        part = 0;
        memcpy(&part, text, step);
        hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return (unsigned)(hash * 0x9e3779b97f4a7c15u >> 40); /* upper bits, which depend on every byte */
}

/* The index of a name, which is new or known. */
static unsigned name_of(struct finder *finder, const char *text, size_t len)
{
    struct access_names *names = finder->names;
    struct access_name *new = &names->list[names->known];
    unsigned count = sizeof finder->slots / sizeof *finder->slots, at;

    if (len == 0 || (len == 1 && *text == '-')) /* nginx says none */
        return 0;
    for (at = hash_of(text, len) % count; finder->slots[at] > 0; at = (at + 1) % count) {
        const struct access_name *known = &names->list[finder->slots[at] - 1];

        if (known->len == len && memcmp(known->text, text, len) == 0)
            return finder->slots[at] - 1u;
    }
    if (names->known == finder->most || len > sizeof new->text)
        return finder->rest;
    new->len = (uint8_t)len;
    memcpy(new->text, text, len);
    finder->slots[at] = (uint16_t)++names->known;
    return names->known - 1;
}

static struct access_series *find(uint32_t key)
{
    uint32_t at = (key * 2654435761u) >> (32 - ACCESS_SERIES_BITS);

    while (counts.series[at].count > 0 && counts.series[at].key != key)
        at = (at + 1) % ACCESS_SERIES;
    return &counts.series[at];
}

static void count_series(const struct said *s, unsigned pool, unsigned route)
{
    uint32_t rest = pool << 8 | s->method << 4 | s->class, key = route << 16 | rest;
    struct access_series *one = find(key);

    if (one->count == 0 && used >= FULL) {
        key = rest; /* of the route 0 */
        one = find(key);
    }
    if (one->count++ == 0) {
        one->key = key;
        used++;
    }
}

static void count_time(struct access_times *to, uint64_t ms)
{
    unsigned at = 0;

    while (at < ACCESS_BOUNDS && ms > access_bounds_ms[at])
        at++;
    to->upto[at]++;
    to->sum_ms += ms;
}

static void count(const struct said *s)
{
    unsigned at = name_of(&pools, s->pool, s->pool_len);
    struct access_pool *pool = &counts.by_pool[at];

    count_series(s, at, name_of(&routes, s->route, s->route_len));
    count_time(&pool->request, s->request_ms);
    if (s->answered)
        count_time(&pool->upstream, s->upstream_ms);
    if (s->connected)
        count_time(&pool->connect, s->connect_ms);
    pool->sent += s->sent;
    pool->received += s->received;
    pool->retries += s->tries - 1;
}

/* Counts the line at..end, and moves what stands behind its tab, with the newline, to `to`. A malformed line without
   a tab moves whole: a template of the admin's may write it. Returns the length of what was moved. */
static size_t take_line(const char *at, const char *end, char *to)
{
    struct text t = {.at = at, .end = end};
    struct said s = {0};
    const char *tab;
    size_t len;
    bool good;

    counts.lines++;
    good = parse(&t, &s) && (t.at == end || *t.at == '\t');
    if (good)
        count(&s);
    else
        counts.malformed++;
    tab = memchr(t.at, '\t', (size_t)(end - t.at));
    if (!tab && good)
        return 0;
    at = tab ? tab + 1 : at;
    len = (size_t)(end + 1 - at);
    memmove(to, at, len);
    return len;
}

size_t access_take(char *lines, size_t len)
{
    const char *at = lines, *end;
    size_t kept = 0;

    (void)pthread_mutex_lock(&lock);
    while (at < lines + len && (end = memchr(at, '\n', (size_t)(lines + len - at))) != NULL) {
        kept += take_line(at, end, lines + kept);
        at = end + 1;
    }
    (void)pthread_mutex_unlock(&lock);
    return kept;
}

void access_lose(void)
{
    (void)pthread_mutex_lock(&lock);
    counts.lines++;
    counts.malformed++;
    (void)pthread_mutex_unlock(&lock);
}

void access_copy(struct access_counts *to)
{
    (void)pthread_mutex_lock(&lock);
    memcpy(to, &counts, sizeof counts);
    (void)pthread_mutex_unlock(&lock);
}

uint64_t access_lines(void)
{
    uint64_t lines;

    (void)pthread_mutex_lock(&lock);
    lines = counts.lines;
    (void)pthread_mutex_unlock(&lock);
    return lines;
}

void access_reset(void)
{
    (void)pthread_mutex_lock(&lock);
    memset(&counts, 0, sizeof counts);
    memset(pools.slots, 0, sizeof pools.slots);
    memset(routes.slots, 0, sizeof routes.slots);
    used = 0;
    (void)name_of(&pools, "synlua", 6);
    (void)name_of(&pools, "other", 5);
    (void)name_of(&routes, "other", 5);
    (void)pthread_mutex_unlock(&lock);
}

/* Counts any bytes as access lines. Each line must count once, as a request or as malformed, what is passed on must be
   whole lines, and the tables must stay within their bounds.
   clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Icore tests/fuzz/fuzz_access.c core/output/access.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "output/access.h"

#define ROUND 1000 /* inputs that share the tables, so that they fill */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct access_counts counts;

static void expect(int holds)
{
    if (!holds)
        abort();
}

static void check(uint64_t lines)
{
    uint64_t series = 0, requests = 0;

    access_copy(&counts);
    expect(counts.lines == lines && counts.pools.known <= ACCESS_POOLS && counts.routes.known <= ACCESS_ROUTES);
    for (size_t at = 0; at < ACCESS_SERIES; at++) {
        const struct access_series *one = &counts.series[at];

        series += one->count;
        expect(one->count == 0 || (one->key >> 16 < counts.routes.known && (one->key >> 8 & 0xff) < counts.pools.known));
    }
    for (size_t at = 0; at < ACCESS_POOLS; at++)
        for (int bound = 0; bound <= ACCESS_BOUNDS; bound++)
            requests += counts.by_pool[at].request.upto[bound];
    expect(series == counts.lines - counts.malformed && requests == series);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned inputs;
    static uint64_t lines;
    char *bytes = malloc(size + 1); /* of just this length, so that a read beyond it is noticed */
    size_t kept;

    expect(bytes != NULL);
    if (inputs++ % ROUND == 0) {
        access_reset();
        lines = 0;
    }
    if (size > 0)
        memcpy(bytes, data, size);
    bytes[size] = '\n';
    for (size_t at = 0; at <= size; at++)
        lines += bytes[at] == '\n';
    kept = access_take(bytes, size + 1);
    expect(kept <= size + 1 && (kept == 0 || bytes[kept - 1] == '\n'));
    free(bytes);
    if (inputs % 50 == 0)
        check(lines);
    return 0;
}

#ifdef FUZZ_MAIN
#include "files.h"

int main(int argc, char **argv)
{
    return run_files(argc, argv, 1 << 20);
}
#endif

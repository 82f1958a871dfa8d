/* Counts the requests that nginx answers, from its access lines: how many by method, status, pool and route, and how
   long they took and how much they moved by pool. Everything is bounded: names that are too many or too long
   count as "other". No line holds the client's address. The
   thread of the FIFO (fifo.h) counts; any thread may copy the counts.

   A line is: STATUS METHOD POOL ROUTE SECONDS SENT RECEIVED CONNECT;UPSTREAM; and CONNECT and UPSTREAM are nginx's
   lists of seconds, one for each process that it tried. CONNECT may also be =: each of these took no time to connect.
   Behind that, a tab begins the line of the access log. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ACCESS_NAME 192     /* bytes of a name and its length */
#define ACCESS_POOLS 64     /* 0: nginx itself, "synlua"; 1: "other" */
#define ACCESS_ROUTES 512   /* 0: "other": of no route of the plan */
#define ACCESS_SERIES_BITS 14
#define ACCESS_SERIES (1 << ACCESS_SERIES_BITS)
#define ACCESS_BOUNDS 14
#define ACCESS_METHODS 8   /* 0: any other */
#define ACCESS_CLASSES 6   /* the first digit of the status; 0: the client got no answer */

struct access_name {
    uint8_t len;
    char text[ACCESS_NAME - 1];
};

struct access_names {
    unsigned known;
    struct access_name list[ACCESS_ROUTES];
};

struct access_times {
    uint64_t upto[ACCESS_BOUNDS + 1]; /* how many took longer than the bound before and no longer than this one */
    uint64_t sum_ms;
};

struct access_pool {
    struct access_times request, upstream, connect;
    uint64_t sent, received, retries;
};

struct access_series {
    uint64_t count; /* 0: free */
    uint32_t key;   /* route, pool, method, class: 16, 8, 4 and 4 bits */
};

struct access_counts {
    uint64_t lines, malformed;
    struct access_names pools, routes;
    struct access_pool by_pool[ACCESS_POOLS];
    struct access_series series[ACCESS_SERIES];
};

extern const char *const access_methods[ACCESS_METHODS];
extern const uint32_t access_bounds_ms[ACCESS_BOUNDS];

/* Counts whole lines. What stands behind their tabs is moved to the front, as lines, and so are malformed lines without
   a tab. Returns the length of that. */
size_t access_take(char *lines, size_t len);

void access_lose(void); /* a line that was too long counts as malformed */
void access_copy(struct access_counts *to);
uint64_t access_lines(void); /* that have come, with the malformed ones */
void access_reset(void);

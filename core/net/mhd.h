/* libmicrohttpd, loaded only when needed: with the libraries that it needs (GnuTLS), it would cost every short command
   2 ms. Owns nothing. */
#pragma once

#include <microhttpd.h>

#include "base/err.h"

#define MHD_FUNCTIONS(X)             \
    X(add_response_header)           \
    X(create_response_from_buffer)   \
    X(create_response_from_callback) \
    X(destroy_response)              \
    X(get_connection_info)           \
    X(get_daemon_info)               \
    X(get_timeout)                   \
    X(lookup_connection_value)       \
    X(queue_response)                \
    X(resume_connection)             \
    X(run)                           \
    X(start_daemon)                  \
    X(stop_daemon)                   \
    X(suspend_connection)

struct mhd {
#define X(name) __typeof__(MHD_##name) *name; /* NOLINT(bugprone-macro-parentheses): it is a name */
    MHD_FUNCTIONS(X)
#undef X
};

extern struct mhd mhd;

int mhd_load(struct err *e);

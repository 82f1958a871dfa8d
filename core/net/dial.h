/* Connects to a service, over TCP or a unix socket. Owns nothing: the caller closes the handle. */
#pragma once

#include <uv.h>

struct dial_target {
    const char *socket;  /* path of a unix socket; NULL: use TCP */
    const char *address; /* for TCP, a literal IPv4 or IPv6 address */
    int port;
};

union dial_handle {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

/* Begins *handle, which must be closed also after an error of libuv, the result. `done` is called at a later turn. */
int dial(union dial_handle *handle, const struct dial_target *to, uv_connect_t *connect, uv_connect_cb done);

#include "net/dial.h"

#include "base/loop.h"

int dial(union dial_handle *handle, const struct dial_target *to, uv_connect_t *connect, uv_connect_cb done)
{
    struct sockaddr_storage at;
    int rc = 0;

    if (to->socket) {
        (void)uv_pipe_init(loop_get(), &handle->pipe, 0); /* cannot fail, like uv_tcp_init: it only sets fields */
        uv_pipe_connect(connect, &handle->pipe, to->socket, done);
        return 0;
    }
    (void)uv_tcp_init(loop_get(), &handle->tcp);
    if (uv_ip4_addr(to->address, to->port, (struct sockaddr_in *)&at) < 0)
        rc = uv_ip6_addr(to->address, to->port, (struct sockaddr_in6 *)&at);
    return rc < 0 ? rc : uv_tcp_connect(connect, &handle->tcp, (const struct sockaddr *)&at, done);
}

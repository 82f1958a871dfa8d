/* Listens on addresses, and checks before anything starts whether that is possible. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

/* Returns a listening socket, or -1. Here and below, address is a literal IPv4 or IPv6 address. */
int sock_listen(const char *address, int port, struct err *e);
bool sock_is_loopback(const char *address);

/* Returns 0 if address:port can be bound now. It is released again. */
int sock_can_listen(const char *address, int port, struct err *e);

/* Fills the address of a unix socket. ENAMETOOLONG if the path has more than 107 bytes. */
int sock_unix(const char *path, struct sockaddr_un *to, struct err *e);

/* Makes a unix socket of this type at path, in the place of what is there; no other user can use it for a moment more
   than the mode says. `what` is for messages. */
int sock_bind(const char *path, int type, mode_t mode, const char *what, struct err *e);

/* Returns 0 if nobody listens on the unix socket: it does not exist, or an ended process has left it. */
int sock_is_free(const char *path, struct err *e);

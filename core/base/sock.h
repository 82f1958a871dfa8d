/* Addresses: whether one can be listened on, found out before anything starts, and listening on it. */
#ifndef SYNLUA_SOCK_H
#define SYNLUA_SOCK_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

/* A listening socket, or -1. address is a literal IPv4 or IPv6 one, here as below. */
int sock_listen(const char *address, int port, struct err *e);
bool sock_is_loopback(const char *address);

/* 0 when address:port can be bound now (it is released again). */
int sock_can_listen(const char *address, int port, struct err *e);

/* The address of a unix socket; ENAMETOOLONG beyond 107 bytes. */
int sock_unix(const char *path, struct sockaddr_un *to, struct err *e);

/* 0 when nobody answers on the unix socket path (also when it does not exist or is a leftover). */
int sock_is_free(const char *path, struct err *e);

#endif

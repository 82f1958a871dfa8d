/* Addresses: whether one can be listened on, found out before anything starts. Owns nothing. */
#ifndef SYNLUA_SOCK_H
#define SYNLUA_SOCK_H

#include "err.h"

/* 0 when address:port can be bound now (it is released again). address is a literal IPv4 or IPv6 one. */
int sock_can_listen(const char *address, int port, struct err *e);

/* 0 when nobody answers on the unix socket path (also when it does not exist or is a leftover). */
int sock_is_free(const char *path, struct err *e);

#endif

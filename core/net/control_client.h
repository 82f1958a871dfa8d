/* The client's end of the control socket, for commands. It sends one request and reads the answer line by line, with a
   deadline for each wait. Owns its connection. Its calls block and need no loop. */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define CONTROL_ANSWER_MAX (4 * 1024 * 1024) /* bytes of one line */

struct control_client;

/* Errors: ENOENT or ECONNREFUSED when nobody listens, EACCES when we may not connect, ETIMEDOUT after the deadline. */
struct control_client *control_client_new(const char *path, int deadline_ms, struct err *e);
void control_client_free(struct control_client *c);

/* Sends the request, which is given without its newline. */
int control_client_ask(struct control_client *c, const char *request, size_t len, int deadline_ms, struct err *e);

int control_client_fd(const struct control_client *c); /* to wait for an answer in a loop */

/* Returns the next line without its newline, valid until the next call, or NULL with e->code 0 at the end of the
   answer. deadline_ms < 0: no deadline. */
const char *control_client_line(struct control_client *c, int deadline_ms, size_t *len, struct err *e);

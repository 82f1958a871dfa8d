/* The other end of the control socket, for commands: one request, its answer line by line, each step with a deadline.
   A struct control_client owns its connection. It blocks and needs no loop. */
#ifndef SYNLUA_CONTROL_CLIENT_H
#define SYNLUA_CONTROL_CLIENT_H

#include <stddef.h>

#include "base/err.h"

#define CONTROL_ANSWER_MAX (4 * 1024 * 1024) /* bytes of one line */

struct control_client;

/* e->code tells: ENOENT or ECONNREFUSED nobody listens, EACCES not for us, ETIMEDOUT busy beyond the deadline. */
struct control_client *control_client_new(const char *path, int deadline_ms, struct err *e);
void control_client_free(struct control_client *c);

/* The request without its newline. */
int control_client_ask(struct control_client *c, const char *request, size_t len, int deadline_ms, struct err *e);

/* The next line, without its newline, valid until the next call; NULL with e->code 0 at the end of the answer.
   deadline_ms < 0: however long it takes. */
const char *control_client_line(struct control_client *c, int deadline_ms, size_t *len, struct err *e);

#endif

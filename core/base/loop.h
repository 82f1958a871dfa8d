/* The one uv loop of the program, and the only global state of core/. */
#pragma once

#include <uv.h>

#include "base/err.h"

int loop_open(struct err *e);
uv_loop_t *loop_get(void);

/* Runs until loop_stop, or until there is nothing to wait for. */
void loop_run(void);
void loop_stop(void);

/* Begin a timer or a watcher of a descriptor that does not keep the loop running. loop_poll returns 0 or an error of
   libuv; a timer cannot fail. */
void loop_timer(uv_timer_t *timer, void *data);
int loop_poll(uv_poll_t *watcher, int fd, void *data);

/* Closes a handle of any type, unless it was never begun or is closing. */
void loop_end(void *handle);

/* Runs the close callbacks of all closed handles. On -1 the error names a handle that its owner did not close. */
int loop_close(struct err *e);

/* An error: what failed, and why. The function that fails fills it, and only the top of the program reports it.
   Owns nothing. A struct err lives on its caller's stack. */
#pragma once

#include <stddef.h>

struct err {
    int code; /* an errno value; 0: no error */
    char msg[512];
};

/* Sets the code and the message "what: why". Returns -1, so that callers can write `return err_set(...)`. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with the code of errno; the text of errno is appended. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Zeroed memory, or NULL with ENOMEM. */
void *err_calloc(size_t size, struct err *e);

/* The name of a code, such as "ENOENT", which bindings return as third result. "EUNKNOWN" for an unknown code. */
const char *err_name(int code);

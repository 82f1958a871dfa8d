/* The error value: what failed and why, filled by the callee, reported only at the top.
   Owns nothing; a struct err lives on its caller's stack. */
#ifndef SYNLUA_ERR_H
#define SYNLUA_ERR_H

struct err {
    int code; /* an errno value, or 0 while nothing failed */
    char msg[512];
};

/* Sets code and "what: why"; returns -1 so that callers can write `return err_set(...)`. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with code = errno and its text appended. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "ENOENT" and the like, for the third result of bindings; "EUNKNOWN" for others. */
const char *err_name(int code);

#endif

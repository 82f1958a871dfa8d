#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int err_set(struct err *e, int code, const char *fmt, ...)
{
    va_list ap;

    e->code = code;
    va_start(ap, fmt);
    (void)vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
    int saved = errno; /* before a call below changes it */
    size_t used;
    va_list ap;

    e->code = saved;
    va_start(ap, fmt);
    (void)vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    used = strlen(e->msg);
    (void)snprintf(e->msg + used, sizeof e->msg - used, ": %s", strerror(saved));
    return -1;
}

void *err_calloc(size_t size, struct err *e)
{
    void *new = calloc(1, size);

    if (!new)
        (void)err_set(e, ENOMEM, "out of memory");
    return new;
}

const char *err_name(int code)
{
    const char *name = code == EBADMSG ? "EYAML" : strerrorname_np(code);

    return name ? name : "EUNKNOWN";
}

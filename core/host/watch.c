#include "host/watch.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"

struct watch {
    uv_fs_event_t handle;
    struct buf names;
    watch_fn fn;
    void *data;
};

/* A directory with a database changes many times a second, so other names must cost little. */
static bool is_meant(const struct watch *w, const char *name)
{
    size_t at;

    for (at = 0; at < w->names.len; at += strlen(w->names.data + at) + 1)
        if (strcmp(w->names.data + at, name) == 0)
            return true;
    return false;
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    const struct watch *w = handle->data;

    (void)events;
    if (status < 0 || !name || is_meant(w, name))
        w->fn(w->data);
}

static void on_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;

    buf_free(&w->names);
    free(w);
}

struct watch *watch_open(const char *directory, const struct buf *names, watch_fn fn, void *data, struct err *e)
{
    struct watch *w = err_calloc(sizeof *w, e);
    int rc;

    if (!w)
        return NULL;
    w->handle.data = w;
    w->fn = fn;
    w->data = data;
    (void)uv_fs_event_init(loop_get(), &w->handle); /* cannot fail on Linux */
    uv_unref((uv_handle_t *)&w->handle);
    rc = buf_add(&w->names, names->data, names->len) < 0 ? UV_ENOMEM : 0;
    if (rc == 0)
        rc = uv_fs_event_start(&w->handle, on_event, directory, 0);
    if (rc == 0)
        return w;
    (void)err_set(e, -rc, "watching %s: %s", directory, uv_strerror(rc));
    watch_close(w);
    return NULL;
}

void watch_close(struct watch *w)
{
    if (w)
        uv_close((uv_handle_t *)&w->handle, on_closed);
}

int watch_link(const char *path, struct buf *to, struct err *e)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target);

    if (n < 0 || buf_add(to, target, (size_t)n) < 0)
        return err_sys(e, "%s", path);
    return 0;
}

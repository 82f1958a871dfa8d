#include "base/loop.h"

#include <errno.h>

static uv_loop_t the_loop;

int loop_open(struct err *e)
{
    int rc = uv_loop_init(&the_loop);

    return rc < 0 ? err_set(e, -rc, "event loop: %s", uv_strerror(rc)) : 0;
}

uv_loop_t *loop_get(void)
{
    return &the_loop;
}

void loop_run(void)
{
    (void)uv_run(&the_loop, UV_RUN_DEFAULT);
}

void loop_stop(void)
{
    uv_stop(&the_loop);
}

void loop_timer(uv_timer_t *timer, void *data)
{
    (void)uv_timer_init(&the_loop, timer);
    uv_unref((uv_handle_t *)timer);
    timer->data = data;
}

int loop_poll(uv_poll_t *watcher, int fd, void *data)
{
    int rc = uv_poll_init(&the_loop, watcher, fd);

    if (rc < 0)
        return rc;
    uv_unref((uv_handle_t *)watcher);
    watcher->data = data;
    return 0;
}

void loop_end(void *handle)
{
    uv_handle_t *h = handle;

    if (h->loop && !uv_is_closing(h))
        uv_close(h, NULL);
}

static void name_open_handle(uv_handle_t *handle, void *arg)
{
    const char **name = arg;

    if (!uv_is_closing(handle))
        *name = uv_handle_type_name(uv_handle_get_type(handle));
}

int loop_close(struct err *e)
{
    const char *open = NULL;

    /* Close callbacks need turns of the loop. No other handle may be active here. */
    (void)uv_run(&the_loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&the_loop) == 0)
        return 0;
    uv_walk(&the_loop, name_open_handle, (void *)&open);
    return err_set(e, EBUSY, "event loop: a %s handle was left open", open ? open : "closing");
}

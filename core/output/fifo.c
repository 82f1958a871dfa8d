#include "output/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/sys.h"
#include "files/way.h"
#include "output/access.h"
#include "output/log.h"

#define SIZE (1024 * 1024) /* of the FIFO: the most that the kernel gives to a user */
#define HELD (64 * 1024)
#define READS 64     /* in a row; more than the FIFO holds */
#define GATHER_MS 10 /* more lines are let gather: a write that wakes us costs nginx as much as 20 */
#define STACK (128 * 1024)
#define QUIET_MS 10000 /* the shortest time between two notices of losses */

static bool started;
static uv_thread_t thread;
static uv_async_t news; /* on the main loop: lines were lost, and it goes on */
static int in = -1, out = -1, leave[2] = {-1, -1};
static atomic_ullong lost;
static uint64_t said, said_at;

/* The thread's own. */
static char held[HELD];
static size_t have;
static bool losing, counting;

static void lose(const char *bytes, size_t len)
{
    unsigned lines = 0;

    for (size_t at = 0; at < len; at++)
        lines += bytes[at] == '\n';
    atomic_fetch_add(&lost, lines);
    losing = true;
}

/* The length of the whole lines that one write takes or refuses as one; of a longer line, all of it. */
static size_t piece(const char *bytes, size_t len)
{
    const char *end = memrchr(bytes, '\n', len < PIPE_BUF ? len : PIPE_BUF);

    if (!end)
        end = memchr(bytes, '\n', len);
    return (size_t)(end + 1 - bytes);
}

static void pass(const char *bytes, size_t len)
{
    while (len > 0) {
        size_t part = piece(bytes, len);

        if (part > PIPE_BUF || sys_write(out, bytes, part) < 0) {
            lose(bytes, part);
        } else if (losing) {
            losing = false;
            (void)uv_async_send(&news);
        }
        bytes += part;
        len -= part;
    }
}

/* Moves what one read gives. Returns false when there is nothing. */
static bool move(void)
{
    ssize_t n = sys_read(in, held + have, HELD - have);
    const char *end;
    size_t whole, left;

    if (n <= 0)
        return false;
    have += (size_t)n;
    end = memrchr(held, '\n', have);
    whole = end ? (size_t)(end + 1 - held) : 0;
    left = counting ? access_take(held, whole) : whole;
    if (out >= 0)
        pass(held, left);
    have -= whole;
    memmove(held, held + whole, have);
    if (have == HELD) { /* no line of nginx is as long */
        have = 0;
        if (counting)
            access_lose();
        else
            atomic_fetch_add(&lost, 1);
    }
    return true;
}

static void run(void *arg)
{
    struct pollfd ready[2] = {{.fd = in, .events = POLLIN}, {.fd = leave[0], .events = POLLIN}};
    sigset_t all;

    (void)arg;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (bool leaving = false; !leaving;) {
        leaving = poll(ready, 2, -1) > 0 && ready[1].revents;
        for (int left = READS; left > 0 && move(); left--)
            continue;
        (void)poll(&ready[1], 1, GATHER_MS);
    }
}

static void say_losses(void)
{
    uint64_t count = atomic_load(&lost);

    if (count > said)
        log_line(LOG_LEVEL_WARN, "%llu lines of access were dropped: they came faster than synlua could pass them on",
                 (unsigned long long)(count - said));
    said = count;
}

static void on_news(uv_async_t *handle)
{
    uint64_t now = sys_now();

    (void)handle;
    if (said_at && now < said_at + QUIET_MS)
        return;
    said_at = now;
    say_losses();
}

static int make(const char *directory, const char *name, const struct file_owner *owner, struct err *e)
{
    int dir = way_directory(directory, NULL, e), fd = -1;
    struct stat st;

    if (dir < 0)
        return -1;
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT) {
        if (mkfifoat(dir, name, 0600) == 0)
            fd = sys_openat(dir, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
    }
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode) || way_give(fd, owner) < 0) {
        (void)err_sys(e, "FIFO %s/%s", directory, name);
        sys_close(fd);
        fd = -1;
    }
    sys_close(dir);
    return fd;
}

static void close_all(void)
{
    sys_close(in);
    sys_close(leave[0]);
    sys_close(leave[1]);
    in = leave[0] = leave[1] = -1;
}

int fifo_open(const char *directory, const char *name, const struct file_owner *owner, const struct fifo_use *use,
              struct err *e)
{
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK};
    int rc;

    if (started)
        return err_set(e, EBUSY, "the FIFO of the access log is open");
    in = make(directory, name, owner, e);
    if (in < 0)
        return -1;
    (void)fcntl(in, F_SETPIPE_SZ, SIZE); /* may be refused */
    if (use->to >= 0)
        (void)fcntl(use->to, F_SETFL, O_NONBLOCK);
    out = use->to;
    counting = use->counts;
    access_reset();
    have = 0;
    losing = false;
    said = said_at = 0;
    atomic_store(&lost, 0);
    rc = sys_pipe(leave) < 0 ? -errno : uv_async_init(loop_get(), &news, on_news);
    if (rc == 0) {
        uv_unref((uv_handle_t *)&news);
        rc = uv_thread_create_ex(&thread, &options, run, NULL);
        if (rc < 0)
            uv_close((uv_handle_t *)&news, NULL);
    }
    if (rc < 0) {
        close_all();
        return err_set(e, -rc, "reading the access log: %s", uv_strerror(rc));
    }
    started = true;
    return 0;
}

uint64_t fifo_lost(void)
{
    return atomic_load(&lost);
}

void fifo_close(void)
{
    if (!started)
        return;
    started = false;
    sys_close(leave[1]);
    leave[1] = -1;
    (void)uv_thread_join(&thread);
    uv_close((uv_handle_t *)&news, NULL);
    close_all();
    say_losses();
}

/* Helpers of the C tests: the loop with a deadline, a directory for each test, redirected standard descriptors. */
#ifndef SYNLUA_TESTS_SUPPORT_H
#define SYNLUA_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"

#define DEADLINE_MS 60000 /* far longer than a busy machine keeps anybody waiting */

#define TICK_MS 20        /* so often a condition is looked at that no event of the loop brings about */

struct deadline {
    uv_timer_t timer;
    uint64_t end;
    bool late, closed;
};

static inline void deadline_look(uv_timer_t *timer)
{
    struct deadline *d = timer->data;

    d->late = uv_now(loop_get()) >= d->end;
}

static inline void deadline_closed(uv_handle_t *handle)
{
    ((struct deadline *)handle->data)->closed = true;
}

static inline void deadline_start(struct deadline *d)
{
    d->late = d->closed = false;
    (void)uv_timer_init(loop_get(), &d->timer);
    d->timer.data = d;
    uv_update_time(loop_get());
    d->end = uv_now(loop_get()) + DEADLINE_MS;
    (void)uv_timer_start(&d->timer, deadline_look, TICK_MS, TICK_MS);
}

static inline void deadline_end(struct deadline *d)
{
    uv_close((uv_handle_t *)&d->timer, deadline_closed);
    while (!d->closed)
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
}

#define RUN_UNTIL(cond)                                    \
    do {                                                   \
        struct deadline until;                             \
        deadline_start(&until);                            \
        while (!(cond) && !until.late)                     \
            (void)uv_run(loop_get(), UV_RUN_ONCE);         \
        deadline_end(&until);                              \
        if (!(cond))                                       \
            fail_msg("did not come in time: %s", #cond);   \
    } while (0)

/* Turns of the loop without waiting, also where nothing keeps it alive. */
static inline void run_turns(int n)
{
    struct deadline alive;

    deadline_start(&alive);
    while (n-- > 0)
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    deadline_end(&alive);
}

static inline int loop_setup(void **state)
{
    struct err e = {0};

    (void)state;
    return loop_open(&e);
}

static inline int loop_teardown(void **state)
{
    struct err e = {0};

    (void)state;
    if (loop_close(&e) == 0)
        return 0;
    print_error("%s\n", e.msg);
    return -1;
}

static inline char *make_directory(void)
{
    /* One level down, so that code that wrongly leaves it by ".." meets a directory of ours. */
    static char path[sizeof "/tmp/synlua-test-XXXXXX/base"];

    memcpy(path, "/tmp/synlua-test-XXXXXX", sizeof "/tmp/synlua-test-XXXXXX");
    assert_non_null(mkdtemp(path));
    assert_int_equal(chmod(path, 0755), 0);
    strcat(path, "/base");
    assert_int_equal(mkdir(path, 0755), 0);
    return path;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* The directory of make_directory, with what is around it. */
static inline void remove_directory(const char *path)
{
    char around[64];

    (void)snprintf(around, sizeof around, "%.*s", (int)(strrchr(path, '/') - path), path);
    (void)nftw(around, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whose it is and with which mode, of the thing itself where it is a link. */
static inline struct stat what_is(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st;
}

static inline mode_t mode_of(const char *path)
{
    return what_is(path).st_mode & 07777;
}

/* A file that holds "text", and a directory, of any owner; both as root. */
static inline void put_file(const char *path, uid_t uid, mode_t mode)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "text", 4), 4);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(fchown(fd, uid, uid), 0);
    (void)close(fd);
}

static inline void put_dir(const char *path, uid_t uid, mode_t mode)
{
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, mode), 0);
    assert_int_equal(chown(path, uid, uid), 0);
}

static inline void make_pipe(int fds[2])
{
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
}

static inline void set_nonblocking(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

/* Connects to a port of 127.0.0.1 and says this. Returns the connection, which is non-blocking. */
static inline int say_to_port(int port, const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    set_nonblocking(fd);
    return fd;
}

/* Adds what can be read now; to the end of the file when fd blocks. */
static inline void read_available(int fd, struct buf *to)
{
    char part[65536];
    ssize_t n;

    while ((n = read(fd, part, sizeof part)) > 0)
        assert_int_equal(buf_add(to, part, (size_t)n), 0);
}

/* Leads fd into to; returns what it was, for restore. */
static inline int redirect(int fd, int to)
{
    int saved;

    (void)fflush(stdout);
    saved = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    (void)dup2(to, fd);
    return saved;
}

static inline void restore(int fd, int saved)
{
    (void)fflush(stdout);
    (void)dup2(saved, fd);
    (void)close(saved);
}

/* A program that hangs has failed; its own output stays apart from what it tests. */
static inline void begin_program(void)
{
    static char out[65536];

    (void)alarm(300);
    (void)setvbuf(stdout, out, _IOFBF, sizeof out);
}

#endif

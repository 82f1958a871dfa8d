#include "support.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "process/child.h"
#include "process/notify.h"

static struct buf told;
static char *dir, path[100];

static void on_notify(const char *name, const char *text)
{
    (void)buf_addf(&told, "%s %s;", name, text);
}

static int setup(void **state)
{
    struct err e = {0};

    dir = make_directory();
    (void)snprintf(path, sizeof path, "%s/notify", dir);
    return loop_setup(state) < 0 ? -1 : notify_start(path, on_notify, &e);
}

static int teardown(void **state)
{
    notify_stop();
    remove_directory(dir);
    buf_free(&told);
    return loop_teardown(state);
}

static void send_text(const char *text, int extra)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct iovec iov = {.iov_base = (char *)(size_t)text, .iov_len = strlen(text)};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct msghdr msg = {.msg_name = &at, .msg_namelen = sizeof at, .msg_iov = &iov, .msg_iovlen = 1};

    memcpy(at.sun_path, path, strlen(path) + 1);
    if (extra >= 0) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof control;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &extra, sizeof extra);
    }
    (void)sendmsg(fd, &msg, 0);
    (void)close(fd);
}

struct sender {
    pid_t pid;
    int go; /* a byte makes it send, its end makes it exit */
    int sent;
};

/* depth 1: its helper sends instead. */
static struct sender begin(const char *service, const char *text, int depth, int extra)
{
    struct child c = {.stage = 1};
    int go[2], sent[2];
    struct err e = {0};
    char byte = 0;
    pid_t pid;

    make_pipe(go);
    make_pipe(sent);
    pid = fork();
    if (pid == 0) {
        (void)close(go[1]);
        if (service)
            (void)setsid();
        if (depth > 0 && (pid = fork()) != 0) {
            (void)waitpid(pid, NULL, 0);
            _exit(0);
        }
        (void)!read(go[0], &byte, 1);
        send_text(text, extra);
        if (extra >= 0)
            (void)close(extra);
        (void)!write(sent[1], &byte, 1);
        (void)!read(go[0], &byte, 1);
        _exit(0);
    }
    (void)close(go[0]);
    (void)close(sent[1]);
    if (service) {
        c.pid = pid;
        (void)snprintf(c.name, sizeof c.name, "%s", service);
        assert_non_null(child_add(&c, &e));
    }
    return (struct sender){pid, go[1], sent[0]};
}

static void let_send(const struct sender *s)
{
    char byte = 0;

    assert_int_equal(write(s->go, &byte, 1), 1);
    assert_int_equal(read(s->sent, &byte, 1), 1);
}

static void end(const struct sender *s)
{
    (void)close(s->go);
    (void)close(s->sent);
    assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
    if (child_find(s->pid))
        child_remove(child_find(s->pid));
}

static void only_services_and_their_helpers_are_heard(void **state)
{
    struct sender stranger = begin(NULL, "READY=1", 0, -1), own = begin("a", "STATUS=up\nX=1\nREADY=1\n", 0, -1),
                  helper = begin("b", "RELOADING=1", 1, -1);

    (void)state;
    let_send(&stranger);
    let_send(&own);
    let_send(&helper);
    RUN_UNTIL(told.len > 0 && strstr(told.data, "RELOADING"));
    assert_string_equal(told.data, "a STATUS=up\nX=1\nREADY=1\n;b RELOADING=1;");
    end(&helper);
    end(&own);
    end(&stranger);
}

static void descriptors_that_come_along_are_closed(void **state)
{
    struct sender s;
    int fds[2];
    char byte;

    (void)state;
    make_pipe(fds);
    s = begin("a", "READY=1", 0, fds[1]);
    (void)close(fds[1]);
    let_send(&s);
    RUN_UNTIL(told.len > 0);
    assert_int_equal(read(fds[0], &byte, 1), 0);
    end(&s);
    (void)close(fds[0]);
}

static void every_user_may_write_and_the_end_removes_it(void **state)
{
    struct err e = {0};
    char long_path[200];

    (void)state;
    assert_int_equal(mode_of(path), 0666);
    notify_stop();
    assert_int_equal(access(path, F_OK), -1);
    (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    memset(long_path, 'x', sizeof long_path);
    long_path[108] = '\0';
    assert_int_equal(notify_start(long_path, on_notify, &e), -1);
    assert_int_equal(e.code, ENAMETOOLONG);
}

static void it_listens_once_only(void **state)
{
    struct sender s = begin("a", "READY=1", 0, -1);
    struct err e = {0};

    (void)state;
    assert_int_equal(notify_start(path, on_notify, &e), -1);
    assert_int_equal(e.code, EALREADY);
    let_send(&s);
    RUN_UNTIL(told.len > 0);
    end(&s);
    notify_stop();
    assert_int_equal(notify_start(path, on_notify, &e), -1); /* before the loop has let go of the old one */
    (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    assert_int_equal(notify_start(path, on_notify, &e), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_services_and_their_helpers_are_heard),
        TEST(descriptors_that_come_along_are_closed),
        TEST(it_listens_once_only),
        TEST(every_user_may_write_and_the_end_removes_it),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

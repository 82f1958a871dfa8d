#include "support.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/sock.h"

static void an_address_in_use_is_found_and_free_again_later(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port;
    struct err e = {0};

    (void)state;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    port = ntohs(at.sin_port);
    assert_int_equal(sock_can_listen("127.0.0.1", port, &e), -1);
    assert_int_equal(e.code, EADDRINUSE);
    (void)close(fd);
    assert_int_equal(sock_can_listen("127.0.0.1", port, &e), 0);
    assert_int_equal(sock_can_listen("127.0.0.1", port, &e), 0);
}

static void only_literal_addresses_are_taken(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(sock_can_listen("localhost", 0, &e), -1);
    assert_int_equal(e.code, EINVAL);
    assert_int_equal(sock_can_listen("192.0.2.1", 0, &e), -1);
    assert_int_equal(e.code, EADDRNOTAVAIL);
}

static void a_socket_is_free_unless_somebody_answers(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char *dir = make_directory();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct err e = {0};

    (void)state;
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/s", dir);
    assert_int_equal(sock_is_free(at.sun_path, &e), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(sock_is_free(at.sun_path, &e), -1);
    assert_int_equal(e.code, EADDRINUSE);
    (void)close(fd);
    assert_int_equal(sock_is_free(at.sun_path, &e), 0); /* a leftover */
    remove_directory(dir);
}

static void a_socket_path_has_at_most_107_bytes(void **state)
{
    char path[200];
    struct err e = {0};

    (void)state;
    memset(path, 'x', sizeof path);
    path[108] = '\0';
    assert_int_equal(sock_is_free(path, &e), -1);
    assert_int_equal(e.code, ENAMETOOLONG);
    path[107] = '\0';
    assert_int_equal(sock_is_free(path, &e), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_in_use_is_found_and_free_again_later),
        cmocka_unit_test(only_literal_addresses_are_taken),
        cmocka_unit_test(a_socket_is_free_unless_somebody_answers),
        cmocka_unit_test(a_socket_path_has_at_most_107_bytes),
    };

    begin_program();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The HTTP server and what it relays, against a client and a process that may say anything. The first byte chooses who
   is hostile, and where what is said breaks in two. clang, with all of core/ but bind/ and main.c:
   -fsanitize=fuzzer,address. Elsewhere -DFUZZ_MAIN makes a program that runs the files it is given. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/loop.h"
#include "net/serve.h"

#define TURNS 400
#define ASK "GET /metrics/main HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer token\r\n\r\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int port, listener, own_asked;
static uv_timer_t alive; /* or the loop would not turn, since nothing of ours keeps it running */

static void answer_own(const char *path, const char *host, struct serve_answer *to)
{
    own_asked++;
    if (strcmp(path, "/metrics/main") == 0) /* the relay's alone */
        abort();
    to->status = 200;
    (void)snprintf(to->type, sizeof to->type, "text/plain");
    (void)buf_addf(&to->body, "%zu\n", strlen(path) + strlen(host));
}

static void on_alive(uv_timer_t *timer)
{
    (void)timer;
}

static void begin(void)
{
    static char path[64];
    static struct serve_relay relay = {.path = "/metrics/main", .uri = "/m", .to.socket = path};
    struct serve_terms terms = {.address = "127.0.0.1", .token = "token", .relays = &relay, .relays_len = 1};
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct err e = {0};

    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(path, sizeof path, "/tmp/fuzz_serve.%d", (int)getpid());
    memcpy(at.sun_path, path, strlen(path) + 1);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 16) < 0 || loop_open(&e) < 0)
        abort();
    port = serve_start(&terms, answer_own, &e);
    if (port < 0) {
        (void)fprintf(stderr, "%s\n", e.msg);
        abort();
    }
    (void)uv_timer_init(loop_get(), &alive);
    (void)uv_timer_start(&alive, on_alive, 3600000, 3600000);
}

/* What one side says, in two parts; then it ends, or waits. */
struct talk {
    int fd, step;
    const uint8_t *data;
    size_t size, cut;
    bool waits;
};

static void talk_on(struct talk *t)
{
    if (t->fd < 0 || t->step > 2)
        return;
    if (t->step == 0)
        (void)!send(t->fd, t->data, t->cut, MSG_NOSIGNAL | MSG_DONTWAIT);
    else if (t->step == 1)
        (void)!send(t->fd, t->data + t->cut, t->size - t->cut, MSG_NOSIGNAL | MSG_DONTWAIT);
    else if (!t->waits)
        (void)shutdown(t->fd, SHUT_WR);
    t->step++;
}

static int dial_us(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct linger none = {.l_onoff = 1}; /* thousands of connections a second leave no TIME_WAIT behind */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        abort();
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return fd;
}

/* Nothing of a hostile process may stand in the head. */
static void judge(const char *got)
{
    const char *body = strstr(got, "\r\n\r\n");

    if (!*got)
        return;
    if (!body || (strncmp(got, "HTTP/1.1 200 ", 13) != 0 && strncmp(got, "HTTP/1.1 502 ", 13) != 0))
        abort();
    if (got[9] == '2' && !strstr(got, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        abort();
    if (body - got > 400)
        abort();
}

static void run(struct talk *client, struct talk *process, char *got, size_t room)
{
    size_t len = 0, turns;
    ssize_t n = -1;

    for (turns = 0; turns < TURNS && n != 0; turns++) {
        talk_on(client);
        if (process->fd < 0)
            process->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        talk_on(process);
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
        n = recv(client->fd, got + len, room - 1 - len, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN)
            break;
        len += n > 0 ? (size_t)n : 0;
        if (len + 1 == room)
            break;
    }
    got[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char answer[] = "HTTP/1.0 200 OK\r\n\r\na 1\n";
    static char got[1 << 17];
    struct talk hostile, honest = {.fd = -1};
    uint8_t choice;
    int turns;

    if (size == 0)
        return 0;
    if (!port)
        begin();
    choice = *data;
    hostile = (struct talk){.fd = -1, .data = data + 1, .size = size - 1};
    hostile.cut = hostile.size * (choice >> 1) / 127;
    if (choice & 1) {
        honest.data = (const uint8_t *)answer;
        honest.size = honest.cut = sizeof answer - 1;
        hostile.fd = dial_us();
        own_asked = 0;
        run(&hostile, &honest, got, sizeof got);
        if ((own_asked > 0 || honest.fd >= 0) && !memmem(data, size, "token", 5))
            abort(); /* without the token nobody gets this far */
    } else {
        honest.data = (const uint8_t *)ASK;
        honest.size = honest.cut = sizeof ASK - 1;
        honest.waits = true;
        honest.fd = dial_us();
        run(&honest, &hostile, got, sizeof got);
        judge(got);
    }
    if (hostile.fd >= 0)
        (void)close(hostile.fd);
    if (honest.fd >= 0)
        (void)close(honest.fd);
    for (turns = 0; turns < 10; turns++)
        (void)uv_run(loop_get(), UV_RUN_NOWAIT);
    while ((turns = accept(listener, NULL, NULL)) >= 0)
        (void)close(turns);
    return 0;
}

#ifdef FUZZ_MAIN
#include "files.h"

int main(int argc, char **argv)
{
    return run_files(argc, argv, 1 << 20);
}
#endif

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
    int fd;

    do
        fd = openat(dir, path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int sys_open_unlinked(const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_NO_SYMLINKS};

    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

ssize_t sys_read(int fd, void *to, size_t len)
{
    ssize_t n;

    do
        n = read(fd, to, len);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t sys_write(int fd, const void *from, size_t len)
{
    ssize_t n;

    do
        n = write(fd, from, len);
    while (n < 0 && errno == EINTR);
    return n;
}

void sys_close(int fd)
{
    int saved = errno;

    if (fd >= 0)
        (void)close(fd);
    errno = saved;
}

int sys_fsync(int fd)
{
    return fsync(fd);
}

int sys_fchown(int fd, uid_t uid, gid_t gid)
{
    return fchown(fd, uid, gid);
}

int sys_fchown_path(int fd, uid_t uid, gid_t gid)
{
    return fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
}

int sys_fchmod(int fd, mode_t mode)
{
    return fchmod(fd, mode);
}

int sys_renameat(int dir, const char *from, const char *to)
{
    return renameat(dir, from, dir, to);
}

int sys_pipe(int fds[2])
{
    return pipe2(fds, O_CLOEXEC);
}

pid_t sys_fork(void)
{
    return fork();
}

pid_t sys_waitpid(pid_t pid, int *status, int flags)
{
    pid_t got;

    do
        got = waitpid(pid, status, flags);
    while (got < 0 && errno == EINTR);
    return got;
}

pid_t sys_peek_dead(void)
{
    siginfo_t info = {0};

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ? -1 : info.si_pid;
}

pid_t sys_next_halted(bool *halted)
{
    siginfo_t info = {0};

    if (waitid(P_ALL, 0, &info, WSTOPPED | WCONTINUED | WNOHANG) < 0)
        return 0;
    *halted = info.si_code == CLD_STOPPED;
    return info.si_pid;
}

bool sys_is_child(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

int sys_kill(pid_t pid, int signal)
{
    return kill(pid, signal);
}

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec ts;

    (void)clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t sys_time(void)
{
    return clock_ms(CLOCK_REALTIME);
}

uint64_t sys_now(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t sys_thread_now(void)
{
    return clock_ms(CLOCK_THREAD_CPUTIME_ID);
}

int sys_random(void *to, size_t len)
{
    unsigned char *at = to;

    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

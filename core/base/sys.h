/* All code makes these system calls through this file, so that tests can make them fail: the linker replaces them
   (-Wl,--wrap=sys_NAME). Each behaves like the call of its name. EINTR is retried where that is safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int sys_openat(int dir, const char *path, int flags, mode_t mode);
int sys_open_unlinked(const char *path, int flags); /* ELOOP if there is a link; ENOSYS and EPERM: not known here */
ssize_t sys_read(int fd, void *to, size_t len);
ssize_t sys_write(int fd, const void *from, size_t len);
void sys_close(int fd); /* does nothing for -1, and keeps errno */
int sys_fsync(int fd);
int sys_fchown(int fd, uid_t uid, gid_t gid);
int sys_fchown_path(int fd, uid_t uid, gid_t gid); /* of the file of an O_PATH descriptor */
int sys_fchmod(int fd, mode_t mode);
int sys_renameat(int dir, const char *from, const char *to);
int sys_pipe(int fds[2]); /* both ends are close-on-exec */
pid_t sys_fork(void);
pid_t sys_waitpid(pid_t pid, int *status, int flags);
pid_t sys_peek_dead(void); /* a dead child, not waited for; 0: no child is dead, -1: there are no children */
pid_t sys_next_halted(bool *halted); /* a child that was stopped or continued; 0: none since the last call */
bool sys_is_child(pid_t pid); /* alive, or dead and not yet waited for */
int sys_kill(pid_t pid, int signal);

/* Milliseconds of the monotonic clock. */
uint64_t sys_now(void);
uint64_t sys_thread_now(void); /* processor time of this thread, in milliseconds */

/* Milliseconds since 1970. It jumps when the clock is set. */
uint64_t sys_time(void);

/* Fills len bytes from the kernel's random source. Returns 0, or -1 with errno. */
int sys_random(void *to, size_t len);

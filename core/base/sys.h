/* The only door to the system calls whose failure tests must produce: they are replaced at link time
   (-Wl,--wrap=sys_NAME). Each behaves as the call it is named after; EINTR is retried where that is safe. */
#ifndef SYNLUA_SYS_H
#define SYNLUA_SYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int sys_openat(int dir, const char *path, int flags, mode_t mode);
ssize_t sys_read(int fd, void *to, size_t len);
ssize_t sys_write(int fd, const void *from, size_t len);
int sys_fsync(int fd);
int sys_fchown(int fd, uid_t uid, gid_t gid);
int sys_fchown_path(int fd, uid_t uid, gid_t gid); /* of what an O_PATH descriptor names */
int sys_fchmod(int fd, mode_t mode);
int sys_renameat(int dir, const char *from, const char *to);
int sys_pipe(int fds[2]); /* both ends close-on-exec */
int sys_close_range(unsigned first, unsigned last, int flags);
pid_t sys_fork(void);
pid_t sys_waitpid(pid_t pid, int *status, int flags);
pid_t sys_peek_dead(void); /* a dead child, left to be waited for; 0 when none is dead, -1 when there is none at all */
pid_t sys_next_halted(bool *halted); /* a child that was stopped, or went on; 0 when there is no news */
bool sys_is_child(pid_t pid); /* a child of ours, alive or not yet waited for */
int sys_kill(pid_t pid, int signal);

/* Milliseconds of the monotonic clock. */
uint64_t sys_now(void);
uint64_t sys_thread_now(void); /* what this thread has used of a processor */

/* Milliseconds since 1970; may jump. */
uint64_t sys_time(void);

/* Fills bytes from the kernel's random source; 0 or -1 with errno. */
int sys_random(void *to, size_t len);

#endif

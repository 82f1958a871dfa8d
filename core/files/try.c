#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "base/sys.h"
#include "files/files.h"

/* Changes the identity of this thread only, and only for file systems. Root's privileges there are lost with it. */
static int try_here(const char *path)
{
    int dir = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0), fd, code;
    char name[64];

    if (dir < 0)
        return errno;
    (void)snprintf(name, sizeof name, ".synlua.try.%ld", (long)getpid());
    fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    code = fd < 0 ? errno : 0;
    if (fd >= 0) {
        (void)close(fd);
        (void)unlinkat(dir, name, 0);
    }
    (void)close(dir);
    return code;
}

int file_try(const char *path, uid_t uid, gid_t gid, struct err *e)
{
    uid_t before_uid = geteuid();
    gid_t before_gid = getegid();
    gid_t groups[64];
    int code, count = -1;

    if (before_uid == 0) {
        count = getgroups(64, groups);
        if (count >= 0 && setgroups(0, NULL) < 0) /* without the right to change groups, root's groups still count */
            count = -1;
        (void)setfsgid(gid);
        (void)setfsuid(uid);
    }
    code = try_here(path);
    if (before_uid == 0) {
        (void)setfsuid(before_uid);
        (void)setfsgid(before_gid);
        if (count >= 0)
            (void)setgroups((size_t)count, groups);
    }
    return code == 0 ? 0 : err_set(e, code, "%s: uid %ld cannot create files in it", path, (long)uid);
}

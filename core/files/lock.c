#include "files/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sys.h"
#include "files/way.h"

int lock_take(const char *directory, const char *name, struct err *e)
{
    int dir = way_directory(directory, NULL, e), fd;

    if (dir < 0)
        return -1;
    /* Not made where it is there: in a directory with the sticky bit the kernel refuses that for another's file. */
    fd = sys_openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0 && errno == ENOENT)
        fd = sys_openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
    (void)close(dir);
    if (fd < 0)
        return err_sys(e, "lock %s/%s", directory, name);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        (void)err_sys(e, "lock %s/%s", directory, name);
        (void)close(fd);
        return -1;
    }
    return 0; /* the descriptor stays open, close-on-exec, for as long as we live */
}

#include "process/exchange.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"

int exchange_open(const void *text, size_t len, struct err *e)
{
    int fd = memfd_create("exchange", MFD_CLOEXEC);
    size_t done = 0;
    ssize_t n = 0;

    if (fd < 0)
        return err_sys(e, "memory for a question");
    for (; done < len && n >= 0; done += n > 0 ? (size_t)n : 0)
        n = sys_write(fd, (const char *)text + done, len - done);
    if (n < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        (void)err_sys(e, "memory for a question");
        (void)close(fd);
        return -1;
    }
    return fd;
}

int exchange_read(int fd, size_t max, struct buf *to, struct err *e)
{
    char part[16384];
    size_t done = 0;
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) < 0)
        return err_sys(e, "an answer");
    if ((size_t)st.st_size > max)
        return err_set(e, EFBIG, "an answer: more than %zu bytes", max);
    while (done < max && (n = pread(fd, part, sizeof part, (off_t)done)) != 0) {
        if (n < 0)
            return err_sys(e, "an answer");
        if (buf_add(to, part, (size_t)n) < 0)
            return err_set(e, ENOMEM, "an answer: %s", strerror(ENOMEM));
        done += (size_t)n;
    }
    return 0;
}

void exchange_close(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

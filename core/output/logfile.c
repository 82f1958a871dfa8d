#include "output/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/files.h"
#include "base/sys.h"

#define RETRY_MS 1000
#define DIRECTORY_MODE 0750
#define FILE_MODE 0640

int logfile_directory(struct logfile_rules *rules, const char *base, const char *path, struct err *e)
{
    const struct file_owner owner = {.uid = rules->uid, .gid = rules->gid, .mode = DIRECTORY_MODE};

    logfile_forget(rules);
    rules->dir = file_open_directory(base, path, &owner, e);
    return rules->dir < 0 ? -1 : 0;
}

void logfile_forget(struct logfile_rules *rules)
{
    sys_close(rules->dir);
    rules->dir = -1;
}

void logfile_init(struct logfile *f)
{
    memset(f, 0, sizeof *f);
    f->fd = -1;
}

void logfile_close(struct logfile *f)
{
    sys_close(f->fd);
    f->fd = -1;
    f->retry_ms = 0;
}

/* An existing file is used only if it has the type and the owner of our own files, and no second name. The service owns
   the directory and could have put anything there. */
static int check_existing(struct logfile *f, const struct logfile_rules *rules, const char *file, struct err *e)
{
    uid_t uid = rules->uid == FILES_KEEP ? geteuid() : rules->uid;
    struct statx st;

    if (statx(f->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
        return err_sys(e, "log file %s", file);
    if (!S_ISREG(st.stx_mode) || st.stx_nlink != 1 || st.stx_uid != uid)
        return err_set(e, EPERM, "log file %s: not a plain file of user %ld with one name: remove it", file, (long)uid);
    f->size = st.stx_size;
    f->began_ms = (uint64_t)((st.stx_mask & STATX_BTIME) ? st.stx_btime.tv_sec : st.stx_mtime.tv_sec) * 1000;
    return 0;
}

static int open_new(struct logfile *f, const struct logfile_rules *rules, const char *file, struct err *e)
{
    f->fd = sys_openat(rules->dir, file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
    if (f->fd < 0)
        return err_sys(e, "log file %s", file);
    f->size = 0;
    f->began_ms = sys_time();
    if (rules->uid == FILES_KEEP || sys_fchown(f->fd, rules->uid, rules->gid) == 0)
        return 0;
    (void)err_sys(e, "log file %s: owner", file);
    (void)unlinkat(rules->dir, file, 0); /* with the wrong owner, check_existing would refuse it for ever */
    logfile_close(f);
    return -1;
}

static int logfile_open(struct logfile *f, const struct logfile_rules *rules, const char *file, struct err *e)
{
    /* Non-blocking, because opening a FIFO in its place would wait for a reader. */
    f->fd = sys_openat(rules->dir, file, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0);
    if (f->fd < 0 && errno == ENOENT)
        return open_new(f, rules, file, e);
    if (f->fd < 0)
        return err_sys(e, "log file %s", file);
    if (check_existing(f, rules, file, e) == 0)
        return 0;
    logfile_close(f);
    return -1;
}

/* Renames file.N-1 to file.N, ..., and file to file.1. The old file.N is replaced. */
static int logfile_rotate(struct logfile *f, const struct logfile_rules *rules, const char *file, struct err *e)
{
    char from[128], to[128];
    unsigned n;

    for (n = rules->keep; n > 0; n--) {
        (void)snprintf(to, sizeof to, "%s.%u", file, n);
        (void)snprintf(from, sizeof from, n > 1 ? "%s.%u" : "%s", file, n - 1);
        if (sys_renameat(rules->dir, from, to) < 0 && errno != ENOENT)
            return err_sys(e, "rotating the log file %s to %s", from, to);
    }
    if (rules->keep == 0 && unlinkat(rules->dir, file, 0) < 0 && errno != ENOENT)
        return err_sys(e, "removing the log file %s", file);
    logfile_close(f);
    return 0;
}

static bool is_due(const struct logfile *f, const struct logfile_rules *rules, size_t len)
{
    uint64_t now = sys_time();

    if (f->size == 0)
        return false;
    return f->size + len > rules->max_bytes || (now > f->began_ms && now - f->began_ms >= rules->max_age_ms);
}

static int append(struct logfile *f, const char *file, const char *bytes, size_t len, struct err *e)
{
    ssize_t n = sys_write(f->fd, bytes, len);

    if (n == (ssize_t)len) {
        f->size += len;
        return 0;
    }
    if (n < 0)
        (void)err_sys(e, "log file %s", file);
    else
        (void)err_set(e, ENOSPC, "log file %s: %s", file, strerror(ENOSPC));
    if (n > 0 && ftruncate(f->fd, (off_t)f->size) < 0) /* remove the part of a line that was written */
        f->size += (uint64_t)n;
    return -1;
}

static int write_lines(struct logfile *f, const struct logfile_rules *rules, const char *name, const char *bytes,
                       size_t len, struct err *e)
{
    char file[96];
    uint64_t now = f->fd < 0 || f->retry_ms ? sys_now() : 0;

    if (f->retry_ms && now < f->retry_ms)
        return -1;
    f->retry_ms = 0;
    if (strchr(name, '/') || name[0] == '.')
        return err_set(e, EINVAL, "no log file can be named after %s", name);
    (void)snprintf(file, sizeof file, "%s.log", name);
    if (f->fd < 0 && logfile_open(f, rules, file, e) < 0)
        goto later;
    if (is_due(f, rules, len) &&
        (logfile_rotate(f, rules, file, e) < 0 || logfile_open(f, rules, file, e) < 0))
        goto later;
    return append(f, file, bytes, len, e);
later:
    f->retry_ms = sys_now() + RETRY_MS;
    return -1;
}

enum logfile_news logfile_write(struct logfile *f, const struct logfile_rules *rules, const char *name,
                                const char *bytes, size_t len, unsigned lines, uint64_t *missing, struct err *e)
{
    if (write_lines(f, rules, name, bytes, len, e) < 0) {
        bool first = f->unsaid == 0;

        f->lost += lines;
        f->unsaid += lines;
        return first ? LOGFILE_FAILED : LOGFILE_SAME;
    }
    if (f->unsaid == 0)
        return LOGFILE_SAME;
    *missing = f->unsaid;
    f->unsaid = 0;
    return LOGFILE_RECOVERED;
}

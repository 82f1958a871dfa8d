#include "host/bundle.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"

/* The first line ends with the length of the index in ten digits. The index has one line per module, sorted, with tabs
   between name, path, the file's modification time in seconds, its size, and the chunk's offset and length. Then come
   an empty line and the chunks; offsets count from the first chunk. A relative path is below home. */
static const char MAGIC[] = "synlua bundle 4 ";
#define HEADER (sizeof MAGIC - 1 + sizeof "1234567890")

static const char *mapped, *chunks; /* `chunks` is also the end of the index */
static size_t mapped_len;
static char home_dir[4096]; /* empty: there is no bundle */

static bool map_file(const char *name)
{
    char path[sizeof home_dir + 32];
    struct stat st;
    void *at = MAP_FAILED;
    size_t index;
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", home_dir, name);
    fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > (off_t)HEADER)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    sys_close(fd);
    if (at == MAP_FAILED)
        return false;
    mapped = at;
    mapped_len = (size_t)st.st_size;
    index = mapped[HEADER - 1] == '\n' ? (size_t)strtoull(mapped + sizeof MAGIC - 1, NULL, 10) : SIZE_MAX;
    if (memcmp(mapped, MAGIC, sizeof MAGIC - 1) != 0 || index >= mapped_len - HEADER || mapped[HEADER + index] != '\n')
        bundle_close();
    else
        chunks = mapped + HEADER + index + 1;
    return mapped != NULL;
}

void bundle_open(const char *home)
{
    bundle_close();
    (void)snprintf(home_dir, sizeof home_dir, "%s", strlen(home) < sizeof home_dir ? home : "");
}

void bundle_close(void)
{
    if (mapped)
        (void)munmap((void *)(size_t)mapped, mapped_len);
    mapped = NULL;
}

/* Copies the rest of the module's line to `to`, which holds zeros. Returns false if the module is not in the index. */
static bool find_line(const char *module, char *to, size_t size)
{
    const char *from, *end, *line;
    size_t len = strlen(module);

    if (!mapped && home_dir[0] && !map_file("build/lua.bundle") && !map_file("lua.bundle"))
        home_dir[0] = '\0';
    if (!mapped || strchr(module, '\n'))
        return false;
    from = mapped + HEADER;
    end = chunks - 1;
    while (from < end) {
        line = memrchr(from, '\n', (size_t)(end - from) / 2);
        line = line ? line + 1 : from;
        int order = strncmp(module, line, len); /* reads no further than the line, whose break differs */
        if (order == 0 && (order = '\t' - line[len]) == 0)
            return memccpy(to, line + len + 1, '\n', size - 1) != NULL;
        if (order < 0)
            end = line;
        else
            from = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
    }
    return false;
}

bool bundle_find(const char *module, struct bundle_chunk *to, struct buf *path)
{
    char line[sizeof home_dir + 100] = "", *at;
    long long changed, size;
    size_t room, from;
    struct stat st;

    if (!find_line(module, line, sizeof line) || !(at = strchr(line, '\t')))
        return false;
    *at++ = '\0';
    changed = strtoll(at, &at, 10);
    size = strtoll(at, &at, 10);
    from = strtoull(at, &at, 10);
    to->len = strtoull(at, &at, 10);
    room = mapped_len - (size_t)(chunks - mapped);
    if (*at != '\n' || from > room || to->len > room - from)
        return false;
    to->bytes = chunks + from;
    buf_reset(path);
    if ((line[0] != '/' && (buf_str(path, home_dir) < 0 || buf_str(path, "/") < 0)) || buf_str(path, line) < 0)
        return false;
    return stat(path->data, &st) == 0 && st.st_mtime == changed && st.st_size == size;
}

#include "host/bundle.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"

/* After the magic, little-endian, one after the other: module (16 bits of length, bytes), path, time of the file's last
   change in seconds and its size (64 bits each), chunk (32 bits of length, bytes). A relative path is below home. */
static const char MAGIC[] = "synlua bundle 1\n";

#define ENTRIES_MAX 1024

static const char *mapped;
static size_t mapped_len;
static char home_dir[4096];

struct cursor {
    const unsigned char *at, *end;
    bool cut; /* something reaches beyond the end */
};

struct entry {
    const char *module, *path, *chunk;
    size_t module_len, path_len, chunk_len;
    int64_t changed, size;
};

static struct entry entries[ENTRIES_MAX];
static size_t entry_count;

static uint64_t take_number(struct cursor *c, size_t bytes)
{
    uint64_t n = 0;
    size_t i;

    if ((size_t)(c->end - c->at) < bytes) {
        c->cut = true;
        return 0;
    }
    for (i = 0; i < bytes; i++)
        n |= (uint64_t)c->at[i] << (8 * i);
    c->at += bytes;
    return n;
}

static const char *take_text(struct cursor *c, size_t bytes_of_length, size_t *len)
{
    const char *text;

    *len = (size_t)take_number(c, bytes_of_length);
    text = (const char *)c->at;
    if ((size_t)(c->end - c->at) < *len) {
        c->cut = true;
        *len = 0;
        return text;
    }
    c->at += *len;
    return text;
}

static bool take_entry(struct cursor *c, struct entry *to)
{
    to->module = take_text(c, 2, &to->module_len);
    to->path = take_text(c, 2, &to->path_len);
    to->changed = (int64_t)take_number(c, 8);
    to->size = (int64_t)take_number(c, 8);
    to->chunk = take_text(c, 4, &to->chunk_len);
    return !c->cut;
}

static bool map_file(const char *name)
{
    char path[sizeof home_dir + 32];
    struct stat st;
    void *at = MAP_FAILED;
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", home_dir, name);
    fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof MAGIC)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (at == MAP_FAILED)
        return false;
    mapped = at;
    mapped_len = (size_t)st.st_size;
    if (memcmp(mapped, MAGIC, sizeof MAGIC - 1) == 0)
        return true;
    bundle_close();
    return false;
}

static void read_entries(void)
{
    struct cursor c = {.at = (const unsigned char *)mapped + sizeof MAGIC - 1};

    c.end = (const unsigned char *)mapped + mapped_len;
    while (entry_count < ENTRIES_MAX && take_entry(&c, &entries[entry_count]))
        entry_count++;
}

void bundle_open(const char *home)
{
    bundle_close();
    if (strlen(home) >= sizeof home_dir)
        return;
    (void)snprintf(home_dir, sizeof home_dir, "%s", home);
    if (map_file("build/lua.bundle") || map_file("lua.bundle"))
        read_entries();
}

void bundle_close(void)
{
    if (mapped)
        (void)munmap((void *)(size_t)mapped, mapped_len);
    mapped = NULL;
    entry_count = 0;
}

static bool is_current(const struct entry *e, struct buf *path)
{
    const char *base = e->path_len > 0 && e->path[0] == '/' ? "" : home_dir;
    struct stat st;

    buf_reset(path);
    if (buf_addf(path, "%s%s%.*s", base, *base ? "/" : "", (int)e->path_len, e->path) < 0)
        return false;
    return stat(path->data, &st) == 0 && st.st_mtime == e->changed && st.st_size == e->size;
}

bool bundle_find(const char *module, struct bundle_chunk *to, struct buf *path)
{
    size_t len = strlen(module), i;

    for (i = 0; i < entry_count; i++)
        if (entries[i].module_len == len && memcmp(entries[i].module, module, len) == 0) {
            to->bytes = entries[i].chunk;
            to->len = entries[i].chunk_len;
            return is_current(&entries[i], path);
        }
    return false;
}

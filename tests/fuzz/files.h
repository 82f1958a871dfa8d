/* A main for compilers without libFuzzer: runs each file that it is given through the target. */
#pragma once

#ifdef FUZZ_MAIN
#include <stdio.h>
#include <stdlib.h>

/* room: bytes of a file that are read at most. */
static int run_files(int argc, char **argv, size_t room)
{
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        uint8_t *data = malloc(room);
        size_t size;

        if (!file || !data) {
            perror(argv[i]);
            exit(1);
        }
        size = fread(data, 1, room, file);
        (void)fclose(file);
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    return 0;
}
#endif

#include "output/token.h"

#include <string.h>

static const char *const NAMES[] = {"access_token=", "loginToken=", "login_token="};

void token_hide(char *bytes, size_t len)
{
    const char *end = bytes + len;
    size_t i;

    for (i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        char *at = bytes;

        while ((at = memmem(at, (size_t)(end - at), NAMES[i], strlen(NAMES[i]))) != NULL)
            for (at += strlen(NAMES[i]); at < end && !strchr("&#<>\"', \\\t\r\n", *at); at++)
                *at = '*';
    }
}

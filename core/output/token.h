/* Hides the tokens of clients, which stand in the requests that nginx logs with its errors. */
#pragma once

#include <stddef.h>

/* Overwrites the values of arguments that are tokens with as many *, in place. May be called twice. */
void token_hide(char *bytes, size_t len);

/* Hides the tokens of clients, which stand in the requests that nginx logs with its errors. */
#pragma once

#include <stddef.h>

/* Overwrites what is secret in requests, in place: the values of arguments that are tokens, those of the headers that
   say who a client is, and secrets that are part of a path. They become as many *. What nginx quotes of a connection
   without the PROXY protocol, up to 2 KB of any request, becomes three. Returns the new length. May be called again
   with more bytes behind these. */
size_t token_hide(char *bytes, size_t len);

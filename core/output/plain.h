/* Makes text that we did not write safe for a terminal: characters that would move the cursor, change colours or change
   the direction of text are escaped. Pure. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* Returns how many of the `left` bytes at s are its first UTF-8 character, or 0 if they do not begin with one. */
size_t plain_character(const unsigned char *s, size_t left);

/* Appends the text. Control characters other than tabs and line breaks, and bytes that are not UTF-8, are escaped as
   \xNN or \u{NNNN}. */
int plain_add(struct buf *to, const char *text, size_t len);

/* Text of strangers as a terminal may have it: what would move the cursor, change colours or turn the order of letters
   is shown escaped. Pure. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* How many bytes the character at s has, of n at most; 0 where it is no UTF-8. */
size_t plain_character(const unsigned char *s, size_t left);

/* Appends the text: control characters but tabs and line breaks, and bytes that are no UTF-8, as \xNN or \u{NNNN}. */
int plain_add(struct buf *to, const char *text, size_t len);

/* Lines from a terminal, with editing keys, history and completion, by libedit; and Ctrl-C while a chunk runs. The
   library is loaded by edit_open. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Called for the Tab key with the text before the cursor. Fills what to insert there, and a list to show. */
typedef void (*edit_complete_fn)(const char *before, struct buf *insert, struct buf *list);

int edit_open(edit_complete_fn fn, struct err *e); /* standard input and output must be terminals */
void edit_close(void);

enum edit_result { EDIT_FAILED = -1, EDIT_LINE, EDIT_END, EDIT_INTERRUPTED };

/* Reads one line, without its line break. EDIT_INTERRUPTED: Ctrl-C; the line is dropped. */
enum edit_result edit_read(const char *prompt, struct buf *line, struct err *e);

int edit_remember(const char *line, struct err *e); /* adds a line to the history of this session */
int edit_columns(void);                             /* width of the terminal at standard output; 0: unknown */

/* For use between edit_open and edit_close. Between these two, Ctrl-C calls fn, in a signal handler. A second one ends
   the program with 130. */
void edit_guard(void (*fn)(void));
void edit_unguard(void);

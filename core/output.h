/* Children's stdout and stderr as whole lines "name | line" on our stdout. One pipe per service and stream, made once;
   synlua keeps both ends, so that a restart loses nothing and no writer ever sees a closed pipe. */
#ifndef SYNLUA_OUTPUT_H
#define SYNLUA_OUTPUT_H

#include "err.h"

#define OUTPUT_LINE_MAX 16384 /* longer lines are cut into pieces of this length */

struct output;

int output_start(struct err *e); /* our stdout; needs the loop */
void output_stop(void);          /* closes every pipe, writes what is kept within a short time */

/* The pipe of one service and stream ("out" or "err"), made on first use. The result is owned by output.c. */
struct output *output_get(const char *name, const char *stream, struct err *e);

int output_writer(const struct output *o); /* the end for the child; borrowed */

/* Takes what a dead child left in its pipes, an unfinished last line too. Bounded: a grandchild may still write. */
void output_drain(const char *name);

/* The last whole line that a service wrote, "" before the first; borrowed until the next turn of the loop. */
const char *output_last(const char *name);

#endif

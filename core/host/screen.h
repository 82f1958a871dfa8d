/* A whole terminal to draw on, and its keys, by ncurses, which screen_open loads. It draws what it is told, and decides
   nothing. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum screen_style { SCREEN_PLAIN, SCREEN_BOLD, SCREEN_HEAD, SCREEN_MUTED, SCREEN_GOOD, SCREEN_BUSY, SCREEN_BAD };

/* Takes the terminal at standard input and output. Ctrl-C and Ctrl-Z become keys. A signal that ends the program gives
   the terminal back first. */
int screen_open(bool colours, struct err *e);
void screen_close(void);

int screen_rows(void);
int screen_columns(void);

/* Text from a cell on; what does not fit into its row is cut. Nothing is seen before screen_show. */
void screen_clear(void);
void screen_put(int row, int column, const char *text, enum screen_style style);
void screen_show(void);

enum screen_result { SCREEN_KEY, SCREEN_NONE, SCREEN_END }; /* SCREEN_END: the terminal has gone */

#define SCREEN_KEY_NAME 16

/* Waits for a key. Its name is "up", "enter" and the like, or the character that was typed. */
enum screen_result screen_key(int ms, char name[SCREEN_KEY_NAME]);

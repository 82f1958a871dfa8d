#include "host/screen.h"

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/library.h"

#define FUNCTIONS(X)      \
    X(curs_set)           \
    X(delscreen)          \
    X(endwin)             \
    X(getmaxx)            \
    X(getmaxy)            \
    X(has_colors)         \
    X(init_pair)          \
    X(keypad)             \
    X(newterm)            \
    X(noecho)             \
    X(raw)                \
    X(set_escdelay)       \
    X(start_color)        \
    X(use_default_colors) \
    X(waddnwstr)          \
    X(wattr_set)          \
    X(werase)             \
    X(wget_wch)           \
    X(wmove)              \
    X(wrefresh)           \
    X(wtimeout)

static struct {
#define X(name) __typeof__(name) *name; /* NOLINT(bugprone-macro-parentheses): it is a name */
    FUNCTIONS(X)
#undef X
} lib;

static SCREEN *screen;
static WINDOW *window, **standard; /* the library's own variable */
static bool coloured;

static int load_library(struct err *e)
{
    static const struct library_symbol symbols[] = {
#define X(name) {#name, &lib.name},
        FUNCTIONS(X)
#undef X
        {"stdscr", &standard},
    };

    return library_load("libncursesw.so.6", "terminal", symbols, sizeof symbols / sizeof *symbols, e);
}

static int take_terminal(struct err *e)
{
    screen = lib.newterm(NULL, stdout, stdin);
    if (!screen)
        return err_set(e, ENOTTY, "this terminal is not known to ncurses: set TERM, for example to xterm-256color");
    window = *standard;
    return 0;
}

static const struct look {
    attr_t attributes;
    short foreground; /* -1: the terminal's own */
} looks[] = {
    [SCREEN_PLAIN] = {A_NORMAL, -1},
    [SCREEN_BOLD] = {A_BOLD, -1},
    [SCREEN_HEAD] = {A_REVERSE, -1},
    [SCREEN_MUTED] = {A_DIM, -1},
    [SCREEN_GOOD] = {A_NORMAL, COLOR_GREEN},
    [SCREEN_BUSY] = {A_NORMAL, COLOR_YELLOW},
    [SCREEN_BAD] = {A_BOLD, COLOR_RED},
};
#define LOOKS (sizeof looks / sizeof *looks)

static void set_colours(bool wanted)
{
    short at;

    coloured = wanted && lib.has_colors() && lib.start_color() == OK && lib.use_default_colors() == OK;
    for (at = 0; coloured && at < (short)LOOKS; at++)
        if (looks[at].foreground >= 0)
            (void)lib.init_pair((short)(at + 1), looks[at].foreground, -1);
}

int screen_open(bool colours, struct err *e)
{
    if (screen)
        return err_set(e, EALREADY, "terminal: is taken already");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(e, ENOTTY, "standard input and output must be a terminal");
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    if (load_library(e) < 0 || take_terminal(e) < 0)
        return -1;
    (void)lib.set_escdelay(50);
    (void)lib.raw();
    (void)lib.noecho();
    (void)lib.keypad(window, TRUE);
    (void)lib.curs_set(0);
    set_colours(colours);
    return 0;
}

void screen_close(void)
{
    if (!screen)
        return;
    (void)lib.endwin();
    lib.delscreen(screen);
    screen = NULL;
    window = NULL;
}

int screen_rows(void)
{
    return window ? lib.getmaxy(window) : 0;
}

int screen_columns(void)
{
    return window ? lib.getmaxx(window) : 0;
}

void screen_clear(void)
{
    if (window)
        (void)lib.werase(window);
}

void screen_put(int row, int column, const char *text, enum screen_style style)
{
    int left = screen_columns() - column, width;
    mbstate_t state = {0};
    size_t used, rest = strlen(text);
    wchar_t one;

    if (!window || row < 0 || row >= screen_rows() || column < 0 || lib.wmove(window, row, column) == ERR)
        return;
    (void)lib.wattr_set(window, looks[style].attributes,
                        (short)(coloured && looks[style].foreground >= 0 ? style + 1 : 0), NULL);
    for (; rest > 0 && left > 0; text += used, rest -= used) {
        used = mbrtowc(&one, text, rest, &state);
        if (used == 0 || used > rest) { /* no UTF-8: one strange character */
            used = 1;
            one = L'?';
            memset(&state, 0, sizeof state);
        }
        width = wcwidth(one);
        if (width < 0) {
            one = L'?';
            width = 1;
        }
        if (width > left)
            break;
        left -= width;
        (void)lib.waddnwstr(window, &one, 1);
    }
}

void screen_show(void)
{
    if (window)
        (void)lib.wrefresh(window);
}

static const struct {
    wint_t code;
    const char *name;
} keys[] = {
    {KEY_UP, "up"},      {KEY_DOWN, "down"},       {KEY_PPAGE, "page up"},       {KEY_NPAGE, "page down"},
    {KEY_HOME, "home"},  {KEY_END, "end"},         {KEY_BACKSPACE, "backspace"}, {KEY_ENTER, "enter"},
    {KEY_LEFT, "left"},  {KEY_RIGHT, "right"},     {KEY_BTAB, "back tab"},       {KEY_RESIZE, "resize"},
}, characters[] = {
    {'\r', "enter"}, {'\n', "enter"}, {'\t', "tab"}, {27, "escape"}, {3, "interrupt"}, {127, "backspace"},
    {8, "backspace"},
};

static bool is_gone(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&in, 1, 0) > 0 && (in.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* Each table ends by its size; an unknown key of the terminal has no name. */
static bool name_of(bool special, wint_t code, char name[SCREEN_KEY_NAME])
{
    size_t at, count = special ? sizeof keys / sizeof *keys : sizeof characters / sizeof *characters;
    mbstate_t state = {0};

    for (at = 0; at < count; at++)
        if ((special ? keys[at].code : characters[at].code) == code) {
            (void)snprintf(name, SCREEN_KEY_NAME, "%s", special ? keys[at].name : characters[at].name);
            return true;
        }
    at = special ? (size_t)-1 : wcrtomb(name, (wchar_t)code, &state);
    if (at == (size_t)-1)
        return false;
    name[at] = '\0';
    return true;
}

enum screen_result screen_key(int ms, char name[SCREEN_KEY_NAME])
{
    wint_t code;
    int rc;

    if (!window)
        return SCREEN_END;
    lib.wtimeout(window, ms);
    rc = lib.wget_wch(window, &code);
    if (rc == ERR)
        return is_gone() ? SCREEN_END : SCREEN_NONE;
    return name_of(rc == KEY_CODE_YES, code, name) ? SCREEN_KEY : SCREEN_NONE;
}

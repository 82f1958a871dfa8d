#include "host/edit.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/library.h"

#define HISTORY 1000

/* The library is loaded only when needed: with its own libraries it would cost every short command 1 ms. */
#define FUNCTIONS(X) \
    X(el_end)        \
    X(el_gets)       \
    X(el_init)       \
    X(el_insertstr)  \
    X(el_line)       \
    X(el_resize)     \
    X(el_set)        \
    X(history)       \
    X(history_end)   \
    X(history_init)

static struct {
#define X(name) __typeof__(name) *name; /* NOLINT(bugprone-macro-parentheses): it is a name */
    FUNCTIONS(X)
#undef X
} lib;

static EditLine *editor;
static History *lines;
static edit_complete_fn complete;
static const char *shown_prompt = "";
static volatile sig_atomic_t got_interrupt, got_resize, was_interrupted;
static sigset_t outside; /* the signals that are blocked while nothing is read */
static void (*tell)(void);
static struct sigaction as_found; /* what Ctrl-C did before edit_open */

static int load_library(struct err *e)
{
    static const struct library_symbol symbols[] = {
#define X(name) {#name, &lib.name},
        FUNCTIONS(X)
#undef X
    };

    return library_load("libedit.so.2", "line editing", symbols, sizeof symbols / sizeof *symbols, e);
}

static char *prompt_of(EditLine *of)
{
    (void)of;
    return (char *)(size_t)shown_prompt;
}

static void on_signal(int signum)
{
    if (signum == SIGINT)
        got_interrupt = 1;
    else
        got_resize = 1;
}

/* Waits for one byte. Signals come only while it waits, so none is lost between a look at their flags and the wait. */
static int next_byte(char *byte)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t n;

    for (;;) {
        if (got_interrupt) {
            was_interrupted = 1;
            errno = EINTR;
            return -1;
        }
        if (got_resize) {
            got_resize = 0;
            lib.el_resize(editor);
            (void)lib.el_set(editor, EL_REFRESH);
        }
        if (ppoll(&in, 1, NULL, &outside) < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        n = read(STDIN_FILENO, byte, 1);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return (int)n;
    }
}

/* One character of UTF-8. Bytes that are none count as one strange character. */
static int next_character(EditLine *of, wchar_t *to)
{
    mbstate_t state = {0};
    size_t used;
    char byte;
    int got;

    (void)of;
    for (;;) {
        got = next_byte(&byte);
        if (got <= 0)
            return got;
        used = mbrtowc(to, &byte, 1, &state);
        if (used == (size_t)-1)
            *to = L'?';
        if (used != (size_t)-2)
            return 1;
    }
}

static unsigned char on_tab(EditLine *of, int key)
{
    const LineInfo *at = lib.el_line(of);
    struct buf before = BUF_INIT, insert = BUF_INIT, list = BUF_INIT;
    unsigned char done = CC_ERROR;

    (void)key;
    if (buf_add(&before, at->buffer, (size_t)(at->cursor - at->buffer)) == 0 && buf_str(&before, "") == 0)
        complete(before.data ? before.data : "", &insert, &list);
    if (insert.len > 0 && lib.el_insertstr(of, insert.data) == 0)
        done = CC_REFRESH;
    if (list.len > 0) {
        (void)printf("\n%s\n", list.data);
        done = CC_REDISPLAY;
    }
    buf_free(&before);
    buf_free(&insert);
    buf_free(&list);
    return done;
}

static void take_signal(int signum, void (*handler)(int), struct sigaction *was)
{
    struct sigaction catch = {.sa_handler = handler};

    (void)sigaction(signum, &catch, was);
}

static int set_up(struct err *e)
{
    HistEvent event;

    editor = lib.el_init("synlua", stdin, stdout, stderr);
    lines = lib.history_init();
    if (!editor || !lines)
        return err_set(e, ENOMEM, "line editing did not start");
    (void)lib.history(lines, &event, H_SETSIZE, HISTORY);
    (void)lib.history(lines, &event, H_SETUNIQUE, 1);
    (void)lib.el_set(editor, EL_SIGNAL, 0);
    (void)lib.el_set(editor, EL_PROMPT, prompt_of);
    (void)lib.el_set(editor, EL_EDITOR, "emacs");
    (void)lib.el_set(editor, EL_HIST, lib.history, lines);
    (void)lib.el_set(editor, EL_GETCFN, next_character);
    (void)lib.el_set(editor, EL_ADDFN, "complete", "Completes the word before the cursor", on_tab);
    (void)lib.el_set(editor, EL_BIND, "^I", "complete", NULL);
    (void)lib.el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    return 0;
}

int edit_open(edit_complete_fn fn, struct err *e)
{
    if (editor)
        return err_set(e, EALREADY, "line editing has started already");
    if (load_library(e) < 0)
        return -1;
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    complete = fn;
    take_signal(SIGINT, on_signal, &as_found); /* until the end, so that Ctrl-C between two chunks does nothing */
    if (set_up(e) == 0)
        return 0;
    edit_close();
    return -1;
}

void edit_close(void)
{
    if (lines)
        lib.history_end(lines);
    if (editor)
        lib.el_end(editor);
    lines = NULL;
    editor = NULL;
    (void)sigaction(SIGINT, &as_found, NULL);
}

enum edit_result edit_read(const char *prompt, struct buf *line, struct err *e)
{
    struct sigaction was_winch;
    sigset_t held;
    const char *text;
    int count = 0;

    got_interrupt = got_resize = was_interrupted = 0;
    shown_prompt = prompt;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGWINCH);
    (void)sigprocmask(SIG_BLOCK, &held, &outside);
    take_signal(SIGWINCH, on_signal, &was_winch);
    lib.el_resize(editor);
    errno = 0;
    text = lib.el_gets(editor, &count);
    (void)sigprocmask(SIG_SETMASK, &outside, NULL);
    (void)sigaction(SIGWINCH, &was_winch, NULL);
    shown_prompt = "";
    if (was_interrupted)
        return EDIT_INTERRUPTED;
    if (!text || count <= 0)
        return EDIT_END;
    if (buf_add(line, text, strcspn(text, "\n")) < 0) {
        (void)err_sys(e, "line of input");
        return EDIT_FAILED;
    }
    return EDIT_LINE;
}

int edit_remember(const char *line, struct err *e)
{
    HistEvent event;

    return lib.history(lines, &event, H_ENTER, line) < 0 ? err_set(e, ENOMEM, "history") : 0;
}

int edit_columns(void)
{
    struct winsize size = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* A chunk that a function of C holds up does not end by the first one. */
static void on_guarded(int signum)
{
    if (got_interrupt)
        _exit(128 + signum);
    got_interrupt = 1;
    tell();
}

void edit_guard(void (*fn)(void))
{
    tell = fn;
    got_interrupt = 0;
    take_signal(SIGINT, on_guarded, NULL);
}

void edit_unguard(void)
{
    take_signal(SIGINT, on_signal, NULL);
}

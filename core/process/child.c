#include "process/child.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

static struct child *children;
static pthread_mutex_t table = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void child_lock(void)
{
    (void)pthread_mutex_lock(&table);
}

void child_unlock(void)
{
    (void)pthread_mutex_unlock(&table);
}

struct child *child_add(const struct child *spec, struct err *e)
{
    struct child *c = err_calloc(sizeof *c, e);

    if (!c)
        return NULL;
    *c = *spec;
    c->started_ms = sys_now();
    c->stop_ms = c->kill_ms = 0;
    c->killed = c->gone = c->is_swept = false;
    c->waited_ms = 0;
    child_lock();
    c->next = children;
    children = c;
    child_unlock();
    return c;
}

struct child *child_find(pid_t pid)
{
    struct child *c = children;

    while (c && (c->pid != pid || c->gone))
        c = c->next;
    return c;
}

struct child *child_named(const char *name)
{
    struct child *c = children;

    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

struct child *child_first(void)
{
    return children;
}

void child_remove(struct child *c)
{
    struct child **at = &children;

    child_lock();
    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
    free(c);
    child_unlock();
}

int child_top_stage(int limit)
{
    const struct child *c;
    int top = -1;

    for (c = children; c; c = c->next)
        if (!c->gone && c->stage > top && c->stage < limit)
            top = c->stage;
    return top;
}

struct child *child_of(pid_t pid)
{
    struct child *c = child_find(pid);
    pid_t session;

    if (c)
        return c;
    session = getsid(pid);
    return session > 0 ? child_find(session) : NULL;
}

void child_signal(const struct child *c, int signal)
{
    child_lock();
    /* The pid still names this child: it is not reused before we have waited for it. */
    if (!c->gone)
        (void)sys_kill(signal == SIGKILL ? -c->pid : c->pid, signal);
    child_unlock();
}

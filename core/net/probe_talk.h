/* The protocols of probes: what to ask, and what the bytes that came so far mean. Owns nothing, does no input or
   output: a struct probe_talk lives in its probe. */
#ifndef SYNLUA_PROBE_TALK_H
#define SYNLUA_PROBE_TALK_H

#include <stddef.h>

#include "net/probe.h"

struct probe_talk {
    enum probe_kind kind;
    char ask[512]; /* ask_len 0: being connected is the answer */
    size_t ask_len;
    char answer[512];
    size_t got;
    char why[128];
    const char *bye; /* what ends the conversation, or NULL; then the other side closes */
    size_t bye_len;
};

enum probe_verdict { PROBE_MORE, PROBE_READY, PROBE_NOT_READY };

/* ENAMETOOLONG when what is asked for does not fit. */
int probe_talk_begin(struct probe_talk *t, const struct probe_target *target, struct err *e);

/* answer[got] was added to; PROBE_NOT_READY sets why, PROBE_READY may set bye. */
enum probe_verdict probe_talk_judge(struct probe_talk *t);

#endif

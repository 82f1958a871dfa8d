#include "yaml/write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "yaml/yaml11.h"

struct yaml_writer {
    yaml_emitter_t emitter;
    struct buf out;
    bool begun;
};

static int take_bytes(void *data, unsigned char *bytes, size_t len)
{
    struct yaml_writer *w = data;

    return buf_add(&w->out, bytes, len) == 0;
}

struct yaml_writer *yaml_writer_new(struct err *e)
{
    struct yaml_writer *w = calloc(1, sizeof *w);

    if (!w || !yaml_emitter_initialize(&w->emitter)) {
        (void)err_set(e, ENOMEM, "out of memory");
        free(w);
        return NULL;
    }
    yaml_emitter_set_output(&w->emitter, take_bytes, w);
    yaml_emitter_set_indent(&w->emitter, 2);
    yaml_emitter_set_width(&w->emitter, -1);
    return w;
}

void yaml_writer_free(struct yaml_writer *w)
{
    if (!w)
        return;
    yaml_emitter_delete(&w->emitter);
    buf_free(&w->out);
    free(w);
}

/* Emits what an initialize function made; made is its result. The emitter owns the event then. */
static int emit(struct yaml_writer *w, yaml_event_t *event, int made, struct err *e)
{
    if (!made)
        return err_set(e, ENOMEM, "out of memory");
    if (yaml_emitter_emit(&w->emitter, event))
        return 0;
    if (w->emitter.error == YAML_EMITTER_ERROR)
        return err_set(e, EBADMSG, "cannot be written: %s", w->emitter.problem);
    return err_set(e, ENOMEM, "out of memory");
}

/* A scalar alone could come out as nothing at all, so it gets an explicit "---". */
static int begin_document(struct yaml_writer *w, bool scalar, struct err *e)
{
    yaml_event_t event;

    if (w->begun)
        return 0;
    w->begun = true;
    if (emit(w, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), e) < 0)
        return -1;
    return emit(w, &event,
                yaml_document_start_event_initialize(&event, NULL, NULL, NULL, !scalar), e);
}

int yaml_write_begin(struct yaml_writer *w, enum yaml_kind kind, const char *tag, bool empty,
                     struct err *e)
{
    const yaml_char_t *name = (const yaml_char_t *)tag;
    yaml_event_t event;
    int made;

    if (tag && (kind == YAML_SCALAR || !yaml_tag_fits(kind, tag)))
        return err_set(e, EBADMSG, "the tag %.100s cannot be written here", tag);
    if (begin_document(w, false, e) < 0)
        return -1;
    if (kind == YAML_MAP)
        made = yaml_mapping_start_event_initialize(
            &event, NULL, name, !tag, empty ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE);
    else
        made = yaml_sequence_start_event_initialize(
            &event, NULL, name, !tag, empty ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
    return emit(w, &event, made, e);
}

int yaml_write_end(struct yaml_writer *w, enum yaml_kind kind, struct err *e)
{
    yaml_event_t event;
    int made = kind == YAML_MAP ? yaml_mapping_end_event_initialize(&event)
                                : yaml_sequence_end_event_initialize(&event);

    return emit(w, &event, made, e);
}

/* The length of the UTF-8 character at p, or 0. */
static size_t utf8_length(const unsigned char *p, size_t len)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3
                  : *p >= 0xf0 && *p < 0xf5               ? 4
                                                          : 0;
    unsigned long code;

    if (need < 2 || need > len)
        return need > len ? 0 : need;
    code = *p & (0xffu >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < least[need] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return need;
}

static bool is_utf8(const char *text, size_t len)
{
    for (size_t at = 0, step; at < len; at += step)
        if (!(step = utf8_length((const unsigned char *)text + at, len - at)))
            return false;
    return true;
}

/* Printable ASCII on one line, which every style but the block ones leaves as it is. */
static bool is_simple_line(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return true;
}

/* Whole lines of printable ASCII, none blank, none indented, none with spaces at its end: what a
   literal block holds without an indentation or chomping that readers might take differently. */
static bool is_simple_block(const char *text, size_t len)
{
    if (!len || text[len - 1] != '\n')
        return false;
    for (size_t i = 0; i < len; i++) {
        bool starts = i == 0 || text[i - 1] == '\n';

        if (text[i] == '\n' ? starts || text[i - 1] == ' ' : text[i] < 0x20 || text[i] > 0x7e)
            return false;
        if (starts && text[i] == ' ')
            return false;
    }
    return true;
}

/* No more than file names, host names and words; y and n are booleans to other YAML 1.1 readers. */
static bool is_safe_plain(const char *text, size_t len)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/";
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/.-0123456789";

    if (!len || !text[0] || !strchr(first, text[0]) || strspn(text, rest) != len)
        return false;
    return yaml11_is_string(text, len) && !(len == 1 && strchr("yYnN", text[0]));
}

static int emit_scalar(struct yaml_writer *w, const struct yaml_text *it, yaml_scalar_style_t style,
                       struct err *e)
{
    yaml_event_t event;
    int made;

    if (begin_document(w, true, e) < 0)
        return -1;
    if (it->len > YAML_MAX_INPUT)
        return err_set(e, EBADMSG, "too long");
    made = yaml_scalar_event_initialize(&event, NULL, (const yaml_char_t *)it->tag,
                                        (const yaml_char_t *)it->text, (int)it->len, !it->tag,
                                        !it->tag, style);
    return emit(w, &event, made, e);
}

int yaml_write_string(struct yaml_writer *w, const char *text, size_t len, struct err *e)
{
    struct yaml_text it = {.text = text, .len = len};

    if (!is_utf8(text, len))
        return err_set(e, EBADMSG, "not valid UTF-8");
    return emit_scalar(w, &it,
                       is_safe_plain(text, len) ? YAML_PLAIN_SCALAR_STYLE
                                                : YAML_DOUBLE_QUOTED_SCALAR_STYLE,
                       e);
}

static yaml_scalar_style_t libyaml_style(const struct yaml_text *it)
{
    bool line = is_simple_line(it->text, it->len);

    if (it->style == YAML_PLAIN && line)
        return YAML_PLAIN_SCALAR_STYLE;
    if (it->style == YAML_SINGLE && line)
        return YAML_SINGLE_QUOTED_SCALAR_STYLE;
    if (it->style == YAML_LITERAL && !it->key && is_simple_block(it->text, it->len))
        return YAML_LITERAL_SCALAR_STYLE;
    if (it->style == YAML_FOLDED && !it->key && is_simple_block(it->text, it->len))
        return YAML_FOLDED_SCALAR_STYLE;
    return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

int yaml_write_scalar(struct yaml_writer *w, const struct yaml_text *scalar, struct err *e)
{
    struct yaml_text it = *scalar;
    enum yaml11_kind kind;

    if (!is_utf8(it.text, it.len))
        return err_set(e, EBADMSG, "not valid UTF-8");
    if (it.tag && !yaml_tag_fits(YAML_SCALAR, it.tag))
        return err_set(e, EBADMSG, "the tag %.100s cannot be written here", it.tag);
    if (it.tag || it.style != YAML_PLAIN)
        return emit_scalar(w, &it, libyaml_style(&it), e);
    kind = yaml11_kind(it.text, it.len);
    if (kind == YAML11_MERGE || kind == YAML11_VALUE)
        return err_set(e, EBADMSG, "a plain %s cannot be written", it.text);
    if (it.key && !it.len)
        return yaml_write_plain(w, "null", e); /* libyaml would write '' */
    if (kind != YAML11_STR && !is_simple_line(it.text, it.len))
        it.tag = yaml11_tag(kind); /* quotes are needed, and the kind must stay */
    return emit_scalar(w, &it, libyaml_style(&it), e);
}

int yaml_write_plain(struct yaml_writer *w, const char *text, struct err *e)
{
    struct yaml_text it = {.text = text, .len = strlen(text)};

    return emit_scalar(w, &it, YAML_PLAIN_SCALAR_STYLE, e);
}

/* The shortest text that is this number again; YAML 1.1 knows a float by its point. */
int yaml_write_float(struct yaml_writer *w, double value, struct err *e)
{
    char text[48], mantissa[40];
    const char *exponent;

    if (isnan(value))
        return yaml_write_plain(w, ".nan", e);
    if (isinf(value))
        return yaml_write_plain(w, value < 0 ? "-.inf" : ".inf", e);
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(mantissa, sizeof mantissa, "%.*g", digits, value);
        if (strtod(mantissa, NULL) == value)
            break;
    }
    exponent = strchr(mantissa, 'e');
    if (strchr(mantissa, '.'))
        return yaml_write_plain(w, mantissa, e);
    (void)snprintf(text, sizeof text, "%.*s.0%s",
                   exponent ? (int)(exponent - mantissa) : (int)strlen(mantissa), mantissa,
                   exponent ? exponent : "");
    return yaml_write_plain(w, text, e);
}

int yaml_write_finish(struct yaml_writer *w, const struct buf **out, struct err *e)
{
    yaml_event_t event;

    if (emit(w, &event, yaml_document_end_event_initialize(&event, 1), e) < 0 ||
        emit(w, &event, yaml_stream_end_event_initialize(&event), e) < 0)
        return -1;
    *out = &w->out;
    return 0;
}

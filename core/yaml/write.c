#include "yaml/write.h"

#include <errno.h>
#include <stdlib.h>

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

/* Emits an event that a yaml_*_event_initialize function has made; `made` is its result. The emitter owns it then. */
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

/* A document of one empty scalar would be an empty text, so a scalar gets an explicit "---". */
static int begin(struct yaml_writer *w, bool scalar, struct err *e)
{
    yaml_event_t event;

    if (w->begun)
        return 0;
    w->begun = true;
    if (emit(w, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), e) < 0)
        return -1;
    return emit(w, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, !scalar), e);
}

static int finish(struct yaml_writer *w, struct err *e)
{
    yaml_event_t event;

    if (emit(w, &event, yaml_document_end_event_initialize(&event, 1), e) < 0)
        return -1;
    return emit(w, &event, yaml_stream_end_event_initialize(&event), e);
}

int yaml_writer_put(struct yaml_writer *w, const struct yaml_item *item, struct err *e)
{
    const yaml_char_t *tag = (const yaml_char_t *)item->tag;
    yaml_event_t event;
    int made;

    if (begin(w, item->kind == YAML_SCALAR, e) < 0)
        return -1;
    switch (item->kind) {
    case YAML_SCALAR:
        if (item->len > YAML_MAX_INPUT)
            return err_set(e, EBADMSG, "too long");
        made = yaml_scalar_event_initialize(&event, NULL, tag, (const yaml_char_t *)item->text, (int)item->len, !tag,
                                            !tag, (yaml_scalar_style_t)item->style);
        break;
    case YAML_MAP:
        made = yaml_mapping_start_event_initialize(&event, NULL, tag, !tag,
                                                   item->empty ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE);
        break;
    case YAML_SEQ:
        made = yaml_sequence_start_event_initialize(&event, NULL, tag, !tag,
                                                    item->empty ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
        break;
    case YAML_MAP_END:
        made = yaml_mapping_end_event_initialize(&event);
        break;
    case YAML_SEQ_END:
        made = yaml_sequence_end_event_initialize(&event);
        break;
    case YAML_DONE:
        return finish(w, e);
    default:
        return err_set(e, EBADMSG, "aliases are not written");
    }
    return emit(w, &event, made, e);
}

const struct buf *yaml_writer_text(const struct yaml_writer *w)
{
    return &w->out;
}

#include "yaml/yaml11.h"

#include <string.h>

#define DIGITS "0123456789"

/* All matchers take [p, end) and return where they stopped, or NULL if they did not match. */

static bool is_one_of(const char *p, const char *end, const char *set)
{
    return p < end && *p && strchr(set, *p);
}

static const char *skip(const char *p, const char *end, const char *set)
{
    while (is_one_of(p, end, set))
        p++;
    return p;
}

static const char *skip_sign(const char *p, const char *end)
{
    return is_one_of(p, end, "+-") ? p + 1 : p;
}

/* Between min and max digits. */
static const char *match_digits(const char *p, const char *end, int min, int max)
{
    int seen = 0;

    while (seen < max && is_one_of(p, end, DIGITS)) {
        p++;
        seen++;
    }
    return seen < min ? NULL : p;
}

static const char *match_char(const char *p, const char *end, const char *set)
{
    return p && is_one_of(p, end, set) ? p + 1 : NULL;
}

/* One or more of ":" and a number below 60. */
static const char *match_sixties(const char *p, const char *end)
{
    const char *start = p;

    while (p < end && *p == ':') {
        const char *digits = p + 1;

        p = match_digits(digits, end, 1, 2);
        if (!p || (p - digits == 2 && *digits > '5'))
            return NULL;
    }
    return p == start ? NULL : p;
}

static bool is_int(const char *p, const char *end)
{
    p = skip_sign(p, end);
    if (p == end)
        return false;
    if (*p == '0') {
        const char *set = "01234567_";

        if (++p == end)
            return true;
        if (*p == 'b' || *p == 'x') {
            set = *p == 'b' ? "01_" : DIGITS "abcdefABCDEF_";
            if (++p == end)
                return false;
        }
        return skip(p, end, set) == end;
    }
    if (!is_one_of(p, end, DIGITS))
        return false;
    p = skip(p, end, DIGITS "_");
    return p == end || match_sixties(p, end) == end;
}

static bool is_word(const char *p, const char *end, const char *const *words)
{
    for (; *words; words++)
        if ((size_t)(end - p) == strlen(*words) && !memcmp(p, *words, (size_t)(end - p)))
            return true;
    return false;
}

/* What may follow the digits after the point. */
static bool is_exponent(const char *p, const char *end)
{
    if (p == end)
        return true;
    p = match_char(p, end, "eE");
    p = match_char(p, end, "+-");
    p = p ? match_digits(p, end, 1, (int)(end - p)) : NULL;
    return p == end;
}

static bool is_float(const char *p, const char *end)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    const char *unsigned_part = skip_sign(p, end);

    if (is_word(unsigned_part, end, infinities) || is_word(p, end, nans))
        return true;
    if (p < end && *p == '.') {
        p = match_digits(p + 1, end, 1, 1);
        return p && is_exponent(skip(p, end, DIGITS "_"), end);
    }
    p = match_digits(unsigned_part, end, 1, 1);
    if (!p)
        return false;
    p = skip(p, end, DIGITS "_");
    if (p < end && *p == '.')
        return is_exponent(skip(p + 1, end, DIGITS "_"), end);
    p = match_char(match_sixties(p, end), end, ".");
    return p && skip(p, end, DIGITS "_") == end;
}

/* The zone may be missing. */
static bool is_zone(const char *p, const char *end)
{
    if (p == end)
        return true;
    p = skip(p, end, " \t");
    if (p < end && *p == 'Z')
        return p + 1 == end;
    p = match_char(p, end, "+-");
    p = p ? match_digits(p, end, 1, 2) : NULL;
    if (p && p < end)
        p = (p = match_char(p, end, ":")) ? match_digits(p, end, 2, 2) : NULL;
    return p == end;
}

static bool is_timestamp(const char *p, const char *end)
{
    const char *start = p;
    bool date_only;

    p = match_char(match_digits(p, end, 4, 4), end, "-");
    p = p ? match_digits(p, end, 1, 2) : NULL;
    p = match_char(p, end, "-");
    p = p ? match_digits(p, end, 1, 2) : NULL;
    if (!p)
        return false;
    date_only = p == end;
    if (date_only)
        return end - start == 10; /* 2001-01-01; a single digit is allowed only before a time */
    if (*p == 'T' || *p == 't')
        p++;
    else if (!is_one_of(p, end, " \t"))
        return false;
    else
        p = skip(p, end, " \t");
    p = match_char(match_digits(p, end, 1, 2), end, ":");
    p = p ? match_digits(p, end, 2, 2) : NULL;
    p = match_char(p, end, ":");
    p = p ? match_digits(p, end, 2, 2) : NULL;
    if (!p)
        return false;
    if (p < end && *p == '.')
        p = skip(p + 1, end, DIGITS);
    return is_zone(p, end);
}

enum yaml11_kind yaml11_kind(const char *text, size_t len)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"yes", "Yes", "YES", "no", "No", "NO",
                                        "true", "True", "TRUE", "false", "False", "FALSE",
                                        "on", "On", "ON", "off", "Off", "OFF", NULL};
    static const char *const merges[] = {"<<", NULL};
    static const char *const values[] = {"=", NULL};
    const char *end = text + len;

    if (is_word(text, end, nulls))
        return YAML11_NULL;
    if (is_word(text, end, bools))
        return YAML11_BOOL;
    if (is_int(text, end))
        return YAML11_INT;
    if (is_float(text, end))
        return YAML11_FLOAT;
    if (is_timestamp(text, end))
        return YAML11_TIMESTAMP;
    if (is_word(text, end, merges))
        return YAML11_MERGE;
    return is_word(text, end, values) ? YAML11_VALUE : YAML11_STR;
}

bool yaml11_is_string(const char *text, size_t len)
{
    return yaml11_kind(text, len) == YAML11_STR;
}

const char *yaml11_tag(enum yaml11_kind kind)
{
    static const char *const tags[] = {
        [YAML11_STR] = "tag:yaml.org,2002:str",
        [YAML11_NULL] = "tag:yaml.org,2002:null",
        [YAML11_BOOL] = "tag:yaml.org,2002:bool",
        [YAML11_INT] = "tag:yaml.org,2002:int",
        [YAML11_FLOAT] = "tag:yaml.org,2002:float",
        [YAML11_TIMESTAMP] = "tag:yaml.org,2002:timestamp",
        [YAML11_MERGE] = "tag:yaml.org,2002:merge",
        [YAML11_VALUE] = "tag:yaml.org,2002:value",
    };

    return tags[kind];
}

/*
 * JSON: a parser into a tree, queries on it, and a printer, on documents made here. Strings, numbers and objects live on
 * the heap; objects are hash tables that keep the order of their keys. A round makes one document, parses it, asks it
 * things, prints it twice (compact and indented), parses that again and compares.
 */
#include <stdbool.h>
#include <string.h>
#include <workload.h>

enum kind { NULL_VALUE, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT };

struct text {
    u32 length;
    char bytes[];
};

struct value {
    enum kind kind;
    union {
        bool boolean;
        struct { /* mantissa × 10^exponent: no floating point needed to keep numbers exactly */
            i64 mantissa;
            i32 exponent;
        } number;
        struct text *string;
        struct {
            struct value *items;
            u32 count, room;
        } array;
        struct object *object;
    };
};

struct member {
    struct text *key;
    u32 hash;
    struct value value;
};

struct object {
    struct member *members; /* in order */
    u32 count, room;
    u32 *slots; /* index + 1 of a member, 0 for none; a power of two, at most half full */
    u32 slot_count;
};

/* A growing text. */
struct buffer {
    char *bytes;
    u32 length, room;
};

static void buffer_reserve(struct buffer *b, u32 more)
{
    if (b->length + more > b->room) {
        b->room = (b->length + more) * 2 + 64;
        b->bytes = realloc(b->bytes, b->room);
        if (!b->bytes)
            abort();
    }
}

static void buffer_put(struct buffer *b, char c)
{
    buffer_reserve(b, 1);
    b->bytes[b->length++] = c;
}

static void buffer_add(struct buffer *b, const char *s, u32 n)
{
    buffer_reserve(b, n);
    memcpy(b->bytes + b->length, s, n);
    b->length += n;
}

static void buffer_text(struct buffer *b, const char *s)
{
    buffer_add(b, s, (u32)strlen(s));
}

static u32 hash_bytes(const char *s, u32 n)
{
    u32 h = 2166136261u;
    while (n--)
        h = (h ^ (u8)*s++) * 16777619u;
    return h;
}

static struct text *make_text(const char *s, u32 n)
{
    struct text *t = malloc(sizeof *t + n);
    t->length = n;
    memcpy(t->bytes, s, n);
    return t;
}

/* ---- Objects ---- */

static void object_index(struct object *o, u32 i)
{
    u32 at = o->members[i].hash & (o->slot_count - 1);
    while (o->slots[at])
        at = (at + 1) & (o->slot_count - 1);
    o->slots[at] = i + 1;
}

static struct value *object_find(const struct object *o, const char *key, u32 n)
{
    if (!o->slot_count)
        return 0;
    u32 hash = hash_bytes(key, n);
    for (u32 at = hash & (o->slot_count - 1); o->slots[at]; at = (at + 1) & (o->slot_count - 1)) {
        struct member *m = &o->members[o->slots[at] - 1];
        if (m->hash == hash && m->key->length == n && !memcmp(m->key->bytes, key, n))
            return &m->value;
    }
    return 0;
}

static struct value *object_add(struct object *o, struct text *key)
{
    if (o->count == o->room) {
        o->room = o->room ? o->room * 2 : 4;
        o->members = realloc(o->members, o->room * sizeof *o->members);
        free(o->slots);
        o->slot_count = o->room * 2;
        o->slots = calloc(o->slot_count, sizeof *o->slots);
        for (u32 i = 0; i < o->count; i++)
            object_index(o, i);
    }
    struct member *m = &o->members[o->count];
    m->key = key;
    m->hash = hash_bytes(key->bytes, key->length);
    m->value.kind = NULL_VALUE;
    object_index(o, o->count++);
    return &m->value;
}

static struct value *array_add(struct value *a)
{
    if (a->array.count == a->array.room) {
        a->array.room = a->array.room ? a->array.room * 2 : 4;
        a->array.items = realloc(a->array.items, a->array.room * sizeof *a->array.items);
    }
    struct value *v = &a->array.items[a->array.count++];
    v->kind = NULL_VALUE;
    return v;
}

static void release(struct value *v)
{
    switch (v->kind) {
    case STRING:
        free(v->string);
        break;
    case ARRAY:
        for (u32 i = 0; i < v->array.count; i++)
            release(&v->array.items[i]);
        free(v->array.items);
        break;
    case OBJECT:
        for (u32 i = 0; i < v->object->count; i++) {
            free(v->object->members[i].key);
            release(&v->object->members[i].value);
        }
        free(v->object->members);
        free(v->object->slots);
        free(v->object);
        break;
    default:
        break;
    }
    v->kind = NULL_VALUE;
}

/* ---- Parser ---- */

struct parser {
    const char *at, *end, *start;
    const char *error;
    struct buffer scratch;
};

static bool fail(struct parser *p, const char *why)
{
    if (!p->error)
        p->error = why;
    return false;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r'))
        p->at++;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_unit(struct parser *p, u32 *unit)
{
    *unit = 0;
    if (p->end - p->at < 4)
        return fail(p, "half an escape");
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*p->at++);
        if (digit < 0)
            return fail(p, "bad digit in an escape");
        *unit = *unit << 4 | (u32)digit;
    }
    return true;
}

static void put_utf8(struct buffer *b, u32 c)
{
    if (c < 0x80) {
        buffer_put(b, (char)c);
    } else if (c < 0x800) {
        buffer_put(b, (char)(0xc0 | c >> 6));
        buffer_put(b, (char)(0x80 | (c & 63)));
    } else if (c < 0x10000) {
        buffer_put(b, (char)(0xe0 | c >> 12));
        buffer_put(b, (char)(0x80 | (c >> 6 & 63)));
        buffer_put(b, (char)(0x80 | (c & 63)));
    } else {
        buffer_put(b, (char)(0xf0 | c >> 18));
        buffer_put(b, (char)(0x80 | (c >> 12 & 63)));
        buffer_put(b, (char)(0x80 | (c >> 6 & 63)));
        buffer_put(b, (char)(0x80 | (c & 63)));
    }
}

static bool parse_escape(struct parser *p)
{
    if (p->at == p->end)
        return fail(p, "half an escape");
    char c = *p->at++;
    switch (c) {
    case '"': case '\\': case '/': break;
    case 'b': c = '\b'; break;
    case 'f': c = '\f'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 't': c = '\t'; break;
    case 'u': {
        u32 unit, low;
        if (!parse_unit(p, &unit))
            return false;
        if (unit >= 0xd800 && unit < 0xdc00) {
            if (p->end - p->at < 2 || p->at[0] != '\\' || p->at[1] != 'u')
                return fail(p, "half a surrogate pair");
            p->at += 2;
            if (!parse_unit(p, &low))
                return false;
            if (low < 0xdc00 || low >= 0xe000)
                return fail(p, "bad surrogate pair");
            unit = 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
        }
        put_utf8(&p->scratch, unit);
        return true;
    }
    default:
        return fail(p, "unknown escape");
    }
    buffer_put(&p->scratch, c);
    return true;
}

static struct text *parse_string(struct parser *p)
{
    p->scratch.length = 0;
    p->at++;
    for (;;) {
        const char *from = p->at;
        while (p->at < p->end && *p->at != '"' && *p->at != '\\' && (u8)*p->at >= ' ')
            p->at++;
        buffer_add(&p->scratch, from, (u32)(p->at - from));
        if (p->at == p->end || (u8)*p->at < ' ') {
            fail(p, "string without an end");
            return 0;
        }
        if (*p->at++ == '"')
            return make_text(p->scratch.bytes, p->scratch.length);
        if (!parse_escape(p))
            return 0;
    }
}

static bool is_digit(const struct parser *p)
{
    return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static bool parse_number(struct parser *p, struct value *v)
{
    bool negative = *p->at == '-';
    u64 mantissa = 0;
    i32 exponent = 0;
    p->at += negative;
    if (!is_digit(p))
        return fail(p, "no digit in a number");
    if (*p->at == '0') {
        p->at++;
        if (is_digit(p))
            return fail(p, "leading zero");
    }
    for (; is_digit(p); p->at++) {
        if (mantissa < 100000000000000000u)
            mantissa = mantissa * 10 + (u64)(*p->at - '0');
        else
            exponent++;
    }
    if (p->at < p->end && *p->at == '.') {
        p->at++;
        if (!is_digit(p))
            return fail(p, "no digit behind the point");
        for (; is_digit(p); p->at++)
            if (mantissa < 100000000000000000u) {
                mantissa = mantissa * 10 + (u64)(*p->at - '0');
                exponent--;
            }
    }
    if (p->at < p->end && (*p->at | 32) == 'e') {
        p->at++;
        bool down = p->at < p->end && *p->at == '-';
        if (p->at < p->end && (*p->at == '-' || *p->at == '+'))
            p->at++;
        if (!is_digit(p))
            return fail(p, "no digit in an exponent");
        i32 e = 0;
        for (; is_digit(p); p->at++)
            if (e < 100000)
                e = e * 10 + (*p->at - '0');
        exponent += down ? -e : e;
    }
    while (mantissa && mantissa % 10 == 0) {
        mantissa /= 10;
        exponent++;
    }
    v->kind = NUMBER;
    v->number.mantissa = negative ? -(i64)mantissa : (i64)mantissa;
    v->number.exponent = mantissa ? exponent : 0;
    return true;
}

static bool parse_word(struct parser *p, const char *word)
{
    u32 n = (u32)strlen(word);
    if ((u32)(p->end - p->at) < n || memcmp(p->at, word, n))
        return fail(p, "unknown word");
    p->at += n;
    return true;
}

static bool parse_value(struct parser *p, struct value *v, int depth);

static bool parse_array(struct parser *p, struct value *v, int depth)
{
    memset(v, 0, sizeof *v);
    v->kind = ARRAY;
    p->at++;
    skip_blanks(p);
    if (p->at < p->end && *p->at == ']') {
        p->at++;
        return true;
    }
    for (;;) {
        struct value item;
        if (!parse_value(p, &item, depth))
            return false;
        *array_add(v) = item;
        skip_blanks(p);
        if (p->at == p->end)
            return fail(p, "array without an end");
        char c = *p->at++;
        if (c == ']')
            return true;
        if (c != ',')
            return fail(p, "no comma in an array");
    }
}

static bool parse_object(struct parser *p, struct value *v, int depth)
{
    v->kind = OBJECT;
    v->object = calloc(1, sizeof *v->object);
    p->at++;
    skip_blanks(p);
    if (p->at < p->end && *p->at == '}') {
        p->at++;
        return true;
    }
    for (;;) {
        skip_blanks(p);
        if (p->at == p->end || *p->at != '"')
            return fail(p, "no key in an object");
        struct text *key = parse_string(p);
        if (!key)
            return false;
        skip_blanks(p);
        if (p->at == p->end || *p->at++ != ':') {
            free(key);
            return fail(p, "no colon behind a key");
        }
        struct value item;
        if (!parse_value(p, &item, depth)) {
            free(key);
            return false;
        }
        *object_add(v->object, key) = item;
        skip_blanks(p);
        if (p->at == p->end)
            return fail(p, "object without an end");
        char c = *p->at++;
        if (c == '}')
            return true;
        if (c != ',')
            return fail(p, "no comma in an object");
    }
}

static bool parse_value(struct parser *p, struct value *v, int depth)
{
    v->kind = NULL_VALUE;
    if (depth > 100)
        return fail(p, "too deep");
    skip_blanks(p);
    if (p->at == p->end)
        return fail(p, "nothing there");
    bool good;
    switch (*p->at) {
    case '{':
        good = parse_object(p, v, depth + 1);
        break;
    case '[':
        good = parse_array(p, v, depth + 1);
        break;
    case '"': {
        struct text *t = parse_string(p);
        if (t) {
            v->kind = STRING;
            v->string = t;
        }
        return t != 0;
    }
    case 't':
    case 'f':
        v->kind = BOOLEAN;
        v->boolean = *p->at == 't';
        return parse_word(p, v->boolean ? "true" : "false");
    case 'n':
        return parse_word(p, "null");
    default:
        return parse_number(p, v);
    }
    if (!good)
        release(v);
    return good;
}

/* The document's tree, or the reason and place of the first mistake. */
static bool parse(const char *text, u32 length, struct value *v, const char **why, u32 *where)
{
    struct parser p = {.at = text, .end = text + length, .start = text};
    bool good = parse_value(&p, v, 0);
    skip_blanks(&p);
    if (good && p.at != p.end) {
        release(v);
        good = fail(&p, "more behind the end");
    }
    free(p.scratch.bytes);
    *why = p.error;
    *where = (u32)(p.at - p.start);
    return good;
}

/* ---- Printer ---- */

static void print_string(struct buffer *b, const struct text *t)
{
    static const char hex[] = "0123456789abcdef";
    buffer_put(b, '"');
    for (u32 i = 0; i < t->length; i++) {
        char c = t->bytes[i];
        switch (c) {
        case '"': buffer_text(b, "\\\""); break;
        case '\\': buffer_text(b, "\\\\"); break;
        case '\n': buffer_text(b, "\\n"); break;
        case '\t': buffer_text(b, "\\t"); break;
        case '\r': buffer_text(b, "\\r"); break;
        default:
            if ((u8)c < ' ') {
                buffer_text(b, "\\u00");
                buffer_put(b, hex[(u8)c >> 4]);
                buffer_put(b, hex[c & 15]);
            } else {
                buffer_put(b, c);
            }
        }
    }
    buffer_put(b, '"');
}

static void print_number(struct buffer *b, const struct value *v)
{
    char text[48];
    i32 e = v->number.exponent;
    int n;
    if (e > 0 && e < 4) {
        i64 m = v->number.mantissa;
        while (e--)
            m *= 10;
        n = snprintf(text, sizeof text, "%lld", (long long)m);
    } else if (e) {
        n = snprintf(text, sizeof text, "%llde%d", (long long)v->number.mantissa, (int)e);
    } else {
        n = snprintf(text, sizeof text, "%lld", (long long)v->number.mantissa);
    }
    buffer_add(b, text, (u32)n);
}

static void new_line(struct buffer *b, int indent)
{
    if (indent >= 0) {
        buffer_put(b, '\n');
        for (int i = 0; i < indent; i++)
            buffer_put(b, ' ');
    }
}

/* indent < 0: everything on one line. */
static void print(struct buffer *b, const struct value *v, int indent)
{
    int inner = indent < 0 ? indent : indent + 2;
    switch (v->kind) {
    case NULL_VALUE: buffer_text(b, "null"); break;
    case BOOLEAN: buffer_text(b, v->boolean ? "true" : "false"); break;
    case NUMBER: print_number(b, v); break;
    case STRING: print_string(b, v->string); break;
    case ARRAY:
        buffer_put(b, '[');
        for (u32 i = 0; i < v->array.count; i++) {
            if (i)
                buffer_put(b, ',');
            new_line(b, inner);
            print(b, &v->array.items[i], inner);
        }
        if (v->array.count)
            new_line(b, indent);
        buffer_put(b, ']');
        break;
    case OBJECT:
        buffer_put(b, '{');
        for (u32 i = 0; i < v->object->count; i++) {
            if (i)
                buffer_put(b, ',');
            new_line(b, inner);
            print_string(b, v->object->members[i].key);
            buffer_put(b, ':');
            if (indent >= 0)
                buffer_put(b, ' ');
            print(b, &v->object->members[i].value, inner);
        }
        if (v->object->count)
            new_line(b, indent);
        buffer_put(b, '}');
        break;
    }
}

/* ---- Queries ---- */

static bool equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case BOOLEAN: return a->boolean == b->boolean;
    case NUMBER: return a->number.mantissa == b->number.mantissa && a->number.exponent == b->number.exponent;
    case STRING: return a->string->length == b->string->length
        && !memcmp(a->string->bytes, b->string->bytes, a->string->length);
    case ARRAY:
        if (a->array.count != b->array.count)
            return false;
        for (u32 i = 0; i < a->array.count; i++)
            if (!equal(&a->array.items[i], &b->array.items[i]))
                return false;
        return true;
    case OBJECT:
        if (a->object->count != b->object->count)
            return false;
        for (u32 i = 0; i < a->object->count; i++) {
            const struct member *m = &a->object->members[i];
            const struct value *other = object_find(b->object, m->key->bytes, m->key->length);
            if (!other || !equal(&m->value, other))
                return false;
        }
        return true;
    default: return true;
    }
}

/* Follows a path of keys and indexes, "users.3.name"; null where it leads nowhere. */
static const struct value *follow(const struct value *v, const char *path)
{
    while (*path && v) {
        u32 n = 0;
        while (path[n] && path[n] != '.')
            n++;
        if (v->kind == OBJECT) {
            v = object_find(v->object, path, n);
        } else if (v->kind == ARRAY) {
            u32 i = (u32)strtoul(path, 0, 10);
            v = i < v->array.count ? &v->array.items[i] : 0;
        } else {
            return 0;
        }
        path += n + (path[n] == '.');
    }
    return v;
}

static u32 depth_of(const struct value *v)
{
    u32 deepest = 0;
    u32 n = v->kind == ARRAY ? v->array.count : v->kind == OBJECT ? v->object->count : 0;
    for (u32 i = 0; i < n; i++) {
        u32 d = depth_of(v->kind == ARRAY ? &v->array.items[i] : &v->object->members[i].value);
        deepest = d > deepest ? d : deepest;
    }
    return deepest + 1;
}

static i64 sum_of(const struct value *v)
{
    i64 sum = v->kind == NUMBER ? v->number.mantissa : 0;
    u32 n = v->kind == ARRAY ? v->array.count : v->kind == OBJECT ? v->object->count : 0;
    for (u32 i = 0; i < n; i++)
        sum += sum_of(v->kind == ARRAY ? &v->array.items[i] : &v->object->members[i].value);
    return sum;
}

/* ---- Documents ---- */

static const char *const words[] = {"alpha", "beta", "gamma", "delta", "name", "value", "size", "kind", "über",
                                    "quote\\\"d", "back\\\\slash", "tab\\t", "\\u00e9t\\u00E9", "\\ud83d\\ude00", "line\\nend"};
enum { WORDS = sizeof words / sizeof *words };

static void random_document(struct buffer *b, u32 *random, int depth)
{
    u32 x = next_u32(random);
    char text[64];
    switch (depth > 5 ? x % 4 : x % 7) {
    case 0: buffer_text(b, x & 64 ? "true" : x & 128 ? "false" : "null"); break;
    case 1: buffer_add(b, text, (u32)snprintf(text, sizeof text, "%d", (int)(next_u32(random) >> (x >> 8 & 31)) - 1000)); break;
    case 2: buffer_add(b, text, (u32)snprintf(text, sizeof text, "%s%u.%ue%d", x & 16 ? "-" : "", (unsigned)(x >> 20),
                                               (unsigned)(x >> 9 & 1023), (int)(x >> 5 & 15) - 8)); break;
    case 3:
        buffer_put(b, '"');
        for (u32 n = x >> 8 & 3; n < 4; n++) {
            buffer_text(b, words[next_u32(random) % WORDS]);
            buffer_put(b, ' ');
        }
        buffer_put(b, '"');
        break;
    case 4:
        buffer_put(b, '[');
        for (u32 n = 0, count = x >> 8 & 7; n < count; n++) {
            if (n)
                buffer_text(b, x & 32 ? ", " : ",");
            random_document(b, random, depth + 1);
        }
        buffer_put(b, ']');
        break;
    default:
        buffer_put(b, '{');
        for (u32 n = 0, count = x >> 8 & 15; n < count; n++) {
            buffer_text(b, n ? ",\n\"" : "\"");
            buffer_text(b, words[next_u32(random) % WORDS]);
            buffer_add(b, text, (u32)snprintf(text, sizeof text, "%u\" : ", (unsigned)n));
            random_document(b, random, depth + 1);
        }
        buffer_put(b, '}');
    }
}

static void document(struct buffer *b, u32 *random, u32 users)
{
    char text[160];
    buffer_text(b, "{\"version\": 3, \"users\": [");
    for (u32 i = 0; i < users; i++) {
        u32 n = (u32)snprintf(text, sizeof text,
            "%s{\"id\": %u, \"name\": \"%s-%u\", \"score\": %d.%02u, \"tags\": [\"%s\", \"%s\"], \"more\": ",
            i ? ",\n  " : "", (unsigned)i, words[i % 8], (unsigned)(i * 7919), (int)(next_u32(random) >> 20) - 2000,
            (unsigned)(i % 100), words[i % WORDS], words[(i + 5) % WORDS]);
        buffer_add(b, text, n);
        random_document(b, random, 2);
        buffer_put(b, '}');
    }
    buffer_text(b, "], \"end\": true}");
}

static u32 checksum(const struct buffer *b)
{
    return hash_bytes(b->bytes, b->length);
}

static u32 mistakes(void)
{
    static const char *const bad[] = {"", "{", "[1,]", "{\"a\" 1}", "\"half", "01", "1.", "-", "1e", "tru", "[1 2]", "{1:2}",
                                      "\"\\x\"", "\"\\u12g4\"", "\"\\ud800x\"", "1 2", "[[[[", "nul", "\"\n\"", "{\"a\":1,}"};
    u32 sum = 0;
    for (u32 i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct value v;
        const char *why = 0;
        u32 where;
        if (parse(bad[i], (u32)strlen(bad[i]), &v, &why, &where)) {
            printf("accepted: %s\n", bad[i]);
            release(&v);
        }
        sum = sum * 31 + where + (why ? hash_bytes(why, (u32)strlen(why)) : 0);
    }
    return sum;
}

/* 0 rounds: a small document, for tests. */
static u32 run(u32 rounds)
{
    u32 random = 2024, sum = mistakes(), users = rounds ? 300 : 6;
    for (u32 round = 0; round < (rounds ? rounds : 1); round++) {
        struct buffer source = {0}, compact = {0}, wide = {0};
        struct value first, second, third;
        const char *why;
        u32 where;
        document(&source, &random, users);
        if (!parse(source.bytes, source.length, &first, &why, &where)) {
            printf("refused at %u: %s\n", (unsigned)where, why);
            return 0;
        }
        print(&compact, &first, -1);
        print(&wide, &first, 0);
        if (!parse(compact.bytes, compact.length, &second, &why, &where)
            || !parse(wide.bytes, wide.length, &third, &why, &where)) {
            printf("own output refused at %u: %s\n", (unsigned)where, why);
            return 0;
        }
        if (!equal(&first, &second) || !equal(&second, &third))
            printf("not equal in round %u\n", (unsigned)round);
        for (u32 i = 0; i < users; i++) {
            char path[40];
            snprintf(path, sizeof path, "users.%u.tags.%u", (unsigned)i, (unsigned)(i & 1));
            const struct value *tag = follow(&first, path);
            sum = sum * 31 + (tag && tag->kind == STRING ? hash_bytes(tag->string->bytes, tag->string->length) : 1);
        }
        sum = sum * 31 + checksum(&compact) + checksum(&wide) * 3 + depth_of(&first) + (u32)sum_of(&second);
        release(&first);
        release(&second);
        release(&third);
        free(source.bytes);
        free(compact.bytes);
        free(wide.bytes);
    }
    return sum;
}

WORKLOAD("json", 3, run)

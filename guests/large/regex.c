/*
 * Regular expressions: a compiler to a small instruction set and two machines for it, one that tries all threads at once
 * (linear time) and one that backtracks with captures. Both search a generated text; a round is one pass of all patterns.
 * Syntax: . [a-z] [^x] \d \w \s * + ? *? +? {m,n} | ( ) ^ $
 */
#include <stdbool.h>
#include <string.h>
#include <workload.h>

enum op { CHAR, ANY, CLASS, SPLIT, JUMP, SAVE, BEGIN, END, MATCH };

struct inst {
    u8 op;
    u8 c;
    u16 x, y; /* targets, class, or slot; a split prefers x */
};

enum { MOST_INSTS = 2000, MOST_CLASSES = 64, MOST_SLOTS = 20 };

struct program {
    struct inst insts[MOST_INSTS];
    u32 count;
    u32 classes[MOST_CLASSES][8]; /* sets of 256 bits */
    u32 class_count;
    u32 slots;
};

/* ---- Compiler: a syntax tree first, so that repetition can emit its operand several times ---- */

enum node_kind { N_EMPTY, N_CHAR, N_ANY, N_CLASS, N_CAT, N_ALT, N_REPEAT, N_GROUP, N_BEGIN, N_END };

struct node {
    enum node_kind kind;
    struct node *left, *right;
    int low, high; /* repetition; high −1 for no limit */
    bool lazy;
    u32 value; /* character, class or group */
};

struct compiler {
    const char *at;
    const char *error;
    struct program *program;
    struct node pool[600];
    u32 used;
};

static struct node *make(struct compiler *c, enum node_kind kind, struct node *left, struct node *right)
{
    if (c->used == sizeof c->pool / sizeof *c->pool) {
        c->error = "too large";
        c->used = 0;
    }
    struct node *n = &c->pool[c->used++];
    *n = (struct node){.kind = kind, .left = left, .right = right};
    return n;
}

static void set_add(u32 *set, u8 c)
{
    set[c >> 5] |= 1u << (c & 31);
}

static bool set_has(const u32 *set, u8 c)
{
    return set[c >> 5] >> (c & 31) & 1;
}

static bool add_escape(u32 *set, char c)
{
    u32 part[8] = {0};
    for (int i = 0; i < 256; i++) {
        bool digit = i >= '0' && i <= '9';
        bool word = digit || (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z') || i == '_';
        bool blank = i == ' ' || (i >= '\t' && i <= '\r');
        if ((c | 32) == 'd' ? digit : (c | 32) == 'w' ? word : blank)
            set_add(part, (u8)i);
    }
    if ((c | 32) != 'd' && (c | 32) != 'w' && (c | 32) != 's')
        return false;
    for (int i = 0; i < 8; i++)
        set[i] |= c & 32 ? part[i] : ~part[i];
    return true;
}

static struct node *parse_alternatives(struct compiler *c);

static u32 *new_class(struct compiler *c, struct node **n)
{
    if (c->program->class_count == MOST_CLASSES) {
        c->error = "too many classes";
        c->program->class_count = 0;
    }
    *n = make(c, N_CLASS, 0, 0);
    (*n)->value = c->program->class_count;
    u32 *set = c->program->classes[c->program->class_count++];
    memset(set, 0, sizeof c->program->classes[0]);
    return set;
}

static struct node *parse_class(struct compiler *c)
{
    struct node *n;
    u32 *set = new_class(c, &n);
    bool inverted = *c->at == '^';
    c->at += inverted;
    for (bool first = true; first || *c->at != ']'; first = false) {
        if (!*c->at) {
            c->error = "class without an end";
            return n;
        }
        u8 low = (u8)*c->at++;
        if (low == '\\' && *c->at) {
            if (add_escape(set, *c->at)) {
                c->at++;
                continue;
            }
            low = (u8)*c->at++;
        }
        u8 high = low;
        if (c->at[0] == '-' && c->at[1] && c->at[1] != ']') {
            high = (u8)c->at[1];
            c->at += 2;
        }
        for (u32 i = low; i <= high; i++)
            set_add(set, (u8)i);
    }
    c->at++;
    for (int i = 0; inverted && i < 8; i++)
        set[i] = ~set[i];
    return n;
}

static struct node *parse_atom(struct compiler *c)
{
    char ch = *c->at++;
    struct node *n;
    switch (ch) {
    case '.': return make(c, N_ANY, 0, 0);
    case '^': return make(c, N_BEGIN, 0, 0);
    case '$': return make(c, N_END, 0, 0);
    case '[': return parse_class(c);
    case '(': {
        u32 group = c->program->slots / 2;
        c->program->slots += 2;
        n = make(c, N_GROUP, parse_alternatives(c), 0);
        n->value = group;
        if (*c->at == ')')
            c->at++;
        else
            c->error = "group without an end";
        return n;
    }
    case '\\': {
        u32 *set = new_class(c, &n);
        if (!*c->at)
            c->error = "half an escape";
        else if (!add_escape(set, *c->at)) {
            n->kind = N_CHAR;
            n->value = (u8)*c->at;
            c->program->class_count--;
        }
        c->at += *c->at != 0;
        return n;
    }
    case '*': case '+': case '?': case '{':
        c->error = "nothing to repeat";
        return make(c, N_EMPTY, 0, 0);
    default:
        n = make(c, N_CHAR, 0, 0);
        n->value = (u8)ch;
        return n;
    }
}

static struct node *parse_repeat(struct compiler *c)
{
    struct node *n = parse_atom(c);
    for (;;) {
        int low, high;
        if (*c->at == '*')
            low = 0, high = -1;
        else if (*c->at == '+')
            low = 1, high = -1;
        else if (*c->at == '?')
            low = 0, high = 1;
        else if (*c->at == '{') {
            char *end;
            low = high = (int)strtol(c->at + 1, &end, 10);
            if (*end == ',')
                high = end[1] == '}' ? (end++, -1) : (int)strtol(end + 1, &end, 10);
            c->at = end;
            if (*end != '}' || low > 100 || high > 100 || (high >= 0 && high < low)) {
                c->error = "bad count";
                return n;
            }
        } else {
            return n;
        }
        c->at++;
        n = make(c, N_REPEAT, n, 0);
        n->low = low;
        n->high = high;
        n->lazy = *c->at == '?';
        c->at += n->lazy;
    }
}

static struct node *parse_sequence(struct compiler *c)
{
    struct node *n = make(c, N_EMPTY, 0, 0);
    while (*c->at && *c->at != '|' && *c->at != ')' && !c->error)
        n = make(c, N_CAT, n, parse_repeat(c));
    return n;
}

static struct node *parse_alternatives(struct compiler *c)
{
    struct node *n = parse_sequence(c);
    while (*c->at == '|' && !c->error) {
        c->at++;
        n = make(c, N_ALT, n, parse_sequence(c));
    }
    return n;
}

static u32 emit(struct compiler *c, enum op op, u32 x, u32 y)
{
    struct program *p = c->program;
    if (p->count == MOST_INSTS) {
        c->error = "too large";
        p->count = 0;
    }
    p->insts[p->count] = (struct inst){(u8)op, op == CHAR ? (u8)x : 0, (u16)x, (u16)y};
    return p->count++;
}

static void generate(struct compiler *c, const struct node *n);

static void set_split(struct compiler *c, u32 split, u32 into, u32 past, bool lazy)
{
    struct inst *i = &c->program->insts[split];
    i->x = (u16)(lazy ? past : into);
    i->y = (u16)(lazy ? into : past);
}

static void generate_repeat(struct compiler *c, const struct node *n)
{
    for (int i = 0; i < n->low; i++)
        generate(c, n->left);
    if (n->high < 0) {
        u32 split = emit(c, SPLIT, 0, 0);
        generate(c, n->left);
        emit(c, JUMP, split, 0);
        set_split(c, split, split + 1, c->program->count, n->lazy);
        return;
    }
    u32 splits[100];
    int optional = n->high - n->low;
    for (int i = 0; i < optional; i++) {
        splits[i] = emit(c, SPLIT, 0, 0);
        generate(c, n->left);
    }
    for (int i = 0; i < optional; i++)
        set_split(c, splits[i], splits[i] + 1, c->program->count, n->lazy);
}

static void generate(struct compiler *c, const struct node *n)
{
    if (c->error)
        return;
    switch (n->kind) {
    case N_EMPTY: break;
    case N_CHAR: emit(c, CHAR, n->value, 0); break;
    case N_ANY: emit(c, ANY, 0, 0); break;
    case N_CLASS: emit(c, CLASS, n->value, 0); break;
    case N_BEGIN: emit(c, BEGIN, 0, 0); break;
    case N_END: emit(c, END, 0, 0); break;
    case N_CAT:
        generate(c, n->left);
        generate(c, n->right);
        break;
    case N_ALT: {
        u32 split = emit(c, SPLIT, 0, 0);
        generate(c, n->left);
        u32 jump = emit(c, JUMP, 0, 0);
        set_split(c, split, split + 1, c->program->count, false);
        generate(c, n->right);
        c->program->insts[jump].x = (u16)c->program->count;
        break;
    }
    case N_REPEAT: generate_repeat(c, n); break;
    case N_GROUP:
        emit(c, SAVE, n->value * 2, 0);
        generate(c, n->left);
        emit(c, SAVE, n->value * 2 + 1, 0);
        break;
    }
}

static const char *compile(const char *pattern, struct program *p)
{
    static struct compiler c;
    c.at = pattern;
    c.error = 0;
    c.program = p;
    c.used = 0;
    p->count = p->class_count = 0;
    p->slots = 2;
    struct node *n = parse_alternatives(&c);
    if (!c.error && *c.at)
        c.error = "unmatched )";
    if (!c.error && p->slots > MOST_SLOTS)
        c.error = "too many groups";
    emit(&c, SAVE, 0, 0);
    generate(&c, n);
    emit(&c, SAVE, 1, 0);
    emit(&c, MATCH, 0, 0);
    return c.error;
}

/* ---- The machine that tries all threads at once; it tells where the leftmost-longest match ends ---- */

struct list {
    u16 at[MOST_INSTS];
    u32 count;
};

static u32 marks[MOST_INSTS], mark;
static struct list lists[2];

static bool follow(const struct program *p, struct list *l, u32 at, const char *s, u32 i, u32 n)
{
    static u16 todo[MOST_INSTS * 2];
    u32 depth = 0;
    bool matched = false;
    todo[depth++] = (u16)at;
    while (depth) {
        at = todo[--depth];
        if (marks[at] == mark)
            continue;
        marks[at] = mark;
        const struct inst *in = &p->insts[at];
        switch ((enum op)in->op) {
        case JUMP: todo[depth++] = in->x; break;
        case SPLIT:
            todo[depth++] = in->y;
            todo[depth++] = in->x;
            break;
        case SAVE: todo[depth++] = (u16)(at + 1); break;
        case BEGIN:
            if (i == 0 || s[i - 1] == '\n')
                todo[depth++] = (u16)(at + 1);
            break;
        case END:
            if (i == n || s[i] == '\n')
                todo[depth++] = (u16)(at + 1);
            break;
        case MATCH: matched = true; break;
        default: l->at[l->count++] = (u16)at;
        }
    }
    return matched;
}

static bool accepts(const struct program *p, const struct inst *in, u8 c)
{
    switch ((enum op)in->op) {
    case CHAR: return in->c == c;
    case ANY: return c != '\n';
    default: return set_has(p->classes[in->x], c);
    }
}

/* Length of the longest match at `start`, or −1. */
static int longest(const struct program *p, const char *s, u32 start, u32 n)
{
    struct list *now = &lists[0], *next = &lists[1];
    int best = -1;
    now->count = 0;
    mark++;
    if (follow(p, now, 0, s, start, n))
        best = 0;
    for (u32 i = start; now->count && i < n; i++) {
        next->count = 0;
        mark++;
        for (u32 k = 0; k < now->count; k++)
            if (accepts(p, &p->insts[now->at[k]], (u8)s[i]) && follow(p, next, now->at[k] + 1u, s, i + 1, n))
                best = (int)(i + 1 - start);
        struct list *t = now;
        now = next;
        next = t;
    }
    return best;
}

/* ---- The machine that backtracks: captures, leftmost-first ---- */

struct saved {
    u16 at;
    u16 slot; /* with slot below SLOTS: restore this slot to `i` */
    u32 i;
};

static struct saved *stack;
static u32 stack_room;

static bool backtrack(const struct program *p, const char *s, u32 start, u32 n, u32 *slots)
{
    u32 depth = 0, at = 0, i = start, steps = 0;
    for (;;) {
        const struct inst *in = &p->insts[at];
        bool alive = true;
        if (depth + 2 > stack_room) {
            stack_room = stack_room * 2 + 256;
            stack = realloc(stack, stack_room * sizeof *stack);
        }
        if (++steps > 20000)
            return false; /* catastrophic: given up */
        switch ((enum op)in->op) {
        case MATCH: return true;
        case JUMP: at = in->x; break;
        case SPLIT:
            stack[depth++] = (struct saved){in->y, MOST_SLOTS, i};
            at = in->x;
            break;
        case SAVE:
            stack[depth++] = (struct saved){0, in->x, slots[in->x]};
            slots[in->x] = i;
            at++;
            break;
        case BEGIN:
            alive = i == 0 || s[i - 1] == '\n';
            at++;
            break;
        case END:
            alive = i == n || s[i] == '\n';
            at++;
            break;
        default:
            alive = i < n && accepts(p, in, (u8)s[i]);
            i++;
            at++;
        }
        if (alive)
            continue;
        while (depth && stack[depth - 1].slot < MOST_SLOTS) {
            depth--;
            slots[stack[depth].slot] = stack[depth].i;
        }
        if (!depth)
            return false;
        depth--;
        at = stack[depth].at;
        i = stack[depth].i;
    }
}

/* ---- The text and the patterns ---- */

static char *make_text(u32 *random, u32 lines, u32 *length)
{
    static const char *const names[] = {"anna", "bert", "carla", "dieter", "emil", "frida", "gustav", "hedwig"};
    char *text = malloc(lines * 100), *at = text;
    for (u32 i = 0; i < lines; i++) {
        u32 x = next_u32(random);
        const char *name = names[x & 7], *other = names[x >> 3 & 7];
        unsigned number = (unsigned)(next_u32(random) >> 12);
        switch (x >> 6 & 3) {
        case 0:
            at += snprintf(at, 100, "2026-%02u-%02u %02u:%02u:%02u INFO user %s logged in from 10.%u.%u.%u\n",
                           number % 12 + 1, number % 28 + 1, number % 24, number % 60, number / 7 % 60, name,
                           number & 255, number >> 4 & 255, number >> 8 & 255);
            break;
        case 1:
            at += snprintf(at, 100, "%s.%s@example%u.org wrote \"%s and %s\" (%u bytes)\n", name, other, number % 50,
                           other, name, number);
            break;
        case 2:
            at += snprintf(at, 100, "ERROR 0x%08x in %s_%s: aaaaaaaaaaaaab value=%d;\n", number * 77u, name, other,
                           (int)number - 300000);
            break;
        default:
            at += snprintf(at, 100, "the %s of %s is at least %u.%02u%% of %s, %s\n", name, other, number % 100,
                           number % 89, name, number & 1 ? "yes" : "no");
        }
    }
    *length = (u32)(at - text);
    return text;
}

static const char *const patterns[] = {
    "\\d\\d\\d\\d-\\d+-\\d+", "^ERROR", "[a-z]+\\.[a-z]+@[a-z0-9]+\\.org", "(\\w+) and (\\w+)", "(a|b|ab)*c", "a{3,5}b",
    "\"[^\"]*\"", "0x[0-9a-f]{8}", "(anna|bert|carla).*(yes|no)$", "(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)", "x*y?z+",
    "value=(-?\\d+);", "(\\w+?)_(\\w+?):", "^.*%.*$", "(a+)+b", "[^a-z \\n]{6,}", "h(e(d(w(i(g)))))", "of (\\w+)( is|,)",
};
enum { PATTERNS = sizeof patterns / sizeof *patterns };
static const char *const broken[] = {"(", ")", "a**b(", "*a", "[a", "a{5,2}", "a{1000}", "\\", "(a|b", "x|*"};

static u32 search(const struct program *p, const char *s, u32 n)
{
    u32 sum = 0;
    for (u32 i = 0; i < n;) {
        u32 slots[MOST_SLOTS] = {0};
        int length = longest(p, s, i, n);
        if (length >= 0) {
            bool found = backtrack(p, s, i, n, slots);
            sum = sum * 31 + i + (u32)length * 7 + found;
            for (u32 k = 0; found && k < p->slots; k++)
                sum = sum * 17 + slots[k];
        }
        i += length > 0 ? (u32)length : 1;
    }
    return sum;
}

/* 0 rounds: a short text, for tests. */
static u32 run(u32 rounds)
{
    static struct program p;
    u32 random = 314159, sum = 0, length;
    for (u32 i = 0; i < sizeof broken / sizeof *broken; i++) {
        const char *why = compile(broken[i], &p);
        printf("%s: %s\n", broken[i], why ? why : "fine");
    }
    char *text = make_text(&random, rounds ? 60 : 3, &length);
    for (u32 round = 0; round < (rounds ? rounds : 1); round++)
        for (u32 i = 0; i < PATTERNS; i++) {
            const char *why = compile(patterns[i], &p);
            if (why)
                printf("%s: %s\n", patterns[i], why);
            else
                sum = sum * 31 + search(&p, text, length);
        }
    free(text);
    free(stack);
    return sum;
}

WORKLOAD("regex", 20, run)

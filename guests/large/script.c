/*
 * A small script language: scanner, one-pass compiler to bytecode, a stack machine with numbers, strings, arrays and
 * functions, and a heap with a mark-and-sweep collector. A round runs every script once.
 *
 *   fn name(a, b) { … return x; }   let x = …;   if (…) { … } else { … }   while (…) { … }   print …;
 *   [1, 2]  a[i]  a[i] = x  len(a)  push(a, x)  "text" + x   || && == != < <= > >= + - * / % & | ^ << >> ! -
 */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <workload.h>

/* ---- Values ---- */

enum tag { T_NUMBER, T_OBJECT };
enum object_kind { O_STRING, O_ARRAY };

struct object {
    struct object *next; /* of all objects */
    u8 kind;
    bool marked;
};

struct value {
    enum tag tag;
    union {
        i32 number;
        struct object *object;
    };
};

struct string {
    struct object object;
    u32 length, hash;
    char bytes[];
};

struct array {
    struct object object;
    u32 count, room;
    struct value *items;
};

/* ---- Program ---- */

enum op {
    OP_NUMBER, OP_STRING, OP_LOCAL, OP_SET_LOCAL, OP_GLOBAL, OP_SET_GLOBAL, OP_POP, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD,
    OP_AND, OP_OR, OP_XOR, OP_SHL, OP_SHR, OP_EQ, OP_NE, OP_LT, OP_LE, OP_NOT, OP_NEG, OP_JUMP, OP_JUMP_FALSE, OP_KEEP_FALSE,
    OP_KEEP_TRUE, OP_CALL, OP_RETURN, OP_PRINT, OP_ARRAY, OP_INDEX, OP_SET_INDEX, OP_LEN, OP_PUSH, OP_SWAP,
};

enum { MOST_CODE = 8192, MOST_GLOBALS = 64, MOST_FUNCTIONS = 32, MOST_LOCALS = 32, MOST_STRINGS = 128, STACK = 4096, FRAMES = 512 };

struct function {
    char name[20];
    u32 entry, parameters;
};

static u8 code[MOST_CODE];
static u32 code_size;
static struct function functions[MOST_FUNCTIONS];
static u32 function_count;
static char global_names[MOST_GLOBALS][20];
static u32 global_count;
static struct string *strings[MOST_STRINGS];
static u32 string_count;
static struct value globals[MOST_GLOBALS];
static struct value stack[STACK];
static struct value *top = stack;
static struct object *all_objects;
static u32 allocated, limit, collections;
static u32 output = 1;
static const char *error;

static void stop(const char *why)
{
    if (!error)
        error = why;
}

/* ---- Heap ---- */

static void mark(struct value v)
{
    if (v.tag != T_OBJECT || v.object->marked)
        return;
    v.object->marked = true;
    if (v.object->kind == O_ARRAY) {
        struct array *a = (struct array *)v.object;
        for (u32 i = 0; i < a->count; i++)
            mark(a->items[i]);
    }
}

static void collect(void)
{
    collections++;
    for (struct value *v = stack; v < top; v++)
        mark(*v);
    for (u32 i = 0; i < global_count; i++)
        mark(globals[i]);
    for (u32 i = 0; i < string_count; i++)
        strings[i]->object.marked = true;
    allocated = 0;
    for (struct object **link = &all_objects; *link;) {
        struct object *o = *link;
        if (o->marked) {
            o->marked = false;
            allocated += o->kind == O_ARRAY ? 64 + ((struct array *)o)->room * 16 : 48 + ((struct string *)o)->length;
            link = &o->next;
        } else {
            *link = o->next;
            if (o->kind == O_ARRAY)
                free(((struct array *)o)->items);
            free(o);
        }
    }
    limit = allocated * 2 + 20000;
}

static void *new_object(size_t size, enum object_kind kind, u32 weight)
{
    if (allocated > limit)
        collect();
    allocated += weight;
    struct object *o = malloc(size);
    *o = (struct object){all_objects, (u8)kind, false};
    all_objects = o;
    return o;
}

static struct string *new_string(const char *a, u32 n, const char *b, u32 m)
{
    struct string *s = new_object(sizeof *s + n + m, O_STRING, 48 + n + m);
    s->length = n + m;
    memcpy(s->bytes, a, n);
    memcpy(s->bytes + n, b, m);
    s->hash = 5381;
    for (u32 i = 0; i < n + m; i++)
        s->hash = s->hash * 33 + (u8)s->bytes[i];
    return s;
}

static struct value number(i32 n)
{
    return (struct value){.tag = T_NUMBER, .number = n};
}

static struct value object(void *o)
{
    return (struct value){.tag = T_OBJECT, .object = o};
}

/* ---- Scanner ---- */

enum token { END, NAME, LITERAL, TEXT, OPERATOR };

static const char *at, *name_start;
static enum token token;
static u32 name_length;
static i32 literal;
static char operator[3];

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

static void next(void)
{
    while (*at == ' ' || *at == '\n')
        at++;
    name_start = at;
    if (!*at) {
        token = END;
    } else if (*at >= '0' && *at <= '9') {
        token = LITERAL;
        for (literal = 0; *at >= '0' && *at <= '9'; at++)
            literal = literal * 10 + (*at - '0');
    } else if (is_name(*at)) {
        token = NAME;
        while (is_name(*at))
            at++;
        name_length = (u32)(at - name_start);
    } else if (*at == '"') {
        token = TEXT;
        name_start = ++at;
        while (*at && *at != '"')
            at++;
        name_length = (u32)(at - name_start);
        if (*at)
            at++;
        else
            stop("text without an end");
    } else {
        static const char *const twos[] = {"==", "!=", "<=", ">=", "<<", ">>", "&&", "||"};
        token = OPERATOR;
        operator[0] = *at++;
        operator[1] = 0;
        for (u32 i = 0; i < 8; i++)
            if (twos[i][0] == operator[0] && twos[i][1] == *at) {
                operator[1] = *at++;
                operator[2] = 0;
                break;
            }
    }
}

static bool is(const char *what)
{
    if (token == OPERATOR)
        return !strcmp(operator, what);
    return token == NAME && strlen(what) == name_length && !memcmp(what, name_start, name_length);
}

static bool accept(const char *what)
{
    if (!is(what))
        return false;
    next();
    return true;
}

static void expect(const char *what)
{
    if (!accept(what)) {
        stop("something else was expected");
        token = END;
    }
}

/* ---- Compiler ---- */

static char locals[MOST_LOCALS][20];
static u32 local_count;
static bool in_function;

static void emit(u32 byte)
{
    if (code_size < MOST_CODE)
        code[code_size++] = (u8)byte;
    else
        stop("too much code");
}

static void emit16(u32 op, u32 operand)
{
    emit(op);
    emit(operand);
    emit(operand >> 8);
}

static u32 emit_jump(u32 op)
{
    emit16(op, 0);
    return code_size;
}

static void land(u32 jump)
{
    code[jump - 2] = (u8)code_size;
    code[jump - 1] = (u8)(code_size >> 8);
}

static int find(char (*names)[20], u32 count, const char *name, u32 n)
{
    for (u32 i = count; i-- > 0;)
        if (strlen(names[i]) == n && !memcmp(names[i], name, n))
            return (int)i;
    return -1;
}

static u32 declare(char (*names)[20], u32 *count, u32 most, const char *name, u32 n)
{
    if (*count == most || n > 19) {
        stop("too many names");
        return 0;
    }
    memcpy(names[*count], name, n);
    names[*count][n] = 0;
    return (*count)++;
}

static void expression(void);

static u32 arguments(const char *end)
{
    u32 count = 0;
    if (!is(end))
        do {
            expression();
            count++;
        } while (accept(","));
    expect(end);
    return count;
}

static void name_expression(void)
{
    char name[20];
    u32 n = name_length < 19 ? name_length : 19;
    memcpy(name, name_start, n);
    name[n] = 0;
    next();
    if (accept("(")) {
        u32 count = arguments(")");
        if (!strcmp(name, "len")) {
            emit(OP_LEN);
            return;
        }
        if (!strcmp(name, "push")) {
            emit(OP_PUSH);
            return;
        }
        for (u32 i = 0; i < function_count; i++)
            if (!strcmp(functions[i].name, name) && functions[i].parameters == count) {
                emit16(OP_CALL, i);
                return;
            }
        stop("no such function");
        return;
    }
    int i = in_function ? find(locals, local_count, name, n) : -1;
    if (i >= 0) {
        emit16(OP_LOCAL, (u32)i);
        return;
    }
    i = find(global_names, global_count, name, n);
    if (i < 0)
        stop("no such variable");
    emit16(OP_GLOBAL, (u32)i);
}

static void primary(void)
{
    if (token == LITERAL) {
        emit(OP_NUMBER);
        for (int i = 0; i < 32; i += 8)
            emit((u32)literal >> i);
        next();
    } else if (token == TEXT) {
        if (string_count == MOST_STRINGS)
            stop("too many texts");
        else
            strings[string_count++] = new_string(name_start, name_length, 0, 0);
        emit16(OP_STRING, string_count - 1);
        next();
    } else if (accept("(")) {
        expression();
        expect(")");
    } else if (accept("[")) {
        emit16(OP_ARRAY, arguments("]"));
        /* the count comes first in execution: it is an operand */
    } else if (accept("-")) {
        primary();
        emit(OP_NEG);
        return;
    } else if (accept("!")) {
        primary();
        emit(OP_NOT);
        return;
    } else if (token == NAME) {
        name_expression();
    } else {
        stop("an expression was expected");
        token = END;
    }
    while (!error && accept("[")) {
        expression();
        expect("]");
        emit(OP_INDEX);
    }
}

static const struct {
    char text[3];
    u8 level, op;
    bool swap, negate;
} binaries[] = {
    {"||", 1, OP_KEEP_TRUE, 0, 0}, {"&&", 2, OP_KEEP_FALSE, 0, 0}, {"==", 3, OP_EQ, 0, 0}, {"!=", 3, OP_NE, 0, 0},
    {"<", 4, OP_LT, 0, 0}, {"<=", 4, OP_LE, 0, 0}, {">", 4, OP_LT, 1, 0}, {">=", 4, OP_LE, 1, 0}, {"|", 5, OP_OR, 0, 0},
    {"^", 6, OP_XOR, 0, 0}, {"&", 7, OP_AND, 0, 0}, {"<<", 8, OP_SHL, 0, 0}, {">>", 8, OP_SHR, 0, 0}, {"+", 9, OP_ADD, 0, 0},
    {"-", 9, OP_SUB, 0, 0}, {"*", 10, OP_MUL, 0, 0}, {"/", 10, OP_DIV, 0, 0}, {"%", 10, OP_MOD, 0, 0},
};

static void binary(u32 level)
{
    primary();
    while (token == OPERATOR && !error) {
        u32 i = 0;
        while (i < sizeof binaries / sizeof *binaries && strcmp(binaries[i].text, operator))
            i++;
        if (i == sizeof binaries / sizeof *binaries || binaries[i].level < level)
            return;
        next();
        if (binaries[i].level <= 2) { /* the right side only if it matters */
            u32 jump = emit_jump(binaries[i].op);
            emit(OP_POP);
            binary(binaries[i].level + 1u);
            land(jump);
            continue;
        }
        binary(binaries[i].level + 1u);
        if (binaries[i].swap)
            emit(OP_SWAP);
        emit(binaries[i].op);
    }
}

static void expression(void)
{
    binary(1);
}

static void block(void);

static void assignment_or_call(void)
{
    u32 start = code_size;
    expression();
    if (!accept("=")) {
        emit(OP_POP);
    } else if (code[code_size - 1] == OP_INDEX && code_size > start + 3) {
        code_size--;
        expression();
        emit(OP_SET_INDEX);
    } else if (code_size == start + 3 && (code[start] == OP_LOCAL || code[start] == OP_GLOBAL)) {
        u32 op = code[start] == OP_LOCAL ? OP_SET_LOCAL : OP_SET_GLOBAL, slot = code[start + 1];
        code_size = start;
        expression();
        emit16(op, slot);
    } else {
        stop("nothing to assign to");
    }
    expect(";");
}

static void statement(void)
{
    if (accept("let")) {
        const char *name = name_start;
        u32 n = name_length;
        next();
        expect("=");
        expression();
        expect(";");
        if (in_function) /* the value on the stack is the variable */
            declare(locals, &local_count, MOST_LOCALS, name, n);
        else
            emit16(OP_SET_GLOBAL, declare(global_names, &global_count, MOST_GLOBALS, name, n));
    } else if (accept("if")) {
        expect("(");
        expression();
        expect(")");
        u32 no = emit_jump(OP_JUMP_FALSE);
        block();
        if (accept("else")) {
            u32 past = emit_jump(OP_JUMP);
            land(no);
            block();
            land(past);
        } else {
            land(no);
        }
    } else if (accept("while")) {
        u32 start = code_size;
        expect("(");
        expression();
        expect(")");
        u32 leave = emit_jump(OP_JUMP_FALSE);
        block();
        emit16(OP_JUMP, start);
        land(leave);
    } else if (accept("print")) {
        expression();
        expect(";");
        emit(OP_PRINT);
    } else if (accept("return")) {
        expression();
        expect(";");
        emit(OP_RETURN);
    } else {
        assignment_or_call();
    }
}

static void block(void)
{
    u32 before = local_count;
    expect("{");
    while (!is("}") && token != END && !error)
        statement();
    expect("}");
    for (; local_count > before; local_count--)
        emit(OP_POP);
}

static void function(void)
{
    if (function_count == MOST_FUNCTIONS || name_length > 19) {
        stop("too many functions");
        return;
    }
    struct function *f = &functions[function_count++];
    memcpy(f->name, name_start, name_length);
    f->name[name_length] = 0;
    next();
    u32 past = emit_jump(OP_JUMP);
    f->entry = code_size;
    f->parameters = 0;
    in_function = true;
    local_count = 0;
    expect("(");
    if (!is(")"))
        do {
            declare(locals, &local_count, MOST_LOCALS, name_start, name_length);
            f->parameters++;
            next();
        } while (accept(","));
    expect(")");
    u32 parameters = local_count;
    block();
    local_count = parameters;
    emit(OP_NUMBER);
    for (int i = 0; i < 4; i++)
        emit(0);
    emit(OP_RETURN);
    in_function = false;
    land(past);
}

static bool compile(const char *source)
{
    error = 0;
    at = source;
    code_size = function_count = global_count = string_count = 0;
    next();
    while (token != END && !error) {
        if (accept("fn"))
            function();
        else
            statement();
    }
    emit(OP_NUMBER);
    for (int i = 0; i < 4; i++)
        emit(0);
    emit(OP_RETURN);
    return !error;
}

/* ---- Machine ---- */

struct frame {
    const u8 *pc;
    struct value *base;
};

static bool truth(struct value v)
{
    return v.tag == T_OBJECT || v.number != 0;
}

static bool same(struct value a, struct value b)
{
    if (a.tag != b.tag)
        return false;
    if (a.tag == T_NUMBER)
        return a.number == b.number;
    if (a.object->kind != O_STRING || b.object->kind != O_STRING)
        return a.object == b.object;
    struct string *s = (struct string *)a.object, *t = (struct string *)b.object;
    return s->hash == t->hash && s->length == t->length && !memcmp(s->bytes, t->bytes, s->length);
}

static u32 text_of(struct value v, char *room, const char **text)
{
    if (v.tag == T_NUMBER) {
        *text = room;
        return (u32)snprintf(room, 16, "%d", (int)v.number);
    }
    if (v.object->kind == O_STRING) {
        *text = ((struct string *)v.object)->bytes;
        return ((struct string *)v.object)->length;
    }
    *text = room;
    return (u32)snprintf(room, 16, "[%u]", (unsigned)((struct array *)v.object)->count);
}

static struct value add(struct value *two)
{
    char room[2][16];
    const char *a, *b;
    if (two[0].tag == T_NUMBER && two[1].tag == T_NUMBER)
        return number((i32)((u32)two[0].number + (u32)two[1].number));
    u32 n = text_of(two[0], room[0], &a), m = text_of(two[1], room[1], &b);
    return object(new_string(a, n, b, m));
}

static struct value *element(struct value a, struct value i)
{
    static struct value nothing;
    if (a.tag == T_OBJECT && a.object->kind == O_ARRAY && i.tag == T_NUMBER
        && (u32)i.number < ((struct array *)a.object)->count)
        return &((struct array *)a.object)->items[i.number];
    stop("no such element");
    return &nothing;
}

static void array_push(struct value a, struct value v)
{
    struct array *array = (struct array *)a.object;
    if (a.tag != T_OBJECT || array->object.kind != O_ARRAY) {
        stop("push to what is no array");
        return;
    }
    if (array->count == array->room) {
        array->room = array->room ? array->room * 2 : 4;
        allocated += array->room * 8;
        array->items = realloc(array->items, array->room * sizeof *array->items);
    }
    array->items[array->count++] = v;
}

static void print_value(struct value v)
{
    char room[16];
    const char *text;
    u32 n = text_of(v, room, &text);
    for (u32 i = 0; i < n; i++)
        output = output * 31 + (u8)text[i];
    output = output * 31 + '\n';
}

#define ARITHMETIC(name, expression)                                                                                    \
    case name: {                                                                                                        \
        if (top[-1].tag != T_NUMBER || top[-2].tag != T_NUMBER) {                                                       \
            stop("arithmetic on what is no number");                                                                    \
            break;                                                                                                      \
        }                                                                                                               \
        i32 y = (--top)->number, x = top[-1].number;                                                                    \
        top[-1].number = (i32)(expression);                                                                             \
        break;                                                                                                          \
    }

static u32 execute(void)
{
    static struct frame frames[FRAMES];
    struct frame *frame = frames;
    const u8 *pc = code;
    struct value *base = stack;
    u32 count = 0;
    top = stack;
    while (!error) {
        u32 operand = pc[1] | (u32)pc[2] << 8;
        count++;
        switch ((enum op)*pc++) {
        case OP_NUMBER:
            *top++ = number((i32)(pc[0] | (u32)pc[1] << 8 | (u32)pc[2] << 16 | (u32)pc[3] << 24));
            pc += 4;
            break;
        case OP_STRING: *top++ = object(strings[operand]); pc += 2; break;
        case OP_LOCAL: *top++ = base[operand]; pc += 2; break;
        case OP_SET_LOCAL: base[operand] = *--top; pc += 2; break;
        case OP_GLOBAL: *top++ = globals[operand]; pc += 2; break;
        case OP_SET_GLOBAL: globals[operand] = *--top; pc += 2; break;
        case OP_POP: top--; break;
        case OP_ADD: {
            struct value v = add(top - 2);
            *(--top - 1) = v;
            break;
        }
        ARITHMETIC(OP_SUB, (u32)x - (u32)y)
        ARITHMETIC(OP_MUL, (u32)x * (u32)y)
        ARITHMETIC(OP_DIV, y == 0 ? 0 : y == -1 ? -(u32)x : (u32)(x / y))
        ARITHMETIC(OP_MOD, y == 0 || y == -1 ? 0 : x % y)
        ARITHMETIC(OP_AND, x & y)
        ARITHMETIC(OP_OR, x | y)
        ARITHMETIC(OP_XOR, x ^ y)
        ARITHMETIC(OP_SHL, (u32)x << (y & 31))
        ARITHMETIC(OP_SHR, x >> (y & 31))
        ARITHMETIC(OP_LT, x < y)
        ARITHMETIC(OP_LE, x <= y)
        case OP_EQ: top--; top[-1] = number(same(top[-1], top[0])); break;
        case OP_NE: top--; top[-1] = number(!same(top[-1], top[0])); break;
        case OP_NOT: top[-1] = number(!truth(top[-1])); break;
        case OP_NEG: top[-1] = number((i32)-(u32)top[-1].number); break;
        case OP_JUMP: pc = code + operand; break;
        case OP_JUMP_FALSE: pc = truth(*--top) ? pc + 2 : code + operand; break;
        case OP_KEEP_FALSE: pc = truth(top[-1]) ? pc + 2 : code + operand; break;
        case OP_KEEP_TRUE: pc = truth(top[-1]) ? code + operand : pc + 2; break;
        case OP_CALL:
            if (frame + 1 == frames + FRAMES || top + 100 > stack + STACK) {
                stop("too deep");
                break;
            }
            *frame++ = (struct frame){pc + 2, base};
            base = top - functions[operand].parameters;
            pc = code + functions[operand].entry;
            break;
        case OP_RETURN: {
            struct value v = top[-1];
            if (frame == frames)
                return count;
            top = base;
            *top++ = v;
            frame--;
            pc = frame->pc;
            base = frame->base;
            break;
        }
        case OP_PRINT: print_value(*--top); break;
        case OP_ARRAY: {
            struct array *a = new_object(sizeof *a, O_ARRAY, 64 + operand * 16);
            a->count = a->room = operand;
            a->items = malloc((operand + 1) * sizeof *a->items);
            top -= operand;
            memcpy(a->items, top, operand * sizeof *a->items);
            *top++ = object(a);
            pc += 2;
            break;
        }
        case OP_INDEX: top--; top[-1] = *element(top[-1], top[0]); break;
        case OP_SET_INDEX: top -= 3; *element(top[0], top[1]) = top[2]; break;
        case OP_LEN:
            top[-1] = number(top[-1].tag == T_NUMBER ? 0
                    : (i32)(top[-1].object->kind == O_ARRAY ? ((struct array *)top[-1].object)->count
                                                            : ((struct string *)top[-1].object)->length));
            break;
        case OP_PUSH: top--; array_push(top[-1], top[0]); break;
        case OP_SWAP: {
            struct value v = top[-1];
            top[-1] = top[-2];
            top[-2] = v;
            break;
        }
        }
    }
    return count;
}

/* ---- Scripts ---- */

static const char *const scripts[] = {
    /* N is the size */
    "fn fib(n) { if (n < 2) { return n; } return fib(n - 1) + fib(n - 2); } print fib(8 + N / 4);",
    "let flags = []; let i = 0; let n = N * 40; while (i <= n) { push(flags, 1); i = i + 1; }"
    "let p = 2; while (p * p <= n) { if (flags[p]) { let k = p * p; while (k <= n) { flags[k] = 0; k = k + p; } } p = p + 1; }"
    "let count = 0; i = 2; while (i <= n) { count = count + flags[i]; i = i + 1; } print count;",
    "fn sort(a, low, high) { if (low >= high) { return 0; } let p = a[(low + high) / 2]; let i = low; let j = high;"
    " while (i <= j) { while (a[i] < p) { i = i + 1; } while (a[j] > p) { j = j - 1; }"
    " if (i <= j) { let t = a[i]; a[i] = a[j]; a[j] = t; i = i + 1; j = j - 1; } } sort(a, low, j); return sort(a, i, high); }"
    "let a = []; let x = 7; let i = 0; while (i < N * 10) { x = (x * 1103515245 + 12345) & 2147483647; push(a, x >> 8); i = i + 1; }"
    "sort(a, 0, len(a) - 1); i = 1; let bad = 0; while (i < len(a)) { if (a[i - 1] > a[i]) { bad = bad + 1; } i = i + 1; }"
    "print bad; print a[0]; print a[len(a) - 1];",
    "fn solve(n, row, columns, left, right) { if (row == n) { return 1; } let found = 0; let c = 0;"
    " while (c < n) { let bit = 1 << c; let l = 1 << (row + c); let r = 1 << (row - c + n);"
    " if (!(columns & bit) && !(left & l) && !(right & r)) { found = found + solve(n, row + 1, columns | bit, left | l, right | r); }"
    " c = c + 1; } return found; } print solve(4 + N / 20, 0, 0, 0, 0);",
    "let lines = []; let i = 0; while (i < N) { push(lines, \"line \" + i + \": \" + i * i % 97); i = i + 1; }"
    "let all = \"\"; i = 0; while (i < len(lines)) { all = all + lines[i] + \";\"; if (len(all) > 300) { print all; all = \"\"; } i = i + 1; }"
    "print all; print \"a\" + 1 == \"a1\"; print [1, 2, 3]; print lines[N / 2] != lines[1];",
    "fn tree(depth) { if (depth == 0) { return 0; } return [tree(depth - 1), depth, tree(depth - 1)]; }"
    "fn sum(t) { if (t == 0) { return 1; } return sum(t[0]) + t[1] + sum(t[2]); }"
    "let i = 0; while (i < N / 4) { print sum(tree(3 + i % 6)); i = i + 1; }",
    "let grid = []; let i = 0; while (i < 32 * 32) { push(grid, (i * 7 + i / 32 * 3) % 5 == 0); i = i + 1; }"
    "fn at(g, x, y) { return g[(y & 31) * 32 + (x & 31)]; }"
    "let step = 0; while (step < 1 + N / 40) { let new = []; let y = 0; while (y < 32) { let x = 0; while (x < 32) {"
    " let n = at(grid, x - 1, y - 1) + at(grid, x, y - 1) + at(grid, x + 1, y - 1) + at(grid, x - 1, y) + at(grid, x + 1, y)"
    " + at(grid, x - 1, y + 1) + at(grid, x, y + 1) + at(grid, x + 1, y + 1);"
    " push(new, n == 3 || n == 2 && at(grid, x, y)); x = x + 1; } y = y + 1; } grid = new; step = step + 1; }"
    "let alive = 0; i = 0; while (i < len(grid)) { alive = alive + (grid[i] != 0); i = i + 1; } print alive;",
};
static const char *const broken[] = {"let = 3;", "print (1;", "fn f(a) { return b; }", "print \"half", "x = 1;", "print f(1);",
                                     "let a = [1]; print a[3];", "fn f(n) { return f(n + 1); } f(0);", "print 1 - \"x\";", "1 = 2;"};

static u32 run_script(const char *text, u32 size)
{
    static char source[4096];
    char digits[12];
    u32 n = 0, length = (u32)snprintf(digits, sizeof digits, "%u", (unsigned)size);
    for (const char *s = text; *s && n < sizeof source - 20; s++) {
        bool alone = *s == 'N' && (s == text || !is_name(s[-1])) && !is_name(s[1]);
        memcpy(source + n, alone ? digits : s, alone ? length : 1);
        n += alone ? length : 1;
    }
    source[n] = 0;
    u32 count = compile(source) ? execute() : 0;
    top = stack;
    global_count = string_count = 0;
    collect();
    return count;
}

/* 0 rounds: small sizes, for tests. */
static u32 run(u32 rounds)
{
    u32 sum = 0, size = rounds ? 80 : 12;
    limit = 20000;
    for (u32 i = 0; i < sizeof broken / sizeof *broken; i++) {
        sum = sum * 31 + run_script(broken[i], 1);
        printf("%s: %s\n", broken[i], error ? error : "fine");
    }
    for (u32 round = 0; round < (rounds ? rounds : 1); round++)
        for (u32 i = 0; i < sizeof scripts / sizeof *scripts; i++) {
            sum = sum * 31 + run_script(scripts[i], size);
            if (error)
                printf("script %u: %s\n", (unsigned)i, error);
        }
    printf("%u collections, %u bytes left\n", (unsigned)collections, (unsigned)allocated);
    return sum ^ output;
}

WORKLOAD("script", 1, run)

/* Buffered output, formatting and input. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 4096 };

struct stream {
    int fd;
    int failed;
    size_t used; /* output: bytes waiting; input: bytes taken */
    size_t full; /* input: bytes read */
    char *buffer;
};

static char buffers[3][ROOM];
static struct stream streams[3] = {
    {.fd = 0, .buffer = buffers[0]}, {.fd = 1, .buffer = buffers[1]}, {.fd = 2, .buffer = buffers[2]}};
FILE *const stdin = &streams[0], *const stdout = &streams[1], *const stderr = &streams[2];

int fflush(FILE *f)
{
    if (!f)
        f = stdout;
    for (size_t done = 0; done < f->used && !f->failed;) {
        long n = write(f->fd, f->buffer + done, f->used - done);
        if (n <= 0)
            f->failed = 1;
        else
            done += (size_t)n;
    }
    f->used = 0;
    return f->failed ? EOF : 0;
}

static void put(FILE *f, const char *from, size_t n)
{
    while (n) {
        size_t part = ROOM - f->used;
        if (part > n)
            part = n;
        memcpy(f->buffer + f->used, from, part);
        f->used += part, from += part, n -= part;
        if (f->used == ROOM)
            fflush(f);
    }
}

size_t fwrite(const void *from, size_t size, size_t count, FILE *f)
{
    put(f, from, size * count);
    if (f == stderr)
        fflush(f);
    return f->failed ? 0 : count;
}

int fputc(int c, FILE *f)
{
    char byte = (char)c;
    fwrite(&byte, 1, 1, f);
    return f->failed ? EOF : (unsigned char)c;
}

int putchar(int c)
{
    return fputc(c, stdout);
}

int fputs(const char *s, FILE *f)
{
    fwrite(s, 1, strlen(s), f);
    return f->failed ? EOF : 0;
}

int puts(const char *s)
{
    put(stdout, s, strlen(s));
    put(stdout, "\n", 1);
    return stdout->failed ? EOF : 0;
}

int getchar(void)
{
    if (stdin->used == stdin->full) {
        fflush(stdout);
        long n = stdin->failed ? 0 : read(0, stdin->buffer, ROOM);
        stdin->used = 0;
        stdin->full = n > 0 ? (size_t)n : 0;
        if (n <= 0) {
            stdin->failed = n < 0;
            return EOF;
        }
    }
    return (unsigned char)stdin->buffer[stdin->used++];
}

char *fgets(char *to, int size, FILE *f)
{
    int n = 0;
    for (int c; f == stdin && n + 1 < size && (c = getchar()) != EOF;) {
        to[n++] = (char)c;
        if (c == '\n')
            break;
    }
    if (n == 0)
        return 0;
    to[n] = 0;
    return to;
}

size_t fread(void *to, size_t size, size_t count, FILE *f)
{
    size_t n = 0;
    for (int c; f == stdin && n < size * count && (c = getchar()) != EOF;)
        ((char *)to)[n++] = (char)c;
    return size ? n / size : 0;
}

/* Where formatted text goes: a stream, or a buffer of limited size. */
struct sink {
    FILE *f;
    char *to;
    size_t room;
    size_t total;
};

static void emit(struct sink *s, const char *text, size_t n)
{
    if (s->f) {
        put(s->f, text, n);
    } else if (s->total < s->room) {
        size_t part = s->room - s->total < n ? s->room - s->total : n;
        memcpy(s->to + s->total, text, part);
    }
    s->total += n;
}

static void pad(struct sink *s, char c, int n)
{
    while (n-- > 0)
        emit(s, &c, 1);
}

enum { LEFT = 1, ZERO = 2, PLUS = 4, SPACE = 8, ALTERNATE = 16 };

/* Prints a number: sign or prefix, zeros up to the precision, digits. */
static void number(struct sink *s, uint64_t value, int negative, int base, int upper, int flags, int width, int precision)
{
    char digits[24];
    int n = 0;
    const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (uint64_t v = value; v; n++) {
        if (v >> 32 == 0) { /* one word is enough from here on: no 64-bit division on 32-bit machines */
            for (uint32_t w = (uint32_t)v; w; w /= (uint32_t)base)
                digits[sizeof digits - 1 - (size_t)n++] = alphabet[w % (uint32_t)base];
            break;
        }
        digits[sizeof digits - 1 - (size_t)n] = alphabet[v % (uint64_t)base];
        v /= (uint64_t)base;
    }
    const char *prefix = negative ? "-" : flags & PLUS ? "+" : flags & SPACE ? " " : "";
    if (flags & ALTERNATE && base == 16 && value)
        prefix = upper ? "0X" : "0x";
    int marks = (int)strlen(prefix);
    int zeros = precision < 0 ? (n == 0) : precision > n ? precision - n : 0;
    if (flags & ALTERNATE && base == 8 && zeros == 0)
        zeros = 1;
    if (precision < 0 && (flags & (ZERO | LEFT)) == ZERO && width > marks + zeros + n)
        zeros = width - marks - n;
    int blanks = width - marks - zeros - n;
    if (!(flags & LEFT))
        pad(s, ' ', blanks);
    emit(s, prefix, (size_t)marks);
    pad(s, '0', zeros);
    emit(s, digits + sizeof digits - n, (size_t)n);
    if (flags & LEFT)
        pad(s, ' ', blanks);
}

static void text(struct sink *s, const char *from, size_t n, int flags, int width)
{
    if (!(flags & LEFT))
        pad(s, ' ', width - (int)n);
    emit(s, from, n);
    if (flags & LEFT)
        pad(s, ' ', width - (int)n);
}

static void format_all(struct sink *s, const char *p, va_list args)
{
    for (;;) {
        const char *start = p;
        while (*p && *p != '%')
            p++;
        emit(s, start, (size_t)(p - start));
        if (!*p++)
            return;
        int flags = 0;
        for (;; p++) {
            int flag = *p == '-' ? LEFT : *p == '0' ? ZERO : *p == '+' ? PLUS : *p == ' ' ? SPACE : *p == '#' ? ALTERNATE : 0;
            if (!flag)
                break;
            flags |= flag;
        }
        int width = 0, precision = -1;
        if (*p == '*') {
            width = va_arg(args, int);
            p++;
            if (width < 0) {
                flags |= LEFT;
                width = -width;
            }
        }
        for (; *p >= '0' && *p <= '9'; p++)
            width = width * 10 + *p - '0';
        if (*p == '.') {
            precision = 0;
            if (*++p == '*') {
                precision = va_arg(args, int);
                p++;
            }
            for (; *p >= '0' && *p <= '9'; p++)
                precision = precision * 10 + *p - '0';
        }
        int size = sizeof(int); /* 1 and 2: narrowed after fetching */
        for (;; p++) {
            if (*p == 'h')
                size = size == 2 ? 1 : 2;
            else if (*p == 'l')
                size = size == sizeof(int) && sizeof(long) == 4 ? 5 : 8; /* 5: long of 4 bytes; a second l makes it 8 */
            else if (*p == 'z' || *p == 't')
                size = sizeof(size_t);
            else
                break;
        }
        char c = *p++;
        switch (c) {
        case 'd':
        case 'i': {
            int64_t v = size == 8 ? va_arg(args, int64_t) : va_arg(args, int);
            v = size == 1 ? (signed char)v : size == 2 ? (short)v : v;
            number(s, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0, 10, 0, flags, width, precision);
            break;
        }
        case 'u':
        case 'x':
        case 'X':
        case 'o': {
            uint64_t v = size == 8 ? va_arg(args, uint64_t) : va_arg(args, unsigned);
            v = size == 1 ? (unsigned char)v : size == 2 ? (unsigned short)v : v;
            number(s, v, 0, c == 'u' ? 10 : c == 'o' ? 8 : 16, c == 'X', flags & ~(PLUS | SPACE), width, precision);
            break;
        }
        case 'p':
            number(s, (uintptr_t)va_arg(args, void *), 0, 16, 0, flags | ALTERNATE, width, precision);
            break;
        case 'c': {
            char byte = (char)va_arg(args, int);
            text(s, &byte, 1, flags, width);
            break;
        }
        case 's': {
            const char *string = va_arg(args, const char *);
            if (!string)
                string = "(null)";
            size_t n;
            if (precision >= 0) {
                const char *end = memchr(string, 0, (size_t)precision);
                n = end ? (size_t)(end - string) : (size_t)precision;
            } else {
                n = strlen(string);
            }
            text(s, string, n, flags, width);
            break;
        }
        case '%':
            emit(s, "%", 1);
            break;
        default: /* unknown: shown as it stands */
            emit(s, "%", 1);
            if (!c)
                return;
            emit(s, &c, 1);
        }
    }
}

int vfprintf(FILE *f, const char *format, va_list args)
{
    struct sink s = {.f = f};
    format_all(&s, format, args);
    if (f == stderr)
        fflush(f);
    return f->failed ? -1 : (int)s.total;
}

int vsnprintf(char *to, size_t size, const char *format, va_list args)
{
    struct sink s = {.to = to, .room = size ? size - 1 : 0};
    format_all(&s, format, args);
    if (size)
        to[s.total < size ? s.total : size - 1] = 0;
    return (int)s.total;
}

int printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vfprintf(stdout, format, args);
    va_end(args);
    return n;
}

int fprintf(FILE *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vfprintf(f, format, args);
    va_end(args);
    return n;
}

int snprintf(char *to, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(to, size, format, args);
    va_end(args);
    return n;
}

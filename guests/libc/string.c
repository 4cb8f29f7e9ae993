/*
 * Memory and strings. Programs spend much of their time here, so everything that can works by whole words, at any
 * alignment (Rivet's guests may access memory misaligned); strlen and strcmp align first, so that they never touch a page
 * the string is not on. Compiled without builtins: else the loops would become calls of themselves.
 */
#include <stdint.h>
#include <string.h>

typedef unsigned long word;
#define W sizeof(word)
#define ONES (~(word)0 / 255)

static inline word load(const unsigned char *p)
{
    word w;
    __builtin_memcpy(&w, p, W);
    return w;
}

static inline void store(unsigned char *p, word w)
{
    __builtin_memcpy(p, &w, W);
}

/* A word whose lowest set bit lies in the lowest byte that is zero in w; 0 when none is. */
static inline word zero_bytes(word w)
{
#if defined(__riscv_zbb)
    word full;
    __asm__("orc.b %0, %1" : "=r"(full) : "r"(w));
    return ~full;
#else
    return (w - ONES) & ~w & (ONES << 7);
#endif
}

static inline unsigned first_byte(word marks)
{
    return (unsigned)__builtin_ctzl(marks) / 8;
}

static void copy_up(unsigned char *d, const unsigned char *s, size_t n)
{
    while (n >= 4 * W) {
        word a = load(s), b = load(s + W), c = load(s + 2 * W), e = load(s + 3 * W);
        store(d, a);
        store(d + W, b);
        store(d + 2 * W, c);
        store(d + 3 * W, e);
        d += 4 * W, s += 4 * W, n -= 4 * W;
    }
    while (n >= W) {
        store(d, load(s));
        d += W, s += W, n -= W;
    }
    while (n--)
        *d++ = *s++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    unsigned char *d = to;
    const unsigned char *s = from;
    if (n >= W && n < 4 * W) { /* short: whole words, the last one overlapping */
        word last = load(s + n - W);
        for (size_t i = 0; i + W < n; i += W)
            store(d + i, load(s + i));
        store(d + n - W, last);
        return to;
    }
    copy_up(d, s, n);
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    unsigned char *d = to;
    const unsigned char *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) {
        copy_up(d, s, n); /* reads each word before anything behind it is written */
        return to;
    }
    while (n >= W) {
        n -= W;
        store(d + n, load(s + n));
    }
    while (n--)
        d[n] = s[n];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    unsigned char *d = to;
    word w = ONES * (unsigned char)byte;
    while (n >= 4 * W) {
        store(d, w);
        store(d + W, w);
        store(d + 2 * W, w);
        store(d + 3 * W, w);
        d += 4 * W, n -= 4 * W;
    }
    while (n >= W) {
        store(d, w);
        d += W, n -= W;
    }
    while (n--)
        *d++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;
    while (n >= W && load(p) == load(q))
        p += W, q += W, n -= W;
    for (; n; p++, q++, n--)
        if (*p != *q)
            return *p - *q;
    return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
    const unsigned char *p = s;
    word pattern = ONES * (unsigned char)byte;
    for (; n >= W; p += W, n -= W) {
        word marks = zero_bytes(load(p) ^ pattern);
        if (marks)
            return (void *)(p + first_byte(marks));
    }
    for (; n; p++, n--)
        if (*p == (unsigned char)byte)
            return (void *)p;
    return 0;
}

size_t strlen(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    for (; (uintptr_t)p % W; p++)
        if (!*p)
            return (size_t)((const char *)p - s);
    word marks;
    while (!(marks = zero_bytes(load(p))))
        p += W;
    return (size_t)((const char *)p + first_byte(marks) - s);
}

int strcmp(const char *a, const char *b)
{
    const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;
    if (((uintptr_t)p ^ (uintptr_t)q) % W == 0) {
        for (; (uintptr_t)p % W && *p && *p == *q; p++, q++)
            ;
        if ((uintptr_t)p % W == 0)
            for (word w; (w = load(p)) == load(q) && !zero_bytes(w); p += W, q += W)
                ;
    }
    for (; *p && *p == *q; p++, q++)
        ;
    return *p - *q;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; a++, b++, n--) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (!*a)
            break;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (!*s)
            return 0;
    }
}

char *strcpy(char *restrict to, const char *restrict from)
{
    memcpy(to, from, strlen(from) + 1);
    return to;
}

char *strcat(char *restrict to, const char *restrict from)
{
    strcpy(to + strlen(to), from);
    return to;
}

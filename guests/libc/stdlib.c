/*
 * Heap, numbers and sorting. The heap is segregated: each block belongs to one of four size classes for every power of
 * two, freed blocks go to their class's list and come back from it, new ones are cut from the break. Constant time,
 * 16-byte aligned, never more than a quarter wasted; blocks are not merged.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALIGN 16
#define CLASSES 128
#define STEP ((size_t)64 << 10) /* the break moves by this at least */

typedef union header {
    struct {
        union header *next; /* while free */
        unsigned class;
    };
    char room[ALIGN];
} header;

static header *bins[CLASSES];
static char *heap_at, *heap_end;

/* Class of a size in units of ALIGN (at least 1): sizes 1–4 exactly, then four to each power of two. */
static unsigned class_of(size_t units)
{
    if (units <= 4)
        return (unsigned)units - 1;
    unsigned log = 8 * sizeof(long) - 1 - (unsigned)__builtin_clzl(units - 1);
    return 4 * (log - 1) + (unsigned)((units - 1) >> (log - 2) & 3);
}

static size_t class_units(unsigned class)
{
    if (class < 4)
        return class + 1;
    unsigned log = class / 4 + 1;
    return ((size_t)(4 + class % 4) << (log - 2)) + ((size_t)1 << (log - 2));
}

static char *grow(size_t size)
{
    if (!heap_at) {
        heap_at = brk_to(0);
        heap_at += -(uintptr_t)heap_at % ALIGN;
        heap_end = heap_at;
    }
    if (size > (size_t)(heap_end - heap_at)) {
        size_t more = (size - (size_t)(heap_end - heap_at) + STEP - 1) / STEP * STEP;
        char *want = heap_end + more;
        if (want < heap_end || (char *)brk_to(want) != want)
            return 0;
        heap_end = want;
    }
    char *block = heap_at;
    heap_at += size;
    return block;
}

void *malloc(size_t size)
{
    if (size > SIZE_MAX / 2)
        return 0;
    unsigned class = class_of(size ? (size + ALIGN - 1) / ALIGN : 1);
    header *h = bins[class];
    if (h) {
        bins[class] = h->next;
    } else {
        h = (header *)grow((class_units(class) + 1) * ALIGN);
        if (!h)
            return 0;
        h->class = class;
    }
    return h + 1;
}

void free(void *block)
{
    if (block) {
        header *h = (header *)block - 1;
        h->next = bins[h->class];
        bins[h->class] = h;
    }
}

void *calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return 0;
    void *block = malloc(total);
    return block ? memset(block, 0, total) : 0;
}

void *realloc(void *old, size_t size)
{
    if (!old)
        return malloc(size);
    size_t room = class_units(((header *)old - 1)->class) * ALIGN;
    if (size <= room)
        return old;
    void *block = malloc(size);
    if (block) {
        memcpy(block, old, room);
        free(old);
    }
    return block;
}

int abs(int x)
{
    return x < 0 ? -x : x;
}

unsigned long strtoul(const char *s, char **end, int base)
{
    while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
        s++;
    int negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 32) == 'x') {
        s += 2;
        base = 16;
    }
    if (base == 0)
        base = *s == '0' ? 8 : 10;
    unsigned long value = 0;
    for (;; s++) {
        int digit = *s >= '0' && *s <= '9' ? *s - '0' : (*s | 32) >= 'a' && (*s | 32) <= 'z' ? (*s | 32) - 'a' + 10 : 99;
        if (digit >= base)
            break;
        value = value * (unsigned long)base + (unsigned long)digit;
    }
    if (end)
        *end = (char *)s;
    return negative ? -value : value;
}

long strtol(const char *s, char **end, int base)
{
    return (long)strtoul(s, end, base);
}

int atoi(const char *s)
{
    return (int)strtol(s, 0, 10);
}

static void swap(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

/* Heapsort: no recursion, no worst case. */
static void sift(char *base, size_t root, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(base + root * size, base + child * size) >= 0)
            return;
        swap(base + root * size, base + child * size, size);
    }
}

void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    for (size_t i = count / 2; i-- > 0;)
        sift(base, i, count, size, compare);
    for (size_t i = count; i-- > 1;) {
        swap(base, (char *)base + i * size, size);
        sift(base, 0, i, size, compare);
    }
}

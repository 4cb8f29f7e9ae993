/* Heap, numbers, sorting, ending. */
#ifndef STDLIB_H
#define STDLIB_H
#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *block);
int atoi(const char *s);
long strtol(const char *s, char **end, int base);
unsigned long strtoul(const char *s, char **end, int base);
int abs(int x);
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
_Noreturn void exit(int status);
_Noreturn void abort(void);
#endif

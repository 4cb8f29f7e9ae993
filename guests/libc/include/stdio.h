/* Output through one buffer for each of stdout and stderr (stderr is flushed after every call), input from stdin. */
#ifndef STDIO_H
#define STDIO_H
#include <stdarg.h>
#include <stddef.h>

#define EOF (-1)

typedef struct stream FILE;
extern FILE *const stdin, *const stdout, *const stderr;

/* Conversions d i u x X o c s p %, flags - 0 + space #, width, precision, * for both, lengths hh h l ll z t. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
int snprintf(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vfprintf(FILE *f, const char *format, va_list args);
int vsnprintf(char *to, size_t size, const char *format, va_list args);
int putchar(int c);
int fputc(int c, FILE *f);
int puts(const char *s);
int fputs(const char *s, FILE *f);
size_t fwrite(const void *from, size_t size, size_t count, FILE *f);
int fflush(FILE *f);
int getchar(void);
char *fgets(char *to, int size, FILE *f);
size_t fread(void *to, size_t size, size_t count, FILE *f);
#endif

/* System calls by their usual names. Results are the kernel's: −errno on failure. */
#ifndef UNISTD_H
#define UNISTD_H
#include <stddef.h>

long read(int fd, void *buffer, size_t size);
long write(int fd, const void *buffer, size_t size);
_Noreturn void _exit(int status);
/* Moves the break; returns where it is afterwards (unmoved when there is no room). 0 asks. */
void *brk_to(void *address);
#endif

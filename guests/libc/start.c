/* From the initial stack to main and out again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys.h>
#include <unistd.h>

int main(int argc, char **argv);

#ifdef SYS_CLOCK_GETTIME
/* A native build run with GUEST_NANOS in its environment says on stderr how much CPU time main took. */
static long long started;
static int timed;

static long long cpu_nanos(void)
{
    long long now[2];
    sys_call(SYS_CLOCK_GETTIME, 2, (long)now, 0);
    return now[0] * 1000000000 + now[1];
}
#endif

_Noreturn void libc_start(long *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1);
#ifdef SYS_CLOCK_GETTIME
    for (char **env = argv + argc + 1; *env; env++)
        if (!strncmp(*env, "GUEST_NANOS=", 12))
            timed = 1;
    started = cpu_nanos();
#endif
    exit(main(argc, argv));
}

_Noreturn void exit(int status)
{
#ifdef SYS_CLOCK_GETTIME
    if (timed)
        fprintf(stderr, "nanos %lld\n", cpu_nanos() - started);
#endif
    fflush(stdout);
    _exit(status);
}

_Noreturn void _exit(int status)
{
    for (;;)
        sys_call(SYS_EXIT_GROUP, status, 0, 0);
}

_Noreturn void abort(void)
{
    fflush(stdout);
    for (;;)
        __builtin_trap();
}

long read(int fd, void *buffer, size_t size)
{
    return sys_call(SYS_READ, fd, (long)buffer, (long)size);
}

long write(int fd, const void *buffer, size_t size)
{
    return sys_call(SYS_WRITE, fd, (long)buffer, (long)size);
}

void *brk_to(void *address)
{
    return (void *)sys_call(SYS_BRK, (long)address, 0, 0);
}

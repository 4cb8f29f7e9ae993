/* Calls and returns: Fibonacci numbers by naive recursion. */
#include <workload.h>

static NOINLINE u32 fib(u32 n)
{
    if (n < 2)
        return n;
    return fib(n - 1) + fib(n - 2);
}

WORKLOAD("fib", 36, fib)

/* Byte stores in strides: the sieve of Eratosthenes up to a million. */
#include <workload.h>

enum { LIMIT = 1000000 };

static u8 composite[LIMIT + 1];

static NOINLINE u32 count_primes(u32 limit)
{
    u32 count = 0;
    for (u32 i = 0; i <= limit; i++)
        composite[i] = 0;
    for (u32 i = 2; i * i <= limit; i++)
        if (!composite[i])
            for (u32 k = i * i; k <= limit; k += i)
                composite[k] = 1;
    for (u32 i = 2; i <= limit; i++)
        count += !composite[i];
    return count;
}

/* 0 rounds: one small one, for tests. */
static u32 run(u32 rounds)
{
    u32 sum = rounds ? 0 : count_primes(LIMIT / 20);
    while (rounds--)
        sum += count_primes(LIMIT);
    return sum;
}

WORKLOAD("sieve", 25, run)

/*
 * The frame of a workload: the argument says how many rounds to run (each workload's own number when there is none), the
 * result is printed as a checksum and, shortened, is the exit status.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int32_t i32;
typedef int64_t i64;

#define WORKLOAD(name, rounds, function)                                                                                \
    int main(int argc, char **argv)                                                                                     \
    {                                                                                                                   \
        u32 sum = function(argc > 1 ? (u32)atoi(argv[1]) : (rounds));                                                   \
        printf("%s %08x\n", name, (unsigned)sum);                                                                       \
        return (int)(sum & 31);                                                                                         \
    }

/* Marsaglia's xorshift: the source of all test data. */
static inline u32 next_u32(u32 *state)
{
    u32 x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static inline u64 next_u64(u64 *state)
{
    u64 x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

static inline u32 rotr32(u32 x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static inline u64 rotr64(u64 x, unsigned n)
{
    return x >> n | x << (64 - n);
}
#endif

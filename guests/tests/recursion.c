/* Calls: deep, mutual, through pointers, with many arguments, and returns that do not match the last call. */
#include <setjmp.h>
#include <stdio.h>
#include <workload.h>

static NOINLINE int is_odd(int n);
static NOINLINE int is_even(int n)
{
    volatile int keep = n;
    return n == 0 ? 1 : is_odd(n - 1) + (keep - n);
}
static NOINLINE int is_odd(int n)
{
    volatile int keep = n;
    return n == 0 ? 0 : is_even(n - 1) + (keep - n);
}

static NOINLINE u32 ackermann(u32 m, u32 n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static NOINLINE u32 depth(u32 n)
{
    return n == 0 ? 0 : 1 + depth(n - 1) * 1;
}

static NOINLINE u32 many(u32 a, u32 b, u32 c, u32 d, u32 e, u32 f, u32 g, u32 h, u32 i, u64 j)
{
    return a + 2 * b + 3 * c + 5 * d + 7 * e + 11 * f + 13 * g + 17 * h + 19 * i + (u32)(j >> 32) + (u32)j;
}

static jmp_buf target;
static NOINLINE void fall(int n)
{
    if (n == 0)
        longjmp(target, 42);
    fall(n - 1);
    printf("never\n");
}

static u32 hanoi_moves;
static NOINLINE void hanoi(int n, int from, int to, int via)
{
    if (n == 0)
        return;
    hanoi(n - 1, from, via, to);
    hanoi_moves = hanoi_moves * 3 + (u32)(from * 4 + to);
    hanoi(n - 1, via, to, from);
}

int main(void)
{
    printf("%d %d\n", is_even(30001), is_odd(30001));
    printf("%u %u\n", ackermann(2, 50), ackermann(1, 500));
    printf("%u\n", depth(150000));
    printf("%u\n", many(1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0000000a0000000bu));
    volatile int times = 0;
    for (volatile int i = 0; i < 200; i++) {
        int code = setjmp(target);
        if (code == 0)
            fall(i);
        times += code;
    }
    printf("%d\n", times);
    hanoi(12, 0, 1, 2);
    printf("%08x\n", (unsigned)hanoi_moves);
    return 3;
}

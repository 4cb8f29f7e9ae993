/* Indirect jumps: tables, computed gotos, pointers, and entries into the middle of straight code. */
#include <stdio.h>
#include <workload.h>

static NOINLINE u32 dense(u32 n)
{
    switch (n) {
    case 0: return 11;
    case 1: return 7;
    case 2: return 23;
    case 3: return n * 5;
    case 4: return 2;
    case 5: return n << 20;
    case 6: return 19;
    case 7: return ~n;
    case 8: return 1;
    case 9: return 4;
    case 11: return 90;
    default: return n ^ 0x5a5a;
    }
}

static NOINLINE u32 sparse(u32 n)
{
    switch (n) {
    case 3: return 1;
    case 1000: return 2;
    case 70000: return 3;
    case 0x7fffffff: return 4;
    case 0x80000000: return 5;
    case 0xfffffff0: return 6;
    default: return 0;
    }
}

/* A pattern of 0s and 1s recognised by a machine of computed gotos. */
static NOINLINE u32 machine(u32 bits, int n)
{
    static const void *const next[4][2] = {{&&start, &&one}, {&&ten, &&one}, {&&start, &&hit}, {&&ten, &&one}};
    u32 hits = 0;
#define STEP(state)                                                                                                     \
    do {                                                                                                                \
        if (n-- == 0)                                                                                                   \
            return hits;                                                                                                \
        u32 bit = bits & 1;                                                                                             \
        bits = bits >> 1 | bits << 31;                                                                                  \
        goto *next[state][bit];                                                                                         \
    } while (0)
start:
    STEP(0);
one:
    STEP(1);
ten:
    STEP(2);
hit:
    hits++;
    STEP(3);
}

static u32 add(u32 a, u32 b) { return a + b; }
static u32 sub(u32 a, u32 b) { return a - b; }
static u32 mul(u32 a, u32 b) { return a * b; }
static u32 xor(u32 a, u32 b) { return a ^ b; }
static u32 (*const volatile operations[4])(u32, u32) = {add, sub, mul, xor};

#if defined(__riscv)
/* Sixteen increments: entering at the k-th leaves 16 − k of them. Only the first one is a leader. */
unsigned long increments(unsigned long x);
__asm__(".text\n.balign 4\n.option push\n.option norvc\n.type increments, @function\nincrements:\n"
        ".rept 16\naddi a0, a0, 1\n.endr\nret\n.option pop\n");
static unsigned long enter(int k)
{
    unsigned long (*f)(unsigned long) = (unsigned long (*)(unsigned long))((unsigned long)&increments + 4 * (unsigned)k);
    return f(0);
}
/* Bit 0 of the target is dropped; the link register may be t0, and the same register as the base. */
static unsigned long odd_and_links(void)
{
    unsigned long x;
    __asm__ volatile("li %0, 5\n"
                     "la t1, 1f\n"
                     "addi t1, t1, 1\n"
                     "jalr t0, 0(t1)\n" /* odd target */
                     "j 2f\n"
                     "1: addi %0, %0, 10\n"
                     "mv t1, t0\n"
                     "jalr t1, 0(t1)\n" /* link over the base */
                     "2: addi %0, %0, 100\n"
                     : "=&r"(x)::"t0", "t1");
    return x;
}
#else
static unsigned long enter(int k) { return (unsigned long)(16 - k); }
static unsigned long odd_and_links(void) { return 115; }
#endif

int main(void)
{
    u32 sum = 0, random = 77;
    for (u32 i = 0; i < 400; i++)
        sum = sum * 31 + dense(i % 14);
    printf("dense %08x\n", (unsigned)sum);
    static const u32 keys[] = {3, 4, 1000, 70000, 0x7fffffff, 0x80000000, 0xfffffff0, 0};
    for (u32 i = 0; i < 8; i++)
        printf("%u ", (unsigned)sparse(keys[i]));
    printf("\nmachine %u %u\n", (unsigned)machine(0x5b6dadb5, 3000), (unsigned)machine(0xdeadbeef, 999));
    for (u32 i = 0; i < 1000; i++)
        sum = operations[next_u32(&random) & 3](sum, random);
    printf("operations %08x\n", (unsigned)sum);
    for (int turn = 0; turn < 3; turn++)
        for (int k = 0; k <= 16; k++)
            sum = sum * 7 + (u32)enter(k);
    printf("entries %lu %lu %08x\n", enter(0), enter(13), (unsigned)sum);
    printf("odd %lu\n", odd_and_links());
    return 0;
}

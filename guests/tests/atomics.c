/* Atomic operations of 32 bits: each against plain C. The words in asm because not every variant's compiler knows A. */
#include <stdio.h>
#include <workload.h>

static const u32 values[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0x12345678, 0xfffffffe};
enum { VALUES = sizeof values / sizeof *values };

enum operation { SWAP, ADD, XOR, AND, OR, MIN, MAX, MINU, MAXU };

static u32 expected(enum operation op, u32 old, u32 x)
{
    switch (op) {
    case SWAP: return x;
    case ADD: return old + x;
    case XOR: return old ^ x;
    case AND: return old & x;
    case OR: return old | x;
    case MIN: return (i32)old < (i32)x ? old : x;
    case MAX: return (i32)old > (i32)x ? old : x;
    case MINU: return old < x ? old : x;
    default: return old > x ? old : x;
    }
}

#if defined(__riscv)
/* a0 = amo(a1 → (a2)); funct5 of the operation, with aq and rl set */
#define AMO(funct5)                                                                                                     \
    __asm__ volatile(".option push\n.option arch, +a\n.insn r 0x2f, 2, (%3 << 2 | 3), %0, %2, %1\n.option pop"          \
                     : "=&r"(old)                                                                                       \
                     : "r"(x), "r"(p), "i"(funct5)                                                                      \
                     : "memory")
static long atomic(enum operation op, volatile u32 *p, u32 x)
{
    long old = 0;
    switch (op) {
    case SWAP: AMO(1); break;
    case ADD: AMO(0); break;
    case XOR: AMO(4); break;
    case AND: AMO(12); break;
    case OR: AMO(8); break;
    case MIN: AMO(16); break;
    case MAX: AMO(20); break;
    case MINU: AMO(24); break;
    case MAXU: AMO(28); break;
    }
    return old;
}

static u32 load_reserved(volatile u32 *p)
{
    u32 v;
    __asm__ volatile(".insn r 0x2f, 2, (2 << 2), %0, %1, x0" : "=&r"(v) : "r"(p) : "memory");
    return v;
}

/* 0 when stored */
static u32 store_conditional(volatile u32 *p, u32 x)
{
    u32 failed;
    __asm__ volatile(".insn r 0x2f, 2, (3 << 2), %0, %2, %1" : "=&r"(failed) : "r"(x), "r"(p) : "memory");
    return failed;
}
#else
static long atomic(enum operation op, volatile u32 *p, u32 x)
{
    u32 old = *p;
    *p = expected(op, old, x);
    return (i32)old;
}
static volatile u32 *reserved;
static u32 load_reserved(volatile u32 *p)
{
    reserved = p;
    return *p;
}
static u32 store_conditional(volatile u32 *p, u32 x)
{
    int good = reserved == p;
    reserved = 0;
    if (good)
        *p = x;
    return !good;
}
#endif

static volatile u32 cell[4];

int main(void)
{
    u32 bad = 0;
    for (int op = SWAP; op <= MAXU; op++)
        for (int i = 0; i < VALUES; i++)
            for (int k = 0; k < VALUES; k++) {
                cell[1] = values[i];
                long old = atomic((enum operation)op, &cell[1], values[k]);
                bad += old != (long)(i32)values[i]; /* sign-extended on RV64 */
                bad += cell[1] != expected((enum operation)op, values[i], values[k]);
            }
    bad += cell[0] != 0 || cell[2] != 0;
    /* A counter by lr and sc; an sc without its lr, twice in a row, and to another place fails and stores nothing. */
    for (int i = 0; i < 1000; i++)
        do {
            cell[3] = 0;
        } while (store_conditional(&cell[2], load_reserved(&cell[2]) + 1));
    bad += cell[2] != 1000;
    bad += store_conditional(&cell[2], 5) == 0;
    load_reserved(&cell[2]);
    bad += store_conditional(&cell[3], 5) == 0;
    bad += store_conditional(&cell[2], 5) == 0;
    load_reserved(&cell[2]);
    bad += store_conditional(&cell[2], 6) != 0;
    bad += store_conditional(&cell[2], 7) == 0;
    printf("atomics: %u bad, counter %u, other %u\n", (unsigned)bad, (unsigned)cell[2], (unsigned)cell[3]);
    return bad != 0;
}

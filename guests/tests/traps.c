/* Ends with the trap that the argument names; says "before" first. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const volatile int constant = 7;
static volatile int data[4] = {1, 2, 3, 4};
static volatile long sink;

static int load(uintptr_t address)
{
    return *(volatile unsigned char *)address;
}

static void store(uintptr_t address)
{
    *(volatile unsigned char *)address = 1;
}

static void jump(uintptr_t address)
{
    void (*volatile target)(void) = (void (*)(void))address;
    target();
}

static __attribute__((noinline)) long deep(long n)
{
    volatile long frame[8];
    frame[n & 7] = n;
    return n == 0 ? 0 : deep(n + 1) + frame[n & 7];
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    puts("before");
    fflush(stdout);
    if (!strcmp(what, "load-low"))
        sink = load(8);
    else if (!strcmp(what, "load-high"))
        sink = load(0xffff0000u);
    else if (!strcmp(what, "load-hole"))
        sink = load(0x40000000u);
    else if (!strcmp(what, "store-text"))
        store((uintptr_t)&main);
    else if (!strcmp(what, "store-constant"))
        store((uintptr_t)&constant);
    else if (!strcmp(what, "store-hole"))
        store(0x40000000u);
    else if (!strcmp(what, "store-behind-break"))
        store((uintptr_t)brk_to(0) + 0x10000);
    else if (!strcmp(what, "jump-null"))
        jump(0);
    else if (!strcmp(what, "jump-data"))
        jump((uintptr_t)data);
    else if (!strcmp(what, "jump-high"))
        jump(0xfffffff0u);
    else if (!strcmp(what, "stack"))
        sink = deep(1);
#if defined(__riscv)
    else if (!strcmp(what, "illegal"))
        __asm__ volatile(".word 0xffffffff");
    else if (!strcmp(what, "zero"))
        __asm__ volatile(".word 0");
    else if (!strcmp(what, "csr"))
        __asm__ volatile(".word 0xc0002573"); /* csrr a0, cycle */
    else if (!strcmp(what, "float"))
        __asm__ volatile(".word 0x00b57553"); /* fadd.s fa0, fa0, fa1 */
    else if (!strcmp(what, "ebreak"))
        __asm__ volatile(".option push\n.option norvc\nebreak\n.option pop");
    else if (!strcmp(what, "atomic")) /* amoadd.w a0, a1, (a2), misaligned */
        __asm__ volatile("mv a2, %0\n.word 0x00b6252f" ::"r"((uintptr_t)data + 2) : "a0", "a2", "memory");
    else if (!strcmp(what, "reserve")) /* lr.w a0, (a2), misaligned */
        __asm__ volatile("mv a2, %0\n.word 0x1006252f" ::"r"((uintptr_t)data + 1) : "a0", "a2", "memory");
#endif
    else if (!strcmp(what, "abort"))
        abort();
    puts("after");
    return 0;
}

/* The few system calls guests make. Guests use Linux' numbers of RISC-V; native builds those of their own Linux. */
#ifndef SYS_H
#define SYS_H

#if defined(__riscv)
#define SYS_READ 63
#define SYS_WRITE 64
#define SYS_EXIT 93
#define SYS_EXIT_GROUP 94
#define SYS_BRK 214
#if defined(__riscv_32e) || defined(__riscv_64e)
#define SYS_REGISTER "t0" /* the psABI's register for files with RVE */
#else
#define SYS_REGISTER "a7"
#endif

static inline long sys_call(long number, long x, long y, long z)
{
    register long a0 __asm__("a0") = x;
    register long a1 __asm__("a1") = y;
    register long a2 __asm__("a2") = z;
    register long n __asm__(SYS_REGISTER) = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(n) : "memory");
    return a0;
}

#elif defined(__x86_64__)
#define SYS_READ 0
#define SYS_WRITE 1
#define SYS_EXIT 60
#define SYS_EXIT_GROUP 231
#define SYS_BRK 12
#define SYS_CLOCK_GETTIME 228

static inline long sys_call(long number, long x, long y, long z)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(x), "S"(y), "d"(z)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)
#define SYS_READ 63
#define SYS_WRITE 64
#define SYS_EXIT 93
#define SYS_EXIT_GROUP 94
#define SYS_BRK 214
#define SYS_CLOCK_GETTIME 113

static inline long sys_call(long number, long x, long y, long z)
{
    register long x0 __asm__("x0") = x;
    register long x1 __asm__("x1") = y;
    register long x2 __asm__("x2") = z;
    register long n __asm__("x8") = number;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(n) : "memory");
    return x0;
}

#else
#error "no system calls for this architecture"
#endif
#endif

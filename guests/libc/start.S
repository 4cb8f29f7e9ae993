/* Where every program starts: hands the initial stack (argc, argv, envp as Linux lays them) to C. And setjmp. */
#if defined(__riscv)
#if __riscv_xlen == 64
#define ST sd
#define LD ld
#define W 8
#else
#define ST sw
#define LD lw
#define W 4
#endif
        .section .text.start, "ax", @progbits
        .globl _start
        .type _start, @function
_start:
        .option push
        .option norelax
        la gp, __global_pointer$
        .option pop
        mv a0, sp
        andi sp, sp, -16
        li ra, 0
        call libc_start
        ebreak
        .size _start, . - _start

        .text
        .globl setjmp
        .type setjmp, @function
setjmp:
        ST ra, 0 * W(a0)
        ST sp, 1 * W(a0)
        ST s0, 2 * W(a0)
        ST s1, 3 * W(a0)
#if !defined(__riscv_32e) && !defined(__riscv_64e)
        ST s2, 4 * W(a0)
        ST s3, 5 * W(a0)
        ST s4, 6 * W(a0)
        ST s5, 7 * W(a0)
        ST s6, 8 * W(a0)
        ST s7, 9 * W(a0)
        ST s8, 10 * W(a0)
        ST s9, 11 * W(a0)
        ST s10, 12 * W(a0)
        ST s11, 13 * W(a0)
#endif
        li a0, 0
        ret
        .size setjmp, . - setjmp

        .globl longjmp
        .type longjmp, @function
longjmp:
        LD ra, 0 * W(a0)
        LD sp, 1 * W(a0)
        LD s0, 2 * W(a0)
        LD s1, 3 * W(a0)
#if !defined(__riscv_32e) && !defined(__riscv_64e)
        LD s2, 4 * W(a0)
        LD s3, 5 * W(a0)
        LD s4, 6 * W(a0)
        LD s5, 7 * W(a0)
        LD s6, 8 * W(a0)
        LD s7, 9 * W(a0)
        LD s8, 10 * W(a0)
        LD s9, 11 * W(a0)
        LD s10, 12 * W(a0)
        LD s11, 13 * W(a0)
#endif
        seqz a2, a1
        add a0, a1, a2
        ret
        .size longjmp, . - longjmp

#elif defined(__x86_64__)
        .text
        .globl _start
_start:
        xorl %ebp, %ebp
        movq %rsp, %rdi
        andq $-16, %rsp
        call libc_start
        ud2

        .globl setjmp
setjmp:
        movq %rbx, 0(%rdi)
        movq %rbp, 8(%rdi)
        movq %r12, 16(%rdi)
        movq %r13, 24(%rdi)
        movq %r14, 32(%rdi)
        movq %r15, 40(%rdi)
        leaq 8(%rsp), %rax
        movq %rax, 48(%rdi)
        movq (%rsp), %rax
        movq %rax, 56(%rdi)
        xorl %eax, %eax
        ret

        .globl longjmp
longjmp:
        movl %esi, %eax
        cmpl $1, %eax
        adcl $0, %eax
        movq 0(%rdi), %rbx
        movq 8(%rdi), %rbp
        movq 16(%rdi), %r12
        movq 24(%rdi), %r13
        movq 32(%rdi), %r14
        movq 40(%rdi), %r15
        movq 48(%rdi), %rsp
        jmpq *56(%rdi)

#elif defined(__aarch64__)
        .text
        .globl _start
_start:
        mov x29, #0
        mov x30, #0
        mov x0, sp
        bl libc_start
        brk #1

        .globl setjmp
setjmp:
        stp x19, x20, [x0, #0]
        stp x21, x22, [x0, #16]
        stp x23, x24, [x0, #32]
        stp x25, x26, [x0, #48]
        stp x27, x28, [x0, #64]
        stp x29, x30, [x0, #80]
        mov x2, sp
        str x2, [x0, #96]
        stp d8, d9, [x0, #104]
        stp d10, d11, [x0, #120]
        stp d12, d13, [x0, #136]
        stp d14, d15, [x0, #152]
        mov w0, #0
        ret

        .globl longjmp
longjmp:
        ldp x19, x20, [x0, #0]
        ldp x21, x22, [x0, #16]
        ldp x23, x24, [x0, #32]
        ldp x25, x26, [x0, #48]
        ldp x27, x28, [x0, #64]
        ldp x29, x30, [x0, #80]
        ldr x2, [x0, #96]
        mov sp, x2
        ldp d8, d9, [x0, #104]
        ldp d10, d11, [x0, #120]
        ldp d12, d13, [x0, #136]
        ldp d14, d15, [x0, #152]
        cmp w1, #0
        csinc w0, w1, wzr, ne
        ret
#endif
        .section .note.GNU-stack, "", @progbits

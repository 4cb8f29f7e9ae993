/* Non-local jumps. */
#ifndef SETJMP_H
#define SETJMP_H
typedef long jmp_buf[24];
int setjmp(jmp_buf at) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf to, int value);
#endif

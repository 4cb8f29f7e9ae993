/* Indirect jumps: the inner loop of a stack machine. A round is a thousand turns of the program's own loop. */
#include <workload.h>

enum op { PUSH, LOAD, STORE, ADD, MUL, AND, XOR, SHIFT_RIGHT, LESS, JUMP_IF_ZERO, JUMP, DUPLICATE, INCREMENT, HALT };

static u8 code[128];
static u32 stack[32], variables[8];

static NOINLINE u32 execute(const u8 *pc)
{
    u32 *sp = stack, count = 0;
    for (;;) {
        count++;
        switch ((enum op)*pc++) {
        case PUSH:
            *sp++ = *pc++;
            break;
        case LOAD:
            *sp++ = variables[*pc++];
            break;
        case STORE:
            variables[*pc++] = *--sp;
            break;
        case ADD:
            sp--;
            sp[-1] += *sp;
            break;
        case MUL:
            sp--;
            sp[-1] *= *sp;
            break;
        case AND:
            sp--;
            sp[-1] &= *sp;
            break;
        case XOR:
            sp--;
            sp[-1] ^= *sp;
            break;
        case SHIFT_RIGHT:
            sp--;
            sp[-1] >>= *sp & 31;
            break;
        case LESS:
            sp--;
            sp[-1] = sp[-1] < *sp;
            break;
        case JUMP_IF_ZERO:
            pc += *--sp ? 1 : 1 + (i8)*pc;
            break;
        case JUMP:
            pc += 1 + (i8)*pc;
            break;
        case DUPLICATE:
            *sp = sp[-1];
            sp++;
            break;
        case INCREMENT:
            variables[*pc++]++;
            break;
        case HALT:
            return count;
        }
    }
}

static u8 *at = code;

static void put1(u8 op)
{
    *at++ = op;
}

static void put2(u8 op, u8 operand)
{
    put1(op);
    put1(operand);
}

/* Sets the operand of a jump, which stands just before `jump`, to lead to `target`. */
static void lead(u8 *jump, const u8 *target)
{
    jump[-1] = (u8)(target - jump);
}

enum { I, LIMIT, X, OLD };

/* while (i < limit) { old = x; x = (x * 13 + i) ^ (old >> 5); if (x & 1) x = x + 7; i++; } */
static void assemble(void)
{
    u8 *loop = at;
    put2(LOAD, I);
    put2(LOAD, LIMIT);
    put1(LESS);
    put2(JUMP_IF_ZERO, 0);
    u8 *leave = at;
    put2(LOAD, X);
    put1(DUPLICATE);
    put2(STORE, OLD);
    put2(PUSH, 13);
    put1(MUL);
    put2(LOAD, I);
    put1(ADD);
    put2(LOAD, OLD);
    put2(PUSH, 5);
    put1(SHIFT_RIGHT);
    put1(XOR);
    put2(STORE, X);
    put2(LOAD, X);
    put2(PUSH, 1);
    put1(AND);
    put2(JUMP_IF_ZERO, 0);
    u8 *even = at;
    put2(LOAD, X);
    put2(PUSH, 7);
    put1(ADD);
    put2(STORE, X);
    lead(even, at);
    put2(INCREMENT, I);
    put2(JUMP, 0);
    lead(at, loop);
    lead(leave, at);
    put1(HALT);
}

static u32 run(u32 rounds)
{
    assemble();
    variables[LIMIT] = rounds * 1000;
    u32 count = execute(code);
    return count ^ variables[X];
}

WORKLOAD("interp", 800, run)

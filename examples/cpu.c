/*
 * A CHIP-8, the game machine of 1977: 16 registers, 4 KiB, a screen of 64 by 32 dots. The program it runs plays the chaos
 * game: again and again it jumps half-way to a random corner of a triangle and draws a dot there. The argument says how
 * many thousand instructions to run (100 unless told).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 64, HEIGHT = 32, START = 0x200 };

static struct {
    uint8_t memory[4096], v[16];
    uint16_t i, pc, stack[16];
    unsigned depth;
    uint64_t screen[HEIGHT]; /* the leftmost dot is the top bit */
    uint32_t random;
} cpu;

static const uint8_t program[] = {
    /* 200 */ 0x00, 0xe0, /*       CLS                                       */
    /* 202 */ 0x64, 0x20, /*       LD V4, 32       ; where we are            */
    /* 204 */ 0x65, 0x10, /*       LD V5, 16                                 */
    /* 206 */ 0xc2, 0x03, /* next: RND V2, 3       ; which corner            */
    /* 208 */ 0x42, 0x03, /*       SNE V2, 3                                 */
    /* 20a */ 0x12, 0x06, /*       JP next         ; there are only three    */
    /* 20c */ 0xa2, 0x2a, /*       LD I, corners                             */
    /* 20e */ 0x82, 0x24, /*       ADD V2, V2                                */
    /* 210 */ 0xf2, 0x1e, /*       ADD I, V2                                 */
    /* 212 */ 0xf1, 0x65, /*       LD V1, [I]      ; V0, V1: the corner      */
    /* 214 */ 0x84, 0x04, /*       ADD V4, V0                                */
    /* 216 */ 0x84, 0x46, /*       SHR V4                                    */
    /* 218 */ 0x85, 0x14, /*       ADD V5, V1                                */
    /* 21a */ 0x85, 0x56, /*       SHR V5                                    */
    /* 21c */ 0xa2, 0x30, /*       LD I, dot                                 */
    /* 21e */ 0xd4, 0x51, /*       DRW V4, V5, 1   ; turns the dot over      */
    /* 220 */ 0x3f, 0x00, /*       SE VF, 0        ; it was on:              */
    /* 222 */ 0xd4, 0x51, /*       DRW V4, V5, 1   ; turn it on again        */
    /* 224 */ 0x22, 0x28, /*       CALL count                                */
    /* 226 */ 0x12, 0x06, /*       JP next                                   */
    /* 228 */ 0x00, 0xee, /* count: RET                                      */
    /* 22a */ 31, 0,      /* corners: x, y                                   */
    /* 22c */ 0, 32,
    /* 22e */ 62, 32,
    /* 230 */ 0x80,       /* dot                                             */
};

static void draw(uint8_t x, uint8_t y, unsigned rows)
{
    cpu.v[15] = 0;
    for (unsigned row = 0; row < rows; row++) {
        uint64_t dots = (uint64_t)cpu.memory[(cpu.i + row) & 4095] << 56;
        unsigned by = x % WIDTH;
        dots = by ? dots >> by | dots << (64 - by) : dots;
        uint64_t *line = &cpu.screen[(y + row) % HEIGHT];
        if (*line & dots)
            cpu.v[15] = 1;
        *line ^= dots;
    }
}

static void arithmetic(unsigned op, uint8_t *x, uint8_t y)
{
    unsigned carry;
    switch (op) {
    case 0: *x = y; return;
    case 1: *x |= y; return;
    case 2: *x &= y; return;
    case 3: *x ^= y; return;
    case 4: carry = *x + y > 255; *x = (uint8_t)(*x + y); break;
    case 5: carry = *x >= y; *x = (uint8_t)(*x - y); break;
    case 6: carry = *x & 1; *x >>= 1; break;
    case 7: carry = y >= *x; *x = (uint8_t)(y - *x); break;
    case 14: carry = *x >> 7; *x = (uint8_t)(*x << 1); break;
    default: return;
    }
    cpu.v[15] = (uint8_t)carry;
}

static void miscellaneous(unsigned op, unsigned x)
{
    switch (op) {
    case 0x1e:
        cpu.i = (uint16_t)(cpu.i + cpu.v[x]);
        break;
    case 0x33:
        cpu.memory[cpu.i & 4095] = cpu.v[x] / 100;
        cpu.memory[(cpu.i + 1) & 4095] = cpu.v[x] / 10 % 10;
        cpu.memory[(cpu.i + 2) & 4095] = cpu.v[x] % 10;
        break;
    case 0x55:
        for (unsigned k = 0; k <= x; k++)
            cpu.memory[(cpu.i + k) & 4095] = cpu.v[k];
        break;
    case 0x65:
        for (unsigned k = 0; k <= x; k++)
            cpu.v[k] = cpu.memory[(cpu.i + k) & 4095];
        break;
    default:
        break;
    }
}

static void step(void)
{
    unsigned op = (unsigned)cpu.memory[cpu.pc & 4095] << 8 | cpu.memory[(cpu.pc + 1) & 4095];
    unsigned x = op >> 8 & 15, y = op >> 4 & 15, byte = op & 255;
    uint16_t address = op & 4095;
    cpu.pc += 2;
    switch (op >> 12) {
    case 0x0:
        if (op == 0x00e0)
            memset(cpu.screen, 0, sizeof cpu.screen);
        else if (op == 0x00ee)
            cpu.pc = cpu.stack[--cpu.depth & 15];
        break;
    case 0x1: cpu.pc = address; break;
    case 0x2:
        cpu.stack[cpu.depth++ & 15] = cpu.pc;
        cpu.pc = address;
        break;
    case 0x3: cpu.pc += cpu.v[x] == byte ? 2 : 0; break;
    case 0x4: cpu.pc += cpu.v[x] != byte ? 2 : 0; break;
    case 0x5: cpu.pc += cpu.v[x] == cpu.v[y] ? 2 : 0; break;
    case 0x6: cpu.v[x] = (uint8_t)byte; break;
    case 0x7: cpu.v[x] = (uint8_t)(cpu.v[x] + byte); break;
    case 0x8: arithmetic(op & 15, &cpu.v[x], cpu.v[y]); break;
    case 0x9: cpu.pc += cpu.v[x] != cpu.v[y] ? 2 : 0; break;
    case 0xa: cpu.i = address; break;
    case 0xb: cpu.pc = (uint16_t)(address + cpu.v[0]); break;
    case 0xc:
        cpu.random = cpu.random * 1664525 + 1013904223;
        cpu.v[x] = (uint8_t)(cpu.random >> 24 & byte);
        break;
    case 0xd: draw(cpu.v[x], cpu.v[y], op & 15); break;
    case 0xf: miscellaneous(byte, x); break;
    default: break; /* the keyboard: nobody is there */
    }
}

int main(int argc, char **argv)
{
    unsigned long thousands = argc > 1 ? strtoul(argv[1], 0, 10) : 100;
    memcpy(cpu.memory + START, program, sizeof program);
    cpu.pc = START;
    for (unsigned long n = 0; n < thousands * 1000; n++)
        step();
    for (int row = 0; row < HEIGHT; row++) {
        char line[WIDTH + 1];
        int end = 0;
        for (int dot = 0; dot < WIDTH; dot++) {
            line[dot] = cpu.screen[row] >> (63 - dot) & 1 ? '#' : ' ';
            if (line[dot] == '#')
                end = dot + 1;
        }
        line[end] = 0;
        puts(line);
    }
    printf("%lu thousand instructions\n", thousands);
    return 0;
}

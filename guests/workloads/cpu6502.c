/*
 * A big switch with memory-mapped side effects: a 6502 (the documented opcodes a console game uses most) running a small
 * program frame by frame. A round is ten frames.
 */
#include <string.h>
#include <workload.h>

enum { CARRY = 1, ZERO = 2, OFF = 4, DECIMAL = 8, BREAK = 16, ALWAYS = 32, OVERFLOW = 64, NEGATIVE = 128 };
enum { CYCLES_PER_FRAME = 29780, ROM = 0x8000 };

static struct {
    u8 a, x, y, sp, flags;
    u16 pc;
    u32 cycles;
    u8 ram[2048], video[8], io[32], rom[32768];
} cpu;

static NOINLINE u8 read_device(u16 address)
{
    if (address < 0x4000) {
        u8 value = cpu.video[address & 7];
        if ((address & 7) == 2) /* reading the status register clears its top bit */
            cpu.video[2] &= 0x7f;
        return value;
    }
    return address < 0x4020 ? cpu.io[address & 31] : 0;
}

static NOINLINE void write_device(u16 address, u8 value)
{
    if (address < 0x4000)
        cpu.video[address & 7] = value;
    else if (address < 0x4020)
        cpu.io[address & 31] = value;
}

static inline u8 rd(u16 address)
{
    if (address < 0x2000)
        return cpu.ram[address & 2047];
    return address & ROM ? cpu.rom[address & 32767] : read_device(address);
}

static inline void wr(u16 address, u8 value)
{
    if (address < 0x2000)
        cpu.ram[address & 2047] = value;
    else
        write_device(address, value);
}

static inline u16 rd16(u16 address)
{
    return (u16)(rd(address) | rd((u16)(address + 1)) << 8);
}

static inline u8 mark(u8 value)
{
    cpu.flags = (u8)((cpu.flags & ~(ZERO | NEGATIVE)) | (value ? 0 : ZERO) | (value & NEGATIVE));
    return value;
}

static inline void set_carry(int on)
{
    cpu.flags = (u8)((cpu.flags & ~CARRY) | (on ? CARRY : 0));
}

static inline u16 immediate(void) { return cpu.pc++; }
static inline u16 zero_page(void) { return rd(cpu.pc++); }
static inline u16 zero_page_x(void) { return (u8)(rd(cpu.pc++) + cpu.x); }
static inline u16 absolute(void)
{
    u16 address = rd16(cpu.pc);
    cpu.pc += 2;
    return address;
}
static inline u16 absolute_x(void) { return (u16)(absolute() + cpu.x); }
static inline u16 absolute_y(void) { return (u16)(absolute() + cpu.y); }
static inline u16 indirect_y(void)
{
    u8 at = rd(cpu.pc++);
    return (u16)((rd(at) | rd((u8)(at + 1)) << 8) + cpu.y);
}

static inline void push(u8 value) { cpu.ram[256 + cpu.sp--] = value; }
static inline u8 pop(void) { return cpu.ram[256 + ++cpu.sp]; }

static inline void add(u8 m)
{
    u32 sum = (u32)cpu.a + m + (cpu.flags & CARRY);
    int overflow = (~(cpu.a ^ m) & (cpu.a ^ sum) & 0x80) != 0;
    cpu.flags = (u8)((cpu.flags & ~(CARRY | OVERFLOW)) | (sum >> 8 ? CARRY : 0) | (overflow ? OVERFLOW : 0));
    cpu.a = mark((u8)sum);
}

static inline void compare(u8 r, u8 m)
{
    set_carry(r >= m);
    mark((u8)(r - m));
}

static inline u8 shift_left(u8 v, int in)
{
    set_carry(v >> 7);
    return mark((u8)(v << 1 | in));
}

static inline u8 shift_right(u8 v, int in)
{
    set_carry(v & 1);
    return mark((u8)(v >> 1 | in << 7));
}

static inline void test(u8 v)
{
    cpu.flags = (u8)((cpu.flags & ~(NEGATIVE | OVERFLOW | ZERO)) | (v & (NEGATIVE | OVERFLOW)) | (v & cpu.a ? 0 : ZERO));
}

static inline void branch(int taken)
{
    i8 offset = (i8)rd(cpu.pc++);
    if (taken) {
        cpu.pc = (u16)(cpu.pc + offset);
        cpu.cycles++;
    }
}

/* Loads, arithmetic and comparisons come in the same addressing modes. */
#define MODES(imm, zp, zpx, abs, absx, absy, indy, DO)                                                                  \
    case imm: DO(rd(immediate())); break;                                                                               \
    case zp: DO(rd(zero_page())); cpu.cycles++; break;                                                                  \
    case zpx: DO(rd(zero_page_x())); cpu.cycles += 2; break;                                                            \
    case abs: DO(rd(absolute())); cpu.cycles += 2; break;                                                               \
    case absx: DO(rd(absolute_x())); cpu.cycles += 2; break;                                                            \
    case absy: DO(rd(absolute_y())); cpu.cycles += 2; break;                                                            \
    case indy: DO(rd(indirect_y())); cpu.cycles += 3; break;
#define LDA(v) cpu.a = mark(v)
#define ADC(v) add(v)
#define SBC(v) add((u8)~(v))
#define AND(v) cpu.a = mark(cpu.a & (v))
#define ORA(v) cpu.a = mark(cpu.a | (v))
#define EOR(v) cpu.a = mark(cpu.a ^ (v))
#define CMP(v) compare(cpu.a, v)

static inline void change(u16 address, int by)
{
    wr(address, mark((u8)(rd(address) + by)));
    cpu.cycles += 3;
}

static NOINLINE void step(void)
{
    u16 at;
    int in;
    cpu.cycles += 2;
    switch (rd(cpu.pc++)) {
        MODES(0xa9, 0xa5, 0xb5, 0xad, 0xbd, 0xb9, 0xb1, LDA)
        MODES(0x69, 0x65, 0x75, 0x6d, 0x7d, 0x79, 0x71, ADC)
        MODES(0xe9, 0xe5, 0xf5, 0xed, 0xfd, 0xf9, 0xf1, SBC)
        MODES(0x29, 0x25, 0x35, 0x2d, 0x3d, 0x39, 0x31, AND)
        MODES(0x09, 0x05, 0x15, 0x0d, 0x1d, 0x19, 0x11, ORA)
        MODES(0x49, 0x45, 0x55, 0x4d, 0x5d, 0x59, 0x51, EOR)
        MODES(0xc9, 0xc5, 0xd5, 0xcd, 0xdd, 0xd9, 0xd1, CMP)
    case 0xa2: cpu.x = mark(rd(immediate())); break;
    case 0xa6: cpu.x = mark(rd(zero_page())); cpu.cycles++; break;
    case 0xa0: cpu.y = mark(rd(immediate())); break;
    case 0xa4: cpu.y = mark(rd(zero_page())); cpu.cycles++; break;
    case 0xe0: compare(cpu.x, rd(immediate())); break;
    case 0xc0: compare(cpu.y, rd(immediate())); break;
    case 0x85: wr(zero_page(), cpu.a); cpu.cycles++; break;
    case 0x95: wr(zero_page_x(), cpu.a); cpu.cycles += 2; break;
    case 0x8d: wr(absolute(), cpu.a); cpu.cycles += 2; break;
    case 0x9d: wr(absolute_x(), cpu.a); cpu.cycles += 3; break;
    case 0x99: wr(absolute_y(), cpu.a); cpu.cycles += 3; break;
    case 0x91: wr(indirect_y(), cpu.a); cpu.cycles += 4; break;
    case 0x86: wr(zero_page(), cpu.x); cpu.cycles++; break;
    case 0x84: wr(zero_page(), cpu.y); cpu.cycles++; break;
    case 0xe6: change(zero_page(), 1); break;
    case 0xee: change(absolute(), 1); break;
    case 0xfe: change(absolute_x(), 1); break;
    case 0xc6: change(zero_page(), -1); break;
    case 0xce: change(absolute(), -1); break;
    case 0xe8: cpu.x = mark((u8)(cpu.x + 1)); break;
    case 0xca: cpu.x = mark((u8)(cpu.x - 1)); break;
    case 0xc8: cpu.y = mark((u8)(cpu.y + 1)); break;
    case 0x88: cpu.y = mark((u8)(cpu.y - 1)); break;
    case 0x0a: cpu.a = shift_left(cpu.a, 0); break;
    case 0x4a: cpu.a = shift_right(cpu.a, 0); break;
    case 0x2a: in = cpu.flags & CARRY; cpu.a = shift_left(cpu.a, in); break;
    case 0x6a: in = cpu.flags & CARRY; cpu.a = shift_right(cpu.a, in); break;
    case 0x06: at = zero_page(); wr(at, shift_left(rd(at), 0)); cpu.cycles += 3; break;
    case 0x46: at = zero_page(); wr(at, shift_right(rd(at), 0)); cpu.cycles += 3; break;
    case 0x26: at = zero_page(); in = cpu.flags & CARRY; wr(at, shift_left(rd(at), in)); cpu.cycles += 3; break;
    case 0x66: at = zero_page(); in = cpu.flags & CARRY; wr(at, shift_right(rd(at), in)); cpu.cycles += 3; break;
    case 0x24: test(rd(zero_page())); cpu.cycles++; break;
    case 0x2c: test(rd(absolute())); cpu.cycles += 2; break;
    case 0xaa: cpu.x = mark(cpu.a); break;
    case 0x8a: cpu.a = mark(cpu.x); break;
    case 0xa8: cpu.y = mark(cpu.a); break;
    case 0x98: cpu.a = mark(cpu.y); break;
    case 0x9a: cpu.sp = cpu.x; break;
    case 0xba: cpu.x = mark(cpu.sp); break;
    case 0x48: push(cpu.a); cpu.cycles++; break;
    case 0x68: cpu.a = mark(pop()); cpu.cycles += 2; break;
    case 0x08: push(cpu.flags | BREAK | ALWAYS); cpu.cycles++; break;
    case 0x28: cpu.flags = pop(); cpu.cycles += 2; break;
    case 0x18: set_carry(0); break;
    case 0x38: set_carry(1); break;
    case 0x58: cpu.flags &= (u8)~OFF; break;
    case 0x78: cpu.flags |= OFF; break;
    case 0xd8: cpu.flags &= (u8)~DECIMAL; break;
    case 0xb8: cpu.flags &= (u8)~OVERFLOW; break;
    case 0x10: branch(!(cpu.flags & NEGATIVE)); break;
    case 0x30: branch(cpu.flags & NEGATIVE); break;
    case 0x50: branch(!(cpu.flags & OVERFLOW)); break;
    case 0x70: branch(cpu.flags & OVERFLOW); break;
    case 0x90: branch(!(cpu.flags & CARRY)); break;
    case 0xb0: branch(cpu.flags & CARRY); break;
    case 0xd0: branch(!(cpu.flags & ZERO)); break;
    case 0xf0: branch(cpu.flags & ZERO); break;
    case 0x4c: cpu.pc = rd16(cpu.pc); cpu.cycles++; break;
    case 0x6c: cpu.pc = rd16(rd16(cpu.pc)); cpu.cycles += 3; break;
    case 0x20:
        at = (u16)(cpu.pc + 1);
        push((u8)(at >> 8));
        push((u8)at);
        cpu.pc = rd16(cpu.pc);
        cpu.cycles += 4;
        break;
    case 0x60:
        at = pop();
        at |= (u16)(pop() << 8);
        cpu.pc = (u16)(at + 1);
        cpu.cycles += 4;
        break;
    case 0xea: break;
    default: cpu.cycles += 100; break; /* not one of ours: costs time, does nothing */
    }
}

/* Fills 0x200–0x25f from the program's own bytes, then halves what is large; between the two it looks at the screen. */
static const u8 program[] = {
    /* 8000 */ 0xa2, 0xff, 0x9a,       /*       ldx #$ff; txs    */
    /* 8003 */ 0xa9, 0x00, 0x85, 0x10, /*       lda #0; sta $10  */
    /* 8007 */ 0x85, 0x11,             /*       sta $11          */
    /* 8009 */ 0x20, 0x18, 0x80,       /* main: jsr fill         */
    /* 800c */ 0x20, 0x30, 0x80,       /*       jsr halve        */
    /* 800f */ 0x2c, 0x02, 0x20,       /*       bit $2002        */
    /* 8012 */ 0xee, 0x00, 0x03,       /*       inc $300         */
    /* 8015 */ 0x4c, 0x09, 0x80,       /*       jmp main         */
    /* 8018 */ 0xa2, 0x00,             /* fill: ldx #0           */
    /* 801a */ 0xbd, 0x00, 0x80,       /* next: lda $8000,x      */
    /* 801d */ 0x18, 0x65, 0x10,       /*       clc; adc $10     */
    /* 8020 */ 0x85, 0x10,             /*       sta $10          */
    /* 8022 */ 0x5d, 0x00, 0x02,       /*       eor $200,x       */
    /* 8025 */ 0x9d, 0x00, 0x02,       /*       sta $200,x       */
    /* 8028 */ 0x0a, 0x26, 0x11,       /*       asl a; rol $11   */
    /* 802b */ 0xe8, 0xe0, 0x60,       /*       inx; cpx #$60    */
    /* 802e */ 0xd0, 0xea,             /*       bne next (801a)  */
    /* 8030: fill falls through into halve, which returns for both */
    /* 8030 */ 0xa9, 0x00, 0x85, 0x20, /* halve: lda #0; sta $20 */
    /* 8034 */ 0xa9, 0x02, 0x85, 0x21, /*       lda #2; sta $21  */
    /* 8038 */ 0xa0, 0x5f,             /*       ldy #$5f         */
    /* 803a */ 0xb1, 0x20,             /* more: lda ($20),y      */
    /* 803c */ 0xc9, 0x40,             /*       cmp #$40         */
    /* 803e */ 0x90, 0x05,             /*       bcc small (8045) */
    /* 8040 */ 0x4a, 0x49, 0x5a,       /*       lsr a; eor #$5a  */
    /* 8043 */ 0x91, 0x20,             /*       sta ($20),y      */
    /* 8045 */ 0x48, 0x98, 0xaa, 0x68, /* small: pha tya tax pla */
    /* 8049 */ 0x88,                   /*       dey              */
    /* 804a */ 0x10, 0xee,             /*       bpl more (803a)  */
    /* 804c */ 0x60,                   /*       rts              */
};

static u32 run(u32 rounds)
{
    u32 sum = 0;
    memcpy(cpu.rom, program, sizeof program);
    cpu.pc = ROM;
    for (u32 frame = 0; frame < rounds * 10; frame++) {
        for (u32 limit = cpu.cycles + CYCLES_PER_FRAME; (i32)(cpu.cycles - limit) < 0;)
            step();
        cpu.video[2] |= 0x80;
        sum = sum * 31 + cpu.ram[0x10] + cpu.ram[0x11] * 7u + cpu.a;
    }
    for (u32 i = 0; i < sizeof cpu.ram; i++)
        sum = sum * 33 + cpu.ram[i];
    return sum ^ cpu.cycles;
}

WORKLOAD("cpu6502", 70, run)

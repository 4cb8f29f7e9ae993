package dev.rivet.aarch64;

import java.util.ServiceLoader;

/**
 * The instructions Rivet uses on AArch64, one method for each operand form; the enums are the table of encodings, in the
 * notation of the Arm Architecture Reference Manual (DDI 0487; behind each row the title of its section, in the
 * alphabetical chapters C6.2 for integer and C7.2 for vector instructions). Two implementations make the same
 * bytes: {@link A64Direct} encodes by itself, {@link A64Text} writes text for LLVM's assembler.
 *
 * <p>Registers are numbers 0–31; 31 is the zero register or sp, as the manual says for the operand. {@code size} is the
 * operand size in bytes, 4 (w) or 8 (x). Offsets and immediates must fit their fields; one that does not throws
 * IllegalArgumentException, a label out of a branch's reach IllegalStateException in {@link #finish}: what to do about
 * distance is the translator's decision, never the assembler's.
 *
 * <p>Every instruction has four bytes, so positions are known while emitting. Knows nothing of RISC-V. Not safe for use
 * from several threads.
 */
public abstract class A64Assembler {
    // @formatter:off
    /** Three registers, the last one shifted (not all with ROR). */
    public enum Alu {
        ADD ("sf 0 0 01011 shift 0 Rm imm6 Rn Rd"), // ADD (shifted register)
        ADDS("sf 0 1 01011 shift 0 Rm imm6 Rn Rd"), // ADDS (shifted register)
        SUB ("sf 1 0 01011 shift 0 Rm imm6 Rn Rd"), // SUB (shifted register)
        SUBS("sf 1 1 01011 shift 0 Rm imm6 Rn Rd"), // SUBS (shifted register)
        AND ("sf 00 01010 shift 0 Rm imm6 Rn Rd"),  // AND (shifted register)
        BIC ("sf 00 01010 shift 1 Rm imm6 Rn Rd"),  // BIC (shifted register)
        ORR ("sf 01 01010 shift 0 Rm imm6 Rn Rd"),  // ORR (shifted register)
        ORN ("sf 01 01010 shift 1 Rm imm6 Rn Rd"),  // ORN (shifted register)
        EOR ("sf 10 01010 shift 0 Rm imm6 Rn Rd"),  // EOR (shifted register)
        EON ("sf 10 01010 shift 1 Rm imm6 Rn Rd"),  // EON (shifted register)
        ANDS("sf 11 01010 shift 0 Rm imm6 Rn Rd");  // ANDS (shifted register)

        final int bits;

        Alu(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** How the last register of {@link Alu} is shifted; the ordinal is the encoding. */
    public enum Shift {
        LSL, LSR, ASR, ROR
    }

    /** Register and 12-bit immediate. Without S destination 31 is sp, source 31 always is. */
    public enum AluImm {
        ADD ("sf 0 0 100010 sh imm12 Rn Rd"), // ADD (immediate)
        ADDS("sf 0 1 100010 sh imm12 Rn Rd"), // ADDS (immediate)
        SUB ("sf 1 0 100010 sh imm12 Rn Rd"), // SUB (immediate)
        SUBS("sf 1 1 100010 sh imm12 Rn Rd"); // SUBS (immediate)

        final int bits;

        AluImm(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Three registers, the last one extended from 32 bits or less. First source 31 is sp; ADD and SUB to 31 write sp. */
    public enum AluExt {
        ADD ("sf 0 0 01011 00 1 Rm option imm3 Rn Rd"), // ADD (extended register)
        SUB ("sf 1 0 01011 00 1 Rm option imm3 Rn Rd"); // SUB (extended register)

        final int bits;

        AluExt(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Extensions; the ordinal is the encoding. */
    public enum Extend {
        UXTB, UXTH, UXTW, UXTX, SXTB, SXTH, SXTW, SXTX
    }

    /** Register and bit-mask immediate. Destination 31 is sp except for ANDS. */
    public enum LogicImm {
        AND ("sf 00 100100 N immr imms Rn Rd"), // AND (immediate)
        ORR ("sf 01 100100 N immr imms Rn Rd"), // ORR (immediate)
        EOR ("sf 10 100100 N immr imms Rn Rd"), // EOR (immediate)
        ANDS("sf 11 100100 N immr imms Rn Rd"); // ANDS (immediate)

        final int bits;

        LogicImm(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** 16 bits of a constant. */
    public enum Wide {
        MOVN("sf 00 100101 hw imm16 Rd"), // MOVN
        MOVZ("sf 10 100101 hw imm16 Rd"), // MOVZ
        MOVK("sf 11 100101 hw imm16 Rd"); // MOVK

        final int bits;

        Wide(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Bit field moves; N = sf. */
    public enum Field {
        SBFM("sf 00 100110 N immr imms Rn Rd"), // SBFM
        BFM ("sf 01 100110 N immr imms Rn Rd"), // BFM
        UBFM("sf 10 100110 N immr imms Rn Rd"); // UBFM

        final int bits;

        Field(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Three plain registers. The high products exist with size 8 only. */
    public enum Two {
        UDIV ("sf 0 0 11010110 Rm 00001 0 Rn Rd"),  // UDIV
        SDIV ("sf 0 0 11010110 Rm 00001 1 Rn Rd"),  // SDIV
        LSLV ("sf 0 0 11010110 Rm 0010 00 Rn Rd"),  // LSLV
        LSRV ("sf 0 0 11010110 Rm 0010 01 Rn Rd"),  // LSRV
        ASRV ("sf 0 0 11010110 Rm 0010 10 Rn Rd"),  // ASRV
        RORV ("sf 0 0 11010110 Rm 0010 11 Rn Rd"),  // RORV
        SMULH("sf 00 11011 0 10 Rm 0 11111 Rn Rd"),  // SMULH, always with sf
        UMULH("sf 00 11011 1 10 Rm 0 11111 Rn Rd");  // UMULH, always with sf

        final int bits;

        Two(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Multiply and add; the long ones take w sources and x sums (size 8). */
    public enum Three {
        MADD  ("sf 00 11011 000 Rm 0 Ra Rn Rd"),    // MADD
        MSUB  ("sf 00 11011 000 Rm 1 Ra Rn Rd"),    // MSUB
        SMADDL("sf 00 11011 0 01 Rm 0 Ra Rn Rd"),    // SMADDL, always with sf
        UMADDL("sf 00 11011 1 01 Rm 0 Ra Rn Rd");    // UMADDL, always with sf

        final int bits;

        Three(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** One source. REV reverses all bytes of the operand. */
    public enum One {
        RBIT ("sf 1 0 11010110 00000 0000 00 Rn Rd"), // RBIT
        REV16("sf 1 0 11010110 00000 0000 01 Rn Rd"), // REV16
        REV  ("sf 1 0 11010110 00000 0000 10 Rn Rd"), // REV; opc is 11 with size 8
        CLZ  ("sf 1 0 11010110 00000 0001 00 Rn Rd"), // CLZ
        CLS  ("sf 1 0 11010110 00000 0001 01 Rn Rd"); // CLS

        final int bits;

        One(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Chooses the first source when the condition holds, else the second, changed as the name says. */
    public enum Select {
        CSEL ("sf 0 0 11010100 Rm cond 0 0 Rn Rd"), // CSEL
        CSINC("sf 0 0 11010100 Rm cond 0 1 Rn Rd"), // CSINC
        CSINV("sf 1 0 11010100 Rm cond 0 0 Rn Rd"), // CSINV
        CSNEG("sf 1 0 11010100 Rm cond 0 1 Rn Rd"); // CSNEG

        final int bits;

        Select(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Conditions; the ordinal is the encoding. */
    public enum Cond {
        EQ, NE, HS, LO, MI, PL, VS, VC, HI, LS, GE, LT, GT, LE;

        static final Cond[] VALUES = values();

        /** The opposite. */
        public Cond negate() {
            return VALUES[ordinal() ^ 1];
        }
    }

    /**
     * Loads and stores of one register: unsigned scaled offset (the row), signed unscaled offset and register offset
     * follow from it. The suffix says what a load does with less than the register: Z zero-, S sign-extends; the number
     * after S is the width of the register. Register 31 is the zero register; the base 31 is sp.
     */
    public enum Mem {
        LDRB  (1, "ldrb",  4, "00 111 0 01 01 imm12 Rn Rt"), // LDRB (immediate), unsigned offset
        LDRH  (2, "ldrh",  4, "01 111 0 01 01 imm12 Rn Rt"), // LDRH (immediate), unsigned offset
        LDRW  (4, "ldr",   4, "10 111 0 01 01 imm12 Rn Rt"), // LDR (immediate), unsigned offset
        LDRX  (8, "ldr",   8, "11 111 0 01 01 imm12 Rn Rt"), // LDR (immediate), unsigned offset
        LDRSB4(1, "ldrsb", 4, "00 111 0 01 11 imm12 Rn Rt"), // LDRSB (immediate), unsigned offset
        LDRSB8(1, "ldrsb", 8, "00 111 0 01 10 imm12 Rn Rt"), // LDRSB (immediate), unsigned offset
        LDRSH4(2, "ldrsh", 4, "01 111 0 01 11 imm12 Rn Rt"), // LDRSH (immediate), unsigned offset
        LDRSH8(2, "ldrsh", 8, "01 111 0 01 10 imm12 Rn Rt"), // LDRSH (immediate), unsigned offset
        LDRSW (4, "ldrsw", 8, "10 111 0 01 10 imm12 Rn Rt"), // LDRSW (immediate), unsigned offset
        STRB  (1, "strb",  4, "00 111 0 01 00 imm12 Rn Rt"), // STRB (immediate), unsigned offset
        STRH  (2, "strh",  4, "01 111 0 01 00 imm12 Rn Rt"), // STRH (immediate), unsigned offset
        STRW  (4, "str",   4, "10 111 0 01 00 imm12 Rn Rt"), // STR (immediate), unsigned offset
        STRX  (8, "str",   8, "11 111 0 01 00 imm12 Rn Rt"); // STR (immediate), unsigned offset

        /** Bytes of memory. */
        public final int bytes;
        /** Bytes of the register. */
        final int size;
        final String text;
        final int bits;

        Mem(int bytes, String text, int size, String notation) {
            this.bytes = bytes;
            this.size = size;
            this.text = text;
            bits = Bits.parse(notation);
        }
    }

    /** Two x registers and 16 bytes of memory, signed scaled offset. */
    public enum Pair {
        LDP("10 101 0 010 1 imm7 Rt2 Rn Rt"), // LDP, signed offset
        STP("10 101 0 010 0 imm7 Rt2 Rn Rt"); // STP, signed offset

        final int bits;

        Pair(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Loads and stores with ordering, no offset; size 4 or 8 is bit 30. */
    public enum Ordered {
        LDAR("10 001000 1 1 0 11111 1 11111 Rn Rt"), // LDAR
        STLR("10 001000 1 0 0 11111 1 11111 Rn Rt"); // STLR

        final int bits;

        Ordered(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Branches to a label or a near address, ±128 MiB. */
    public enum Jump {
        B ("0 00101 imm26"), // B
        BL("1 00101 imm26"); // BL

        final int bits;

        Jump(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Compare a register with zero and branch, ±1 MiB. */
    public enum Zero {
        CBZ ("sf 011010 0 imm19 Rt"), // CBZ
        CBNZ("sf 011010 1 imm19 Rt"); // CBNZ

        final int bits;

        Zero(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Test a bit and branch, ±32 KiB. */
    public enum TestBit {
        TBZ ("b5 011011 0 b40 imm14 Rt"), // TBZ
        TBNZ("b5 011011 1 b40 imm14 Rt"); // TBNZ

        final int bits;

        TestBit(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** To the address in an x register; RET is predicted by the return stack. */
    public enum JumpReg {
        BR ("1101011 0 0 00 11111 0000 0 0 Rn 00000"), // BR
        BLR("1101011 0 0 01 11111 0000 0 0 Rn 00000"), // BLR
        RET("1101011 0 0 10 11111 0000 0 0 Rn 00000"); // RET

        final int bits;

        JumpReg(String notation) {
            bits = Bits.parse(notation);
        }
    }

    /** Instructions without operands. */
    public enum Plain {
        NOP    ("nop",       "1101010100 0 00 011 0010 0000 000 11111"), // NOP
        YIELD  ("yield",     "1101010100 0 00 011 0010 0000 001 11111"), // YIELD
        ISB    ("isb",       "1101010100 0 00 011 0011 1111 110 11111"), // ISB
        DSB_ISH("dsb ish",   "1101010100 0 00 011 0011 1011 100 11111"), // DSB
        DMB_ISH("dmb ish",   "1101010100 0 00 011 0011 1011 101 11111"), // DMB
        SVC    ("svc #0",    "11010100 000 0000000000000000 000 01"),    // SVC
        BRK    ("brk #0",    "11010100 001 0000000000000000 000 00");    // BRK

        final String text;
        final int bits;

        Plain(String text, String notation) {
            this.text = text;
            bits = Bits.parse(notation);
        }
    }

    /** System instructions with one x register. */
    public enum Sys {
        IC_IVAU   ("ic ivau, %s",           "1101010100 0 01 011 0111 0101 001 Rt"), // IC IVAU
        DC_CVAU   ("dc cvau, %s",           "1101010100 0 01 011 0111 1011 001 Rt"), // DC CVAU
        MRS_CTR   ("mrs %s, ctr_el0",       "1101010100 1 1 1 011 0000 0000 001 Rt"), // MRS CTR_EL0
        MRS_FPCR  ("mrs %s, fpcr",          "1101010100 1 1 1 011 0100 0100 000 Rt"), // MRS FPCR
        MSR_FPCR  ("msr fpcr, %s",          "1101010100 0 1 1 011 0100 0100 000 Rt"); // MSR (register) FPCR

        final String text;
        final int bits;

        Sys(String text, String notation) {
            this.text = text;
            bits = Bits.parse(notation);
        }
    }

    /** Vector instructions of two registers. */
    public enum Vec2 {
        CNT_8B   ("cnt %s.8b, %s.8b",     "0 0 0 01110 00 10000 00101 10 Rn Rd"), // CNT
        ADDV_8B  ("addv %b, %s.8b",       "0 0 0 01110 00 11000 11011 10 Rn Rd"), // ADDV
        USHR4_8B ("ushr %s.8b, %s.8b, #4", "0 0 1 011110 0001 100 00000 1 Rn Rd"), // USHR
        SHL4_8B  ("shl %s.8b, %s.8b, #4", "0 0 0 011110 0001 100 01010 1 Rn Rd"); // SHL

        final String text;
        final int bits;

        Vec2(String text, String notation) {
            this.text = text;
            bits = Bits.parse(notation);
        }
    }

    /** Vector instructions of three registers. */
    public enum Vec3 {
        CMTST_8B ("cmtst %s.8b, %s.8b, %s.8b",     "0 0 0 01110 00 1 Rm 10001 1 Rn Rd"),   // CMTST
        PMULL_8H ("pmull %s.8h, %s.8b, %s.8b",     "0 0 0 01110 00 1 Rm 1110 00 Rn Rd"),   // PMULL
        EOR_16B  ("eor %s.16b, %s.16b, %s.16b",    "0 1 1 01110 00 1 Rm 00011 1 Rn Rd"),   // EOR (vector)
        AND_8B   ("and %s.8b, %s.8b, %s.8b",       "0 0 0 01110 00 1 Rm 00011 1 Rn Rd"),   // AND (vector)
        ORR_8B   ("orr %s.8b, %s.8b, %s.8b",       "0 0 0 01110 10 1 Rm 00011 1 Rn Rd"),   // ORR (vector, register)
        ZIP1_16B ("zip1 %s.16b, %s.16b, %s.16b",   "0 1 001110 00 0 Rm 0 0 11 10 Rn Rd"),  // ZIP1
        UZP1_16B ("uzp1 %s.16b, %s.16b, %s.16b",   "0 1 001110 00 0 Rm 0 0 01 10 Rn Rd"),  // UZP1
        UZP2_16B ("uzp2 %s.16b, %s.16b, %s.16b",   "0 1 001110 00 0 Rm 0 1 01 10 Rn Rd"),  // UZP2
        TBL_8B   ("tbl %s.8b, {%s.16b}, %s.8b",    "0 0 001110 00 0 Rm 0 00 0 00 Rn Rd"); // TBL

        final String text;
        final int bits;

        Vec3(String text, String notation) {
            this.text = text;
            bits = Bits.parse(notation);
        }
    }

    private static final int EXT_16B = Bits.parse("0 1 101110 00 0 Rm 0 imm4 0 Rn Rd");     // EXT
    private static final int DUP_8B = Bits.parse("0 0 0 01110000 imm5 0 0000 1 Rn Rd");     // DUP (element)
    private static final int MOVI_8B = Bits.parse("0 0 0 0111100000 000 1110 01 00000 Rd"); // MOVI, abcdefgh at 16 and 5
    // @formatter:on

    static int extBits() {
        return EXT_16B;
    }

    static int dupBits() {
        return DUP_8B;
    }

    static int moviBits() {
        return MOVI_8B;
    }

    /** The zero register, where an operand may be it. */
    public static final int ZR = 31;
    /** The stack pointer, where an operand may be it. */
    public static final int SP = 31;

    /** Address of the first byte. */
    public final long origin;

    A64Assembler(long origin) {
        this.origin = origin;
    }

    /** The assembler with this name; throws IllegalArgumentException naming what there is when there is none. */
    public static A64Assembler create(String name, long origin, int expected) {
        if (name.equals("direct")) {
            return new A64Direct(origin, expected);
        }
        StringBuilder known = new StringBuilder("direct");
        for (AssemblerProvider p : ServiceLoader.load(AssemblerProvider.class, A64Assembler.class.getClassLoader())) {
            if (p.name().equals(name)) {
                return p.create(origin, expected);
            }
            known.append(", ").append(p.name());
        }
        throw new IllegalArgumentException("no assembler '" + name + "' for aarch64; there are: " + known);
    }

    // Positions

    /** Bytes emitted so far: the offset of the next instruction. */
    public abstract int position();

    /** From now on whatever makes more bytes than this is an error; here nothing has been written yet. */
    void limit(int bytes) {
        // text is for comparing with bytes that were held to it
    }

    /** Instructions, labels and references to them, as a measure of work. */
    int steps() {
        throw new UnsupportedOperationException("only the direct assembler counts");
    }

    /** A label without a position yet. */
    public abstract int newLabel();

    /** Gives a label the current position. */
    public abstract void bind(int label);

    /** Offset of a label, −1 while it is not bound. */
    public abstract int labelOffset(int label);

    /** Resolves all labels. Nothing can be emitted any more. Throws IllegalStateException for a label never bound. */
    public abstract void finish();

    /** The machine code, {@link #position} bytes of it; only after {@link #finish}. Not a copy. */
    public abstract byte[] bytes();

    /** A word of data. */
    public abstract void word(int value);

    // Integer instructions

    /** {@code op d, n, m, shift #amount}. */
    public abstract void alu(Alu op, int size, int d, int n, int m, Shift shift, int amount);

    /** {@code op d, n, #imm} or {@code op d, n, #imm, lsl #12}; imm is 0–4095. */
    public abstract void aluImm(AluImm op, int size, int d, int n, int imm, boolean high);

    /** {@code op d, n, wm, extend #amount}; amount 0–4; extend is one of a width below 64 bits. */
    public abstract void aluExt(AluExt op, int size, int d, int n, int m, Extend extend, int amount);

    /** {@code op d, n, #value}; throws IllegalArgumentException for a value that is no bit-mask immediate. */
    public abstract void logicImm(LogicImm op, int size, int d, int n, long value);

    /** {@code op d, #imm, lsl #(16 × hw)}; imm is 0–65535. */
    public abstract void wide(Wide op, int size, int d, int imm, int hw);

    /** {@code op d, n, #immr, #imms}. */
    public abstract void field(Field op, int size, int d, int n, int immr, int imms);

    /** {@code extr d, n, m, #lsb}. */
    public abstract void extr(int size, int d, int n, int m, int lsb);

    /** {@code op d, n, m}. */
    public abstract void two(Two op, int size, int d, int n, int m);

    /** {@code op d, n, m, a}. */
    public abstract void three(Three op, int size, int d, int n, int m, int a);

    /** {@code op d, n}. */
    public abstract void one(One op, int size, int d, int n);

    /** {@code op d, n, m, cond}. */
    public abstract void select(Select op, int size, int d, int n, int m, Cond cond);

    /** Compares like {@link #cmp} if the condition holds, else sets the flags to {@code nzcv} (0 to 15). */
    public abstract void ccmp(int size, int n, int m, int nzcv, Cond cond);

    // Memory

    /** {@code op t, [n, #offset]}, the offset a multiple of the width from 0 to 4095 times it. */
    public abstract void mem(Mem op, int t, int n, int offset);

    /** {@code opu t, [n, #offset]}, the offset −256 to 255. */
    public abstract void memUnscaled(Mem op, int t, int n, int offset);

    /** {@code op t, [n, m, extend #log2(width) or #0]}; extend is UXTW, SXTW or UXTX (plain x index). */
    public abstract void memReg(Mem op, int t, int n, int m, Extend extend, boolean scaled);

    /** {@code op t, t2, [n, #offset]}, the offset a multiple of 8 from −512 to 504. */
    public abstract void pair(Pair op, int t, int t2, int n, int offset);

    /** {@code op t, [n]}; size 4 or 8. */
    public abstract void ordered(Ordered op, int size, int t, int n);

    // Control

    public abstract void jump(Jump op, int label);

    /** To an address within ±128 MiB. */
    public abstract void jumpNear(Jump op, long address);

    /** {@code b.cond}, ±1 MiB. */
    public abstract void branch(Cond cond, int label);

    /** {@code b.cond} to an address within ±1 MiB. */
    public abstract void branchNear(Cond cond, long address);

    public abstract void zero(Zero op, int size, int t, int label);

    /** Bit 0–63 of an x register. */
    public abstract void testBit(TestBit op, int t, int bit, int label);

    public abstract void jumpReg(JumpReg op, int n);

    /** Address of a label within ±1 MiB. */
    public abstract void adr(int d, int label);

    public abstract void plain(Plain op);

    public abstract void sys(Sys op, int t);

    // Vector registers

    /** {@code fmov}: general register to the low 32 or 64 bits; the rest becomes 0. */
    public abstract void toVector(int size, int v, int n);

    /** {@code fmov}: the low 32 or 64 bits to a general register. */
    public abstract void fromVector(int size, int d, int v);

    /** {@code umov xd, vn.d[1]}: the high half. */
    public abstract void highFromVector(int d, int v);

    public abstract void vec(Vec2 op, int d, int n);

    public abstract void vec(Vec3 op, int d, int n, int m);

    /** {@code ext d.16b, n.16b, m.16b, #bytes}. */
    public abstract void vecExt(int d, int n, int m, int bytes);

    /** {@code dup d.8b, n.b[index]}. */
    public abstract void vecDup(int d, int n, int index);

    /** {@code movi d.8b, #value}, the upper half becomes 0. */
    public abstract void vecMovi(int d, int value);

    /** {@code str d, [n, #offset]}, the offset a multiple of 8 from 0 to 32760. */
    public abstract void storeVector(int v, int n, int offset);

    // What the above says more shortly

    /** {@code op d, n, m}. */
    public final void alu(Alu op, int size, int d, int n, int m) {
        alu(op, size, d, n, m, Shift.LSL, 0);
    }

    /** Register move; 31 is the zero register. */
    public final void mov(int size, int d, int n) {
        alu(Alu.ORR, size, d, ZR, n, Shift.LSL, 0);
    }

    /** {@code d = n + imm} for −4095 ≤ imm ≤ 4095; n and d must not be 31 unless sp is meant. */
    public final void addImm(int size, int d, int n, int imm) {
        if (imm >= 0) {
            aluImm(AluImm.ADD, size, d, n, imm, false);
        } else {
            aluImm(AluImm.SUB, size, d, n, -imm, false);
        }
    }

    /** Shift left by 0 to bits − 1. */
    public final void lsl(int size, int d, int n, int count) {
        int bits = size * 8;
        field(Field.UBFM, size, d, n, bits - count & bits - 1, bits - 1 - count);
    }

    /** Shift right by 0 to bits − 1. */
    public final void lsr(int size, int d, int n, int count) {
        field(Field.UBFM, size, d, n, count, size * 8 - 1);
    }

    /** Arithmetic shift right by 0 to bits − 1. */
    public final void asr(int size, int d, int n, int count) {
        field(Field.SBFM, size, d, n, count, size * 8 - 1);
    }

    /** 32 to 64 bits with sign. */
    public final void sxtw(int d, int n) {
        field(Field.SBFM, 8, d, n, 0, 31);
    }

    /** Whether {@link #logicImm} takes a value. */
    public static boolean isLogicImm(int size, long value) {
        return LogicalImmediate.encode(size, value) != LogicalImmediate.NONE;
    }

    /** Compares two registers. */
    public final void cmp(int size, int n, int m) {
        alu(Alu.SUBS, size, ZR, n, m, Shift.LSL, 0);
    }

    /** 1 if the condition holds, else 0. */
    public final void cset(int size, int d, Cond cond) {
        select(Select.CSINC, size, d, ZR, ZR, cond.negate());
    }

    /** Any constant, in one to four instructions; with size 4 the upper half of d becomes 0. */
    public final void movImm(int size, int d, long value) {
        int pieces = size / 2;
        long v = size == 4 ? value & 0xffff_ffffL : value;
        int zeros = 0;
        int ones = 0;
        for (int i = 0; i < pieces; i++) {
            int piece = (int) (v >>> 16 * i) & 0xffff;
            zeros += piece == 0 ? 1 : 0;
            ones += piece == 0xffff ? 1 : 0;
        }
        if (zeros < pieces - 1 && ones < pieces - 1 && isLogicImm(size, v)) {
            logicImm(LogicImm.ORR, size, d, ZR, v);
            return;
        }
        boolean negative = ones > zeros;
        int skip = negative ? 0xffff : 0;
        boolean first = true;
        for (int i = 0; i < pieces; i++) {
            int piece = (int) (v >>> 16 * i) & 0xffff;
            if (piece == skip) {
                continue;
            }
            if (first) {
                wide(negative ? Wide.MOVN : Wide.MOVZ, size, d, negative ? ~piece & 0xffff : piece, i);
                first = false;
            } else {
                wide(Wide.MOVK, size, d, piece, i);
            }
        }
        if (first) {
            wide(negative ? Wide.MOVN : Wide.MOVZ, size, d, 0, 0);
        }
    }
}

package dev.rivet.x64;

import java.util.ServiceLoader;

/**
 * The instructions Rivet uses on x86-64, one method for each operand form. Two implementations make the same bytes: the
 * direct one encodes by itself, {@link X64Text} writes AT&amp;T text for LLVM's assembler.
 *
 * <p>Operands come in Intel's order, destination first. Registers are the numbers of {@link Reg}, memory operands the
 * packed longs of {@link Mem}. {@code size} is the operand size in bytes: 1, 2, 4 or 8 unless a method says less.
 * Immediates are sign-extended to the operand size. The encoding of a form is the one LLVM MC chooses for its text, except
 * that jumps and calls always have 32-bit displacements, so that nothing is ever relaxed.
 *
 * <p>Positions: {@link #here} gives a token for the current position, {@link #newLabel} and {@link #bind} make targets for
 * jumps. Only after {@link #finish} do tokens turn into offsets ({@link #offset}): an assembler that works on text does
 * not know them earlier.
 *
 * <p>Knows nothing of RISC-V. Not safe for use from several threads.
 */
public abstract class X64Assembler {
    /** Bytes of a line of the instruction cache. */
    static final int LINE = 64;

    /** Two-operand arithmetic; the ordinal is the encoding's digit. */
    public enum Alu {
        ADD, OR, ADC, SBB, AND, SUB, XOR, CMP
    }

    /** Shifts and rotates by an immediate or by cl. */
    public enum Shift {
        ROL(0), ROR(1), SHL(4), SHR(5), SAR(7);

        final int digit;

        Shift(int digit) {
            this.digit = digit;
        }
    }

    /** One-operand arithmetic; MUL to IDIV work on rdx:rax. */
    public enum Unary {
        NOT(2), NEG(3), MUL(4), IMUL(5), DIV(6), IDIV(7);

        final int digit;

        Unary(int digit) {
            this.digit = digit;
        }
    }

    /** Bit test, and set, reset or complement. */
    public enum Bit {
        BT(4), BTS(5), BTR(6), BTC(7);

        final int digit;

        Bit(int digit) {
            this.digit = digit;
        }
    }

    /** Counting instructions of ABM and BMI1. */
    public enum Count {
        POPCNT(0xb8), TZCNT(0xbc), LZCNT(0xbd);

        final int opcode;

        Count(int opcode) {
            this.opcode = opcode;
        }
    }

    /** Zero and sign extension; the number is the source's width in bits. SX32 is movsxd, with size 8 only. */
    public enum Extend {
        ZX8(0x1b6, 1), ZX16(0x1b7, 2), SX8(0x1be, 1), SX16(0x1bf, 2), SX32(0x63, 4);

        final int opcode;
        final int bytes;

        Extend(int opcode, int bytes) {
            this.opcode = opcode;
            this.bytes = bytes;
        }
    }

    /** BMI2 shifts: source and count anywhere, no flags. */
    public enum ShiftX {
        SHLX(1), SARX(2), SHRX(3);

        /** VEX.pp. */
        final int prefix;

        ShiftX(int prefix) {
            this.prefix = prefix;
        }
    }

    /** Three-operand BMI instructions. ANDN inverts its first source. */
    public enum Bmi {
        ANDN(0xf2, 0), PDEP(0xf5, 3), PEXT(0xf5, 2);

        final int opcode;
        /** VEX.pp. */
        final int prefix;

        Bmi(int opcode, int prefix) {
            this.opcode = opcode;
            this.prefix = prefix;
        }
    }

    /** Two-operand vector instructions on whole registers or, for the scalar ones, 64-bit memory. */
    public enum Vec {
        MOVAPS(0x00_0128), PADDQ(0x66_01d4), SUBSD(0xf2_015c), UCOMISD(0x66_012e), PXOR(0x66_01ef), PAND(
                0x66_01db), POR(0x66_01eb), PADDB(
                        0x66_01fc), PCMPGTB(0x66_0164), PCMPEQB(0x66_0174), PUNPCKLBW(0x66_0160), PUNPCKHQDQ(
                                0x66_016d), PADDUSB(
                                        0x66_01dc), PACKUSWB(0x66_0167), PMADDUBSW(0x66_0204), PSHUFB(0x66_0200);

        final int opcode;

        Vec(int opcode) {
            this.opcode = opcode;
        }
    }

    /** Conditions; the ordinal is the encoding. */
    public enum Cond {
        O, NO, B, AE, E, NE, BE, A, S, NS, P, NP, L, GE, LE, G;

        private static final Cond[] VALUES = values();

        /** The condition with this encoding. */
        static Cond of(int ordinal) {
            return VALUES[ordinal];
        }

        /** The opposite. */
        public Cond negate() {
            return VALUES[ordinal() ^ 1];
        }

        /** The condition that holds for (b, a) when this one holds for (a, b). */
        public Cond swap() {
            return switch (this) {
                case B -> A;
                case A -> B;
                case AE -> BE;
                case BE -> AE;
                case L -> G;
                case G -> L;
                case GE -> LE;
                case LE -> GE;
                case O, NO, E, NE, S, NS, P, NP -> this;
            };
        }
    }

    /** Instructions without operands. */
    public enum Plain {
        RET("retq", 0xc3, 1), SYSCALL("syscall", 0x050f, 2), UD2("ud2", 0x0b0f, 2), INT3("int3", 0xcc, 1), PAUSE(
                "pause", 0x90f3, 2), NOP("nop", 0x90, 1), CDQ("cltd", 0x99, 1), CQO("cqto", 0x9948, 2), CLD("cld", 0xfc,
                        1), REP_MOVSB("rep movsb", 0xa4f3, 2), REP_MOVSQ("rep movsq", 0xa548f3, 3), REP_STOSB(
                                "rep stosb", 0xaaf3,
                                2), REP_STOSQ("rep stosq", 0xab48f3, 3), LFENCE("lfence", 0xe8ae0f, 3), MFENCE("mfence",
                                        0xf0ae0f, 3), CPUID("cpuid", 0xa20f, 2), RDTSC("rdtsc", 0x310f, 2);

        final String text;
        final int bytes;
        final int length;

        Plain(String text, int bytes, int length) {
            this.text = text;
            this.bytes = bytes;
            this.length = length;
        }
    }

    /** Address of the first byte. */
    public final long origin;

    X64Assembler(long origin) {
        this.origin = origin;
    }

    /** The assembler with this name; throws IllegalArgumentException naming what there is when there is none. */
    public static X64Assembler create(String name, long origin, int expected) {
        return name.equals("direct") ? new X64Direct(origin, expected) : provided(name, origin, expected);
    }

    private static X64Assembler provided(String name, long origin, int expected) {
        StringBuilder known = new StringBuilder("direct");
        for (AssemblerProvider p : ServiceLoader.load(AssemblerProvider.class, X64Assembler.class.getClassLoader())) {
            if (p.name().equals(name)) {
                return p.create(origin, expected);
            }
            known.append(", ").append(p.name());
        }
        throw new IllegalArgumentException("no assembler '" + name + "' for x86-64; there are: " + known);
    }

    /** As above, for at most so many bytes; only the direct assembler holds it to them. */
    static X64Assembler create(String name, long origin, int expected, int most) {
        return name.equals("direct") ? new X64Direct(origin, expected, most) : provided(name, origin, expected);
    }

    /** Distance of an address from the origin; it must be within ±2 GiB of all code. */
    final int distance(long address) {
        long d = address - origin;
        if (d != (int) d) {
            throw new IllegalArgumentException("address 0x" + Long.toHexString(address) + " is too far from the code");
        }
        return (int) d;
    }

    /** rip-relative operand of a fixed address within ±2 GiB of all code. */
    public final long near(long address) {
        return Mem.near(distance(address));
    }

    // Positions

    /** A token for the current position; {@link #offset} turns it into an offset after {@link #finish}. */
    public abstract int here();

    /** A conditional jump ahead, to where {@link #land} will be called with what this returns. Cheaper than a label. */
    public abstract int jccAhead(Cond cond);

    /** The current position is the target of a {@link #jccAhead}. */
    public abstract void land(int jump);

    /** A jump to a label that is bound already. */
    public abstract void jmpBack(int label);

    /** A label without a position yet. */
    public final int newLabel() {
        return newLabels(1);
    }

    /** The first of {@code n} labels with consecutive numbers; those never bound must not be referred to. */
    public abstract int newLabels(int n);

    /** Gives a label the current position. */
    public abstract void bind(int label);

    /**
     * Resolves all labels. Nothing can be emitted any more. Throws IllegalStateException for a reference to a label
     * that was never bound, or a {@link #jccAhead} that never landed.
     */
    public abstract void finish();

    /** Offset of a token of {@link #here}; only after {@link #finish}. */
    public abstract int offset(int here);

    /** Turns tokens (those not negative) into offsets, in place; only after {@link #finish}. */
    public void resolve(int[] tokens) {
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] >= 0) {
                tokens[i] = offset(tokens[i]);
            }
        }
    }

    /** Offset of a label that was bound; only after {@link #finish}. */
    public abstract int labelOffset(int label);

    /** The machine code, {@link #length} bytes of it; only after {@link #finish}. Not a copy. */
    public abstract byte[] bytes();

    /** Labels and references to them, as far as the assembler has work with them. */
    int steps() {
        return 0;
    }

    /** Number of bytes; only after {@link #finish}. */
    public abstract int length();

    // Data

    /** Eight bytes, little-endian. */
    public abstract void quad(long value);

    /** Bytes as they are. */
    public abstract void data(byte[] bytes);

    /** int3 up to a multiple of {@code n}, a power of two. */
    public abstract void align(int n);

    /** Nops up to a multiple of {@value #LINE} where fewer than {@code size} bytes are left until there; up to LINE. */
    public abstract void keepTogether(int size);

    // Moves

    public abstract void mov(int size, int dst, int src);

    /** Size 4 (zero-extends) or 8; with 8 the short form where the value is a sign-extended 32-bit one. */
    public abstract void movImm(int size, int dst, long imm);

    public abstract void load(int size, int dst, long mem);

    public abstract void store(int size, long mem, int src);

    /** For size 8 the immediate is a sign-extended 32-bit value. */
    public abstract void storeImm(int size, long mem, int imm);

    /** Size 4 or 8; zero extensions size 4 (which clears the upper half). */
    public abstract void extend(Extend op, int size, int dst, int src);

    /** As {@link #extend}, from memory. */
    public abstract void extendLoad(Extend op, int size, int dst, long mem);

    /** Size 4 or 8. */
    public abstract void lea(int size, int dst, long mem);

    /** Size 4 or 8. */
    public abstract void cmov(Cond cond, int size, int dst, int src);

    /** Size 4 or 8; the load happens whatever the condition is. */
    public abstract void cmovLoad(Cond cond, int size, int dst, long mem);

    /** Sets the low byte to 0 or 1. */
    public abstract void setcc(Cond cond, int dst);

    /** Size 4 or 8. */
    public abstract void xchg(int size, int a, int b);

    /** Implies lock. */
    public abstract void xchgMem(int size, long mem, int reg);

    /** Compares rax with memory, stores src when equal, else loads; ZF tells. Size 4 or 8. */
    public abstract void lockCmpxchg(int size, long mem, int src);

    /** Size 4 or 8. */
    public abstract void lockXadd(int size, long mem, int reg);

    public abstract void push(int reg);

    public abstract void pushImm(int imm);

    public abstract void pop(int reg);

    // Arithmetic

    public abstract void alu(Alu op, int size, int dst, int src);

    public abstract void aluImm(Alu op, int size, int dst, int imm);

    public abstract void aluLoad(Alu op, int size, int dst, long mem);

    public abstract void aluStore(Alu op, int size, long mem, int src);

    public abstract void aluStoreImm(Alu op, int size, long mem, int imm);

    public abstract void test(int size, int a, int b);

    public abstract void testImm(int size, int a, int imm);

    public abstract void testMem(int size, long mem, int reg);

    public abstract void testMemImm(int size, long mem, int imm);

    public abstract void unary(Unary op, int size, int reg);

    public abstract void unaryMem(Unary op, int size, long mem);

    /** Size 4 or 8. */
    public abstract void imul(int size, int dst, int src);

    /** Size 4 or 8. */
    public abstract void imulLoad(int size, int dst, long mem);

    /** Size 4 or 8. */
    public abstract void imulImm(int size, int dst, int src, int imm);

    /** Size 4 or 8. */
    public abstract void imulLoadImm(int size, int dst, long mem, int imm);

    /** Size 4 or 8; hi:lo = rdx × src; no flags. When hi = lo it gets the high half. */
    public abstract void mulx(int size, int hi, int lo, int src);

    /** Count 0 to bits − 1. */
    public abstract void shiftImm(Shift op, int size, int reg, int count);

    public abstract void shiftCl(Shift op, int size, int reg);

    /** Size 4 or 8. */
    public abstract void shiftx(ShiftX op, int size, int dst, int src, int count);

    /** Size 4 or 8. */
    public abstract void shiftxLoad(ShiftX op, int size, int dst, long mem, int count);

    /** Size 4 or 8; no flags. */
    public abstract void rorx(int size, int dst, int src, int count);

    /** Size 4 or 8. */
    public abstract void bmi(Bmi op, int size, int dst, int src1, int src2);

    /** Size 4 or 8. */
    public abstract void count(Count op, int size, int dst, int src);

    /** Size 4 or 8. */
    public abstract void countLoad(Count op, int size, int dst, long mem);

    /** Size 4 or 8. */
    public abstract void bswap(int size, int reg);

    /** Size 4 or 8; the index counts modulo the size. */
    public abstract void bit(Bit op, int size, int reg, int index);

    /** Size 4 or 8. */
    public abstract void bitImm(Bit op, int size, int reg, int index);

    /** Size 4 or 8; memory operand of that very size. */
    public abstract void bitMemImm(Bit op, int size, long mem, int index);

    // Control

    public abstract void jmp(int label);

    public abstract void jcc(Cond cond, int label);

    public abstract void call(int label);

    /** To a fixed address within ±2 GiB. */
    public abstract void jmpNear(long address);

    /** To a fixed address within ±2 GiB. */
    public abstract void jccNear(Cond cond, long address);

    /** To a fixed address within ±2 GiB. */
    public abstract void callNear(long address);

    public abstract void jmpReg(int reg);

    public abstract void callReg(int reg);

    public abstract void jmpMem(long mem);

    public abstract void callMem(long mem);

    public abstract void plain(Plain op);

    public abstract void rdpid(int reg);

    // Vector registers

    /** General register to the low 64 bits; the rest becomes 0. */
    public abstract void movqToXmm(int xmm, int reg);

    public abstract void movqFromXmm(int reg, int xmm);

    /** 64 bits from memory; the rest becomes 0. */
    public abstract void loadXmm(int xmm, long mem);

    /** The low 64 bits. */
    public abstract void storeXmm(long mem, int xmm);

    /** The low 32 bits. */
    public abstract void storeXmm32(long mem, int xmm);

    /** The low 8 or 16 bits (size 1 or 2). */
    public abstract void pextr(int size, long mem, int xmm);

    public abstract void vec(Vec op, int dst, int src);

    /** From memory: 64 bits for SUBSD, UCOMISD; 16 aligned bytes for the others. */
    public abstract void vecLoad(Vec op, int dst, long mem);

    /** Carry-less product of halves: bit 0 of the selector picks dst's, bit 4 src's. */
    public abstract void pclmulqdq(int dst, int src, int selector);

    public abstract void ldmxcsr(long mem);

    public abstract void stmxcsr(long mem);
}

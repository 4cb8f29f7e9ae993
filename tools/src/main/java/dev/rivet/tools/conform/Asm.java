package dev.rivet.tools.conform;

import java.util.Arrays;

/**
 * Builds the bytes of one segment of a RISC-V program: raw words and halfwords, labels, and the few instructions that
 * the frame of a test needs (loads, stores, constants, jumps). Encodings here are written out by hand on purpose: the
 * frame of a test then does not rest on the table it tests.
 *
 * <p>Must not know: engines, and what a test is about.
 */
public final class Asm {
    /** Register numbers by their ABI names. */
    // @formatter:off
    public static final int ZERO = 0, RA = 1, SP = 2, GP = 3, TP = 4, T0 = 5, T1 = 6, T2 = 7, S0 = 8, S1 = 9,
            A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, A6 = 16, A7 = 17;
    /** Third function field of the branches. */
    public static final int BEQ = 0, BNE = 1, BLT = 4, BGE = 5, BLTU = 6, BGEU = 7;
    private static final int FIX_BRANCH = 0, FIX_JAL = 1, FIX_HI = 2, FIX_LO = 3, FIX_WORD = 4, FIX_CJ = 5, FIX_CB = 6,
            FIX_PCREL_HI = 7, FIX_PCREL_LO = 8;
    // @formatter:on

    /** 32 or 64. */
    public final int xlen;
    /** Guest address of the first byte. */
    public final int base;
    private byte[] bytes = new byte[4096];
    private int size;
    private int[] labels = new int[64];
    private int labelCount;
    private int[] fixups = new int[192];
    private int fixupCount;
    private boolean resolved;

    /** An empty segment that will lie at {@code base}. */
    public Asm(int xlen, int base) {
        this.xlen = xlen;
        this.base = base;
    }

    /** Bytes so far. */
    public int size() {
        return size;
    }

    /** Guest address of the next byte. */
    public int here() {
        return base + size;
    }

    /** The bytes, with every label resolved. */
    public byte[] bytes() {
        resolve();
        return Arrays.copyOf(bytes, size);
    }

    // ---- data -------------------------------------------------------------------------------------------------------

    /** Appends one byte. */
    public Asm octet(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, size * 2);
        }
        bytes[size++] = (byte) value;
        return this;
    }

    /** Appends two bytes, little-endian. */
    public Asm half(int value) {
        return octet(value).octet(value >> 8);
    }

    /** Appends four bytes, little-endian. */
    public Asm word(int value) {
        return half(value).half(value >> 16);
    }

    /** Appends four or eight bytes, as wide as a register. */
    public Asm cell(long value) {
        word((int) value);
        return xlen == 64 ? word((int) (value >> 32)) : this;
    }

    /** Appends zeros. */
    public Asm zeros(int count) {
        while (size + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
        size += count;
        return this;
    }

    /** Appends zeros up to a multiple of {@code alignment}. */
    public Asm align(int alignment) {
        return zeros(-here() & alignment - 1);
    }

    /** Appends an instruction word or, when its low two bits say so, halfword. */
    public Asm insn(int encoding) {
        return (encoding & 3) == 3 ? word(encoding) : half(encoding);
    }

    // ---- labels -----------------------------------------------------------------------------------------------------

    /** A new label, not yet placed. */
    public int label() {
        if (labelCount == labels.length) {
            labels = Arrays.copyOf(labels, labelCount * 2);
        }
        labels[labelCount] = -1;
        return labelCount++;
    }

    /** Places a label here. */
    public Asm place(int label) {
        if (labels[label] != -1) {
            throw new IllegalStateException("label " + label + " placed twice");
        }
        labels[label] = size;
        return this;
    }

    /** Places a label at any guest address. */
    public Asm placeAt(int label, int address) {
        labels[label] = address - base;
        return this;
    }

    /** A new label, placed here. */
    public int placed() {
        int label = label();
        place(label);
        return label;
    }

    /** Guest address of a placed label. */
    public int address(int label) {
        return base + labels[label];
    }

    private void fix(int kind, int label) {
        if (fixupCount + 3 > fixups.length) {
            fixups = Arrays.copyOf(fixups, fixups.length * 2);
        }
        fixups[fixupCount++] = kind;
        fixups[fixupCount++] = size;
        fixups[fixupCount++] = label;
    }

    private void resolve() {
        if (resolved) {
            return;
        }
        resolved = true;
        for (int f = 0; f < fixupCount; f += 3) {
            int at = fixups[f + 1];
            int target = address(fixups[f + 2]);
            int delta = target - (base + at);
            int hi = target + 0x800 & 0xfffff000;
            switch (fixups[f]) {
                case FIX_BRANCH -> patch(at, branchBits(check(delta, 13)));
                case FIX_JAL -> patch(at, jalBits(check(delta, 21)));
                case FIX_HI -> patch(at, hi);
                case FIX_LO -> patch(at, target - hi << 20);
                case FIX_WORD -> patch(at, target);
                case FIX_CJ -> patchHalf(at, cjBits(check(delta, 12)));
                case FIX_CB -> patchHalf(at, cbBits(check(delta, 9)));
                case FIX_PCREL_HI -> patch(at, delta + 0x800 & 0xfffff000);
                case FIX_PCREL_LO -> { // stands right behind its auipc
                    int d = delta + 4;
                    patch(at, d - (d + 0x800 & 0xfffff000) << 20);
                }
                default -> throw new IllegalStateException();
            }
        }
    }

    private static int check(int delta, int bits) {
        if (delta << 32 - bits >> 32 - bits != delta) {
            throw new IllegalStateException("distance " + delta + " does not fit " + bits + " bits");
        }
        return delta;
    }

    private void patch(int at, int or) {
        patchHalf(at, or & 0xffff);
        patchHalf(at + 2, or >>> 16);
    }

    private void patchHalf(int at, int or) {
        bytes[at] |= (byte) or;
        bytes[at + 1] |= (byte) (or >> 8);
    }

    /** Where a branch's word holds its distance. */
    public static int branchBits(int d) {
        return (d >> 12 & 1) << 31 | (d >> 5 & 63) << 25 | (d >> 1 & 15) << 8 | (d >> 11 & 1) << 7;
    }

    /** Where a jal's word holds its distance. */
    public static int jalBits(int d) {
        return (d >> 20 & 1) << 31 | (d >> 1 & 1023) << 21 | (d >> 11 & 1) << 20 | (d >> 12 & 255) << 12;
    }

    private static int cjBits(int d) {
        return (d >> 11 & 1) << 12 | (d >> 4 & 1) << 11 | (d >> 8 & 3) << 9 | (d >> 10 & 1) << 8 | (d >> 6 & 1) << 7
                | (d >> 7 & 1) << 6 | (d >> 1 & 7) << 3 | (d >> 5 & 1) << 2;
    }

    private static int cbBits(int d) {
        return (d >> 8 & 1) << 12 | (d >> 3 & 3) << 10 | (d >> 6 & 3) << 5 | (d >> 1 & 3) << 3 | (d >> 5 & 1) << 2;
    }

    // ---- instructions -----------------------------------------------------------------------------------------------

    /** An I-type word. */
    public static int iType(int opcode, int f3, int rd, int rs1, int imm) {
        return imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode;
    }

    /** An R-type word. */
    public static int rType(int opcode, int f3, int f7, int rd, int rs1, int rs2) {
        return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode;
    }

    /** An S-type word. */
    public static int sType(int opcode, int f3, int rs1, int rs2, int imm) {
        return (imm >> 5 & 127) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | opcode;
    }

    /** {@code addi rd, rs1, imm}. */
    public Asm addi(int rd, int rs1, int imm) {
        return word(iType(0x13, 0, rd, rs1, imm));
    }

    /** {@code addiw rd, rs1, imm}. */
    public Asm addiw(int rd, int rs1, int imm) {
        return word(iType(0x1b, 0, rd, rs1, imm));
    }

    /** {@code slli rd, rs1, shamt}. */
    public Asm slli(int rd, int rs1, int shamt) {
        return word(iType(0x13, 1, rd, rs1, shamt));
    }

    /** {@code srli rd, rs1, shamt}. */
    public Asm srli(int rd, int rs1, int shamt) {
        return word(iType(0x13, 5, rd, rs1, shamt));
    }

    /** {@code xori rd, rs1, imm}. */
    public Asm xori(int rd, int rs1, int imm) {
        return word(iType(0x13, 4, rd, rs1, imm));
    }

    /** {@code andi rd, rs1, imm}. */
    public Asm andi(int rd, int rs1, int imm) {
        return word(iType(0x13, 7, rd, rs1, imm));
    }

    /** {@code add rd, rs1, rs2}. */
    public Asm add(int rd, int rs1, int rs2) {
        return word(rType(0x33, 0, 0, rd, rs1, rs2));
    }

    /** {@code sub rd, rs1, rs2}. */
    public Asm sub(int rd, int rs1, int rs2) {
        return word(rType(0x33, 0, 32, rd, rs1, rs2));
    }

    /** {@code xor rd, rs1, rs2}. */
    public Asm xor(int rd, int rs1, int rs2) {
        return word(rType(0x33, 4, 0, rd, rs1, rs2));
    }

    /** {@code lui rd, value >> 12}; the low 12 bits of the value are ignored. */
    public Asm lui(int rd, int value) {
        return word(value & 0xfffff000 | rd << 7 | 0x37);
    }

    /** {@code auipc rd, value >> 12}; the low 12 bits of the value are ignored. */
    public Asm auipc(int rd, int value) {
        return word(value & 0xfffff000 | rd << 7 | 0x17);
    }

    /** A load: {@code f3} 0 lb, 1 lh, 2 lw, 3 ld, 4 lbu, 5 lhu, 6 lwu. */
    public Asm load(int f3, int rd, int offset, int rs1) {
        return word(iType(0x03, f3, rd, rs1, offset));
    }

    /** A store: {@code f3} 0 sb, 1 sh, 2 sw, 3 sd. */
    public Asm store(int f3, int rs2, int offset, int rs1) {
        return word(sType(0x23, f3, rs1, rs2, offset));
    }

    /** Loads a whole register. */
    public Asm lx(int rd, int offset, int rs1) {
        return load(xlen == 64 ? 3 : 2, rd, offset, rs1);
    }

    /** Stores a whole register. */
    public Asm sx(int rs2, int offset, int rs1) {
        return store(xlen == 64 ? 3 : 2, rs2, offset, rs1);
    }

    /** A conditional branch; {@code f3} is one of {@link #BEQ} … {@link #BGEU}. */
    public Asm branch(int f3, int rs1, int rs2, int label) {
        fix(FIX_BRANCH, label);
        return word(rs2 << 20 | rs1 << 15 | f3 << 12 | 0x63);
    }

    /** {@code jal rd, label}. */
    public Asm jal(int rd, int label) {
        fix(FIX_JAL, label);
        return word(rd << 7 | 0x6f);
    }

    /** {@code j label}. */
    public Asm j(int label) {
        return jal(0, label);
    }

    /** {@code jalr rd, imm(rs1)}. */
    public Asm jalr(int rd, int rs1, int imm) {
        return word(iType(0x67, 0, rd, rs1, imm));
    }

    /** {@code ret}. */
    public Asm ret() {
        return jalr(0, RA, 0);
    }

    /** {@code c.j label}. */
    public Asm cj(int label) {
        fix(FIX_CJ, label);
        return half(0xa001);
    }

    /** {@code c.jal label} (RV32 only). */
    public Asm cjal(int label) {
        fix(FIX_CJ, label);
        return half(0x2001);
    }

    /** {@code c.beqz} or {@code c.bnez}; {@code rs} is one of x8–x15. */
    public Asm cbranch(boolean ne, int rs, int label) {
        fix(FIX_CB, label);
        return half(0xc001 | (ne ? 0x2000 : 0) | (rs - 8) << 7);
    }

    /** {@code c.jr rs} or, when linking, {@code c.jalr rs}. */
    public Asm cjr(boolean link, int rs) {
        return half(0x8002 | (link ? 0x1000 : 0) | rs << 7);
    }

    /** {@code c.nop}. */
    public Asm cnop() {
        return half(1);
    }

    /** {@code nop}. */
    public Asm nop() {
        return addi(0, 0, 0);
    }

    /** {@code ecall}. */
    public Asm ecall() {
        return word(0x73);
    }

    /** {@code ebreak}. */
    public Asm ebreak() {
        return word(0x100073);
    }

    /** The address of a label by lui and addi (addiw on RV64, so that bit 31 means the sign). */
    public Asm la(int rd, int label) {
        fix(FIX_HI, label);
        word(rd << 7 | 0x37);
        fix(FIX_LO, label);
        return xlen == 64 ? addiw(rd, rd, 0) : addi(rd, rd, 0);
    }

    /** The address of a label by auipc and addi. */
    public Asm lla(int rd, int label) {
        fix(FIX_PCREL_HI, label);
        word(rd << 7 | 0x17);
        fix(FIX_PCREL_LO, label);
        return addi(rd, rd, 0);
    }

    /** A far call by auipc and jalr; {@code rd} links, {@code via} holds the address. */
    public Asm farCall(int rd, int via, int label) {
        fix(FIX_PCREL_HI, label);
        word(via << 7 | 0x17);
        fix(FIX_PCREL_LO, label);
        return jalr(rd, via, 0);
    }

    /** Four bytes with the address of a label. */
    public Asm addressWord(int label) {
        fix(FIX_WORD, label);
        return word(0);
    }

    /** Any constant, in as many instructions as it takes; uses no other register. */
    public Asm li(int rd, long value) {
        if (xlen == 32) {
            value = (int) value;
        }
        if (value == (int) value) {
            int v = (int) value;
            int hi = v + 0x800 & 0xfffff000;
            int lo = v - hi;
            if (hi == 0) {
                return addi(rd, 0, lo);
            }
            lui(rd, hi);
            return lo == 0 ? this : xlen == 64 ? addiw(rd, rd, lo) : addi(rd, rd, lo);
        }
        long lo = value << 52 >> 52;
        long rest = value - lo;
        int shift = Long.numberOfTrailingZeros(rest);
        li(rd, rest >> shift);
        slli(rd, rd, shift);
        return lo == 0 ? this : addi(rd, rd, (int) lo);
    }
}

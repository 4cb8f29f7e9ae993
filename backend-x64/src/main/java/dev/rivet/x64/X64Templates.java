package dev.rivet.x64;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/**
 * Frequent instructions by template: bytes with holes for registers and the immediate, filled in without a branch. A
 * template belongs to a kind: an operation, the classes of its registers, which of them are equal, the class of its
 * immediate. All instructions of one kind have code of one shape.
 *
 * <p>{@link X64TemplateLab} learns templates from {@link X64Lowering} itself. What does not fit gets none and is lowered as
 * ever, so the code is the same with and without them; a test compares all kinds.
 *
 * <p>Knows neither control flow nor gas: only instructions that do nothing but compute, load or store, with all their
 * registers in host registers. The table is shared by all threads; templates are immutable, and whichever of two equal ones
 * wins does not matter.
 */
final class X64Templates {
    /** Code of one kind of instruction: up to 16 bytes, written in two stores of eight, the second at {@link #split}. */
    static final class Template {
        final long first;
        final long firstRd;
        final long firstRs1;
        final long firstRs2;
        final long firstImm;
        final long second;
        final long secondRd;
        final long secondRs1;
        final long secondRs2;
        final long secondImm;
        /** Bits of the immediate that count. */
        final long immMask;
        final int split;
        final int length;
        /** What the host's flags tell about rd then: see {@link X64Operands#flags}. */
        final int flags;

        /** Each word: what is fixed, then the factors of the low bits of rd, rs1, rs2 and of the immediate. */
        Template(long[] first, long[] second, long immMask, int split, int length, int flags) {
            this.first = first[0];
            firstRd = first[1];
            firstRs1 = first[2];
            firstRs2 = first[3];
            firstImm = first[4];
            this.second = second[0];
            secondRd = second[1];
            secondRs1 = second[2];
            secondRs2 = second[3];
            secondImm = second[4];
            this.immMask = immMask;
            this.split = split;
            this.length = length;
            this.flags = flags;
        }

        /** The first eight bytes; registers as their hosts' low three bits. */
        long first(long rd, long rs1, long rs2, int imm) {
            return first + rd * firstRd + rs1 * firstRs1 + rs2 * firstRs2 + (imm & immMask) * firstImm;
        }

        /** The bytes from {@link #split} on. */
        long second(long rd, long rs1, long rs2, int imm) {
            return second + rd * secondRd + rs1 * secondRs1 + rs2 * secondRs2 + (imm & immMask) * secondImm;
        }
    }

    // A kind's number: 6 bits operation; 2 bits whether rd is rs1 and whether it is rs2; 10 bits of classes, from below: of
    // rs1 (3 bits), rs2 (3), rd (3) where there is no immediate; rs1, rs2, immediate (4) in stores; else rs1, rd, immediate.
    private static final int RS2_SHIFT = 3;
    private static final int RD_SHIFT = 6;
    private static final int IMM_SHIFT = 6;
    private static final int EQUAL_SHIFT = 10;
    private static final int OP_SHIFT = 12;
    private static final int KINDS = 1 << OP_SHIFT + 6;

    /** The class of x0. */
    static final int CLASS_ZERO = 0;
    /** The class of registers that live in memory. */
    static final int CLASS_MEMORY = 7;
    /**
     * Hosts of each other class. They differ in what an encoding needs besides the low three bits of the number: REX bits, a
     * SIB byte or a displacement where they are a base, a REX prefix where they are a byte register.
     */
    static final int[][] HOSTS = {{}, {Reg.RCX, Reg.RBX}, {Reg.RSI, Reg.RDI},
            {Reg.R8, Reg.R10, Reg.R14, Reg.R9, Reg.R11, Reg.R15}, {Reg.RBP}, {Reg.R13}, {Reg.R12}, {}};

    static final int HOST_BIT = 24;

    // Shapes of operands.
    private static final int IMMEDIATE = 1;
    private static final int STORE = 2;
    private static final int REGISTERS = 3;
    private static final int BRANCH = 4;

    /**
     * By operation: what its kinds' numbers begin with; how far the class of rd is shifted, from bit {@value #RD_BIT} on;
     * whether the immediate does not count; negative where the two sources must not be the same.
     */
    private static final int[] OPS = new int[Op.count()];
    private static final int RD_BIT = 24;
    private static final int NO_IMM_BIT = 30;

    static {
        int number = 1; // kinds of 0 have no templates
        for (int i = 0; i < OPS.length; i++) {
            Op op = Op.of(i);
            int shape = shape(op);
            if (shape != 0) {
                OPS[i] = number++ << OP_SHIFT | (shape == IMMEDIATE ? RS2_SHIFT : RD_SHIFT) << RD_BIT
                        | (shape == IMMEDIATE ? 0 : 1 << 31)
                        | (shape == REGISTERS || shape == BRANCH ? 1 << NO_IMM_BIT : 0);
            } else {
                OPS[i] = RD_SHIFT << RD_BIT;
            }
        }
        if (number > KINDS >> OP_SHIFT) {
            throw new IllegalStateException(number + " operations have templates");
        }
    }

    /** How an operation's operands look; 0 where it has no templates. */
    private static int shape(Op op) {
        return switch (op) {
            case LB, LH, LW, LD, LBU, LHU, LWU, ADDI, SLTI, SLTIU, XORI, ORI, ANDI, SLLI, SRLI, SRAI, ADDIW, SLLIW,
                    SRLIW,
                    SRAIW, SLLI_UW, SEXT_B, SEXT_H, ZEXT_H, RORI ->
                IMMEDIATE;
            case SB, SH, SW, SD -> STORE;
            case ADD, SUB, SLL, SLT, SLTU, XOR, SRL, SRA, OR, AND, ADDW, SUBW, SLLW, SRLW, SRAW, MUL, MULW, ADD_UW,
                    SH1ADD,
                    SH2ADD, SH3ADD, ANDN ->
                REGISTERS;
            case BEQ, BNE, BLT, BGE, BLTU, BGEU -> BRANCH;
            default -> 0;
        };
    }

    /** Class of an immediate by its low twelve bits. */
    private static final byte[] IMMEDIATES = new byte[1 << 12];

    static {
        for (int imm = -2048; imm < 2048; imm++) {
            IMMEDIATES[imm & 0xfff] = (byte) classOf(imm);
        }
    }

    /** 0 to 3 and 255 and −1 by themselves; others by sign and by whether they fit a byte. */
    private static int classOf(int imm) {
        if (imm == 0) {
            return 0;
        } else if (imm >= 1 && imm <= 3) {
            return 4 + imm;
        } else if (imm == 255 || imm == -1) {
            return imm == 255 ? 8 : 9;
        }
        return (imm == (byte) imm ? 1 : 3) + (imm >>> 31);
    }

    /** Two immediates of each class that differ by one, or one alone. */
    static final int[][] IMMEDIATE_SAMPLES = {{0}, {8, 9}, {-9, -8}, {300, 301}, {-300, -299}, {1}, {2}, {3}, {255},
            {-1}};

    /** {@return class of an immediate, by its low twelve bits} */
    static int immediateClass(int imm) {
        return IMMEDIATES[imm & 0xfff];
    }

    // Each made when first wanted: most processes translate programs of one width.
    private static final class Wide {
        private static final X64Templates TEMPLATES = new X64Templates(64);
    }

    private static final class Narrow {
        private static final X64Templates TEMPLATES = new X64Templates(32);
    }

    private final int xlen;
    private final Template[] table = new Template[KINDS];
    /** Kinds of which there is a template or cannot be one. */
    private final long[] known = new long[KINDS >> 6];

    private X64Templates(int xlen) {
        this.xlen = xlen;
    }

    /** For programs of this width. */
    static X64Templates of(int xlen) {
        return xlen == 64 ? Wide.TEMPLATES : Narrow.TEMPLATES;
    }

    /** For each guest register its class, and the low bits of its host register from bit {@value #HOST_BIT} on. */
    static int[] registers(int[] home) {
        int[] registers = new int[32];
        for (int r = 1; r < 32; r++) {
            registers[r] = CLASS_MEMORY;
            for (int c = 0; c < HOSTS.length; c++) {
                for (int h : HOSTS[c]) {
                    if (h == home[r]) {
                        registers[r] = c | (h & 7) << HOST_BIT;
                    }
                }
            }
        }
        return registers;
    }

    /** The template of an instruction, or null; learns it if its kind is new. A branch's displacement does not matter. */
    Template find(long inst, int[] registers, int[] home) {
        int word = (int) inst;
        int op = OPS[word & 0xff];
        if ((op & KINDS - 1) == 0) {
            return null;
        }
        int shape = shape(Inst.op(inst));
        if (Inst.rs2(inst) != 0 && shape == IMMEDIATE || Inst.rd(inst) != 0 && (shape == STORE || shape == BRANCH)) {
            return null; // no decoder makes it, and it would be taken for another kind
        }
        int kind = kind(word, op, registers[Inst.rd(inst)], registers[Inst.rs1(inst)], registers[Inst.rs2(inst)],
                Inst.imm(inst));
        Template t = table[kind];
        if (t == null && kind != 0 && (known[kind >>> 6] >>> kind & 1) == 0) {
            t = new X64TemplateLab(xlen).learn(inst, registers, home);
            table[kind] = t;
            known[kind >>> 6] |= 1L << kind;
        }
        return t;
    }

    private static int kind(int word, int op, int rd, int rs1, int rs2, int imm) {
        int apart1 = (word >>> 13 ^ word >>> 8) & 31;
        int apart2 = (word >>> 18 ^ word >>> 8) & 31;
        int apart = (word >>> 18 ^ word >>> 13) & 31;
        int equal = (apart1 - 1 >>> 31) << EQUAL_SHIFT | (apart2 - 1 >>> 31) << EQUAL_SHIFT + 1;
        int same = apart - 1 & op; // negative where two sources are the same that must not be
        int kind = op + (rs1 | rs2 << RS2_SHIFT | IMMEDIATES[imm & 0xfff & ~(op << 31 - NO_IMM_BIT >> 31)] << IMM_SHIFT
                | rd << (op >>> RD_BIT & 7) | equal);
        return kind & KINDS - 1 & ~(same >> 31);
    }
}

package dev.rivet.x64;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/**
 * Finds, in blocks that branch back to their own start, the register that 32-bit sums or a checksum accumulate in. Its
 * lower half goes from turn to turn in rax, which is free in such a block, so that the sign extension, which every leader
 * must find done, is nobody's input: a turn waits one cycle for the last one and not two. No register is ever less exact
 * for it, but for the one that a {@link #lateLoad} loads, for some instructions.
 *
 * <p>Also says which of these loops are short enough to lie in one line of the instruction cache, and how long they are.
 */
final class X64Loops {
    /** The code of the operation, alone or fused with another of these, keeps rax if its registers are all pinned. */
    private static final int KEEPS = 1;
    /** And also if rs1 is x0, or there is none. */
    private static final int NO_FIRST = 2;
    /** The same for rs2. */
    private static final int NO_SECOND = 4;
    /** A 32-bit sum. */
    private static final int SUM = 8;
    /** A load, which needs rax if rd is x0. */
    private static final int LOADS = 16;
    /** Bitwise, of two registers. */
    private static final int BITWISE = 32;
    /** Another 32-bit operation that can be done in rax; its result is to be extended. */
    private static final int WORD = 64;
    /** Likewise, and its result is extended as it is. */
    private static final int UNSIGNED_WORD = 128;
    /** Most instructions of such a block: in a longer one, a cycle does not matter. */
    private static final int MOST = 24;

    /** Most instructions of a loop that can lie in one line. */
    static final int SHORT = 8;
    /** Of code for an instruction of a loop, with its registers in host registers. */
    private static final int BYTES = 6;
    /** Of the copy to rax. */
    private static final int COPY = 3;

    private static final short[] TRAITS = new short[Op.count()];

    static {
        for (int i = 0; i < TRAITS.length; i++) {
            TRAITS[i] = (short) switch (Op.of(i)) {
                case LUI, AUIPC, ADDI, FENCE, BEQ, BNE, BLT, BGE, BLTU, BGEU -> KEEPS | NO_FIRST | NO_SECOND;
                case LB, LH, LW, LD, LBU, LHU, LWU -> KEEPS | LOADS | NO_SECOND;
                case SB, SH, SW, SD, XORI, ORI, ANDI, SLLI, SRLI, SRAI, SLTI, SLTIU, SEXT_B -> KEEPS | NO_SECOND;
                case SLLIW, SRAIW -> KEEPS | NO_SECOND | WORD;
                case SRLIW -> KEEPS | NO_SECOND | UNSIGNED_WORD;
                case SEXT_H, ZEXT_H -> KEEPS | NO_SECOND;
                case ADD, SUB, SLL, SRL, SRA, SLLW, SRLW, SRAW, SLT, MUL, SH1ADD, SH2ADD, SH3ADD -> KEEPS;
                case XOR, OR, AND -> KEEPS | BITWISE;
                case MULW -> KEEPS | WORD;
                case SLTU -> KEEPS | NO_FIRST;
                case ADDIW -> KEEPS | SUM | NO_SECOND;
                case ADDW, SUBW -> KEEPS | SUM;
                default -> 0;
            };
        }
    }

    private X64Loops() {
    }

    /** Whether a block ends with a branch to its own start. */
    static boolean isLoop(Code code, int start, int end) {
        long last = code.insts[end - 1];
        return Inst.op(last).kind == Op.Kind.BRANCH && code.pcs[end - 1] + Inst.imm(last) == code.pcs[start];
    }

    /** Whether a block is a loop short enough that it matters how it lies in the lines of the instruction cache. */
    static boolean isShort(Code code, int start, int end) {
        return end - start <= SHORT && isLoop(code, start, end);
    }

    /** About as many bytes of code as a short loop has. */
    static int bytes(int start, int end, int charge) {
        return Math.min((end - start) * BYTES + charge + COPY, X64Assembler.LINE);
    }

    /** Whether an instruction computes a register from itself in a way that can be done in rax, too. */
    static boolean carries(long inst) {
        int traits = TRAITS[Inst.ordinal(inst)];
        int rd = Inst.rd(inst);
        int rs1 = Inst.rs1(inst);
        int rs2 = Inst.rs2(inst);
        if (rd != rs1 && rd != rs2) {
            return false;
        }
        if ((traits & SUM) != 0) {
            return rd == rs1 || Inst.op(inst) == Op.ADDW;
        }
        return (traits & (BITWISE | WORD | UNSIGNED_WORD)) != 0;
    }

    /**
     * The register of a loop of one block that is only computed from itself, with 32 bits or bitwise; 0 if there is none, or
     * none that gains by it, or rax is needed.
     */
    static int accumulator(Code code, X64Operands o, int start, int end) {
        if (end - start > MOST) {
            return 0;
        }
        int sums = 0; // bit sets of registers
        int gains = 0;
        int others = 1;
        for (int i = start; i < end; i++) {
            long inst = code.insts[i];
            int traits = TRAITS[Inst.ordinal(inst)];
            int rd = Inst.rd(inst);
            int rs1 = Inst.rs1(inst);
            int rs2 = Inst.rs2(inst);
            boolean kept = (traits & KEEPS) != 0 && (rd == 0 ? (traits & LOADS) == 0 : o.pinned(rd))
                    && (rs1 == 0 ? (traits & NO_FIRST) != 0 : o.pinned(rs1))
                    && (rs2 == 0 ? (traits & NO_SECOND) != 0 : o.pinned(rs2));
            if (!kept) {
                return 0;
            }
            if (carries(inst)) {
                sums |= 1 << rd;
                gains |= (traits & (SUM | WORD)) != 0 ? 1 << rd : 0;
            } else {
                others |= 1 << rd;
            }
        }
        int found = sums & ~others;
        if (Integer.bitCount(found & gains) == 1) {
            return Integer.numberOfTrailingZeros(found & gains);
        }
        if (Integer.bitCount(found) != 1) {
            return 0;
        }
        int only = Integer.numberOfTrailingZeros(found);
        return o.wide && lateLoad(code, start, end, only) >= 0 ? only : 0;
    }

    /**
     * The 32-bit load from an address that depends on the accumulator, if the first to read what it loads is a bitwise
     * operation that computes the accumulator: a load that does not extend is a cycle faster. −1 if there is none.
     */
    static int lateLoad(Code code, int start, int end, int accumulator) {
        int depend = 1 << accumulator;
        int load = -1;
        int loaded = 0;
        for (int i = start; i < end; i++) {
            long inst = code.insts[i];
            int rd = Inst.rd(inst);
            boolean reads = Inst.rs1(inst) == loaded || Inst.rs2(inst) == loaded;
            if (load >= 0 && reads) {
                if (rd == accumulator && (TRAITS[Inst.ordinal(inst)] & BITWISE) != 0 && carries(inst)) {
                    return load;
                }
                load = -1;
            }
            if (load >= 0 && rd == loaded) {
                load = -1;
            }
            boolean depends = ((depend >>> Inst.rs1(inst) | depend >>> Inst.rs2(inst)) & 1) != 0;
            if (depends && Inst.op(inst) == Op.LW && rd != accumulator) {
                load = i;
                loaded = rd;
            }
            if (rd != accumulator) {
                depend = depends ? depend | 1 << rd : depend & ~(1 << rd);
            }
            depend &= ~1;
        }
        return -1;
    }
}

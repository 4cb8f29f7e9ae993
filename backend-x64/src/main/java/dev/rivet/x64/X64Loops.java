package dev.rivet.x64;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/**
 * Finds, in blocks that branch back to their own start, the register that 32-bit sums accumulate in. Its lower half goes
 * from turn to turn in rax, which is free in such a block, so that the sign extension, which every leader must find done,
 * is nobody's input: a turn waits one cycle for the last one and not two. No register is ever less exact for it.
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
    /** Most instructions of such a block: in a longer one, a cycle does not matter. */
    private static final int MOST = 24;

    /** Most instructions of a loop that can lie in one line. */
    static final int SHORT = 8;
    /** Of code for an instruction of a loop, with its registers in host registers. */
    private static final int BYTES = 6;
    /** Of the copy to rax. */
    private static final int COPY = 3;

    private static final byte[] TRAITS = new byte[Op.count()];

    static {
        for (int i = 0; i < TRAITS.length; i++) {
            TRAITS[i] = (byte) switch (Op.of(i)) {
                case LUI, AUIPC, ADDI, FENCE, BEQ, BNE, BLT, BGE, BLTU, BGEU -> KEEPS | NO_FIRST | NO_SECOND;
                case LB, LH, LW, LD, LBU, LHU, LWU -> KEEPS | LOADS | NO_SECOND;
                case SB, SH, SW, SD, XORI, ORI, ANDI, SLLI, SRLI, SRAI, SLLIW, SRLIW, SRAIW, SLTI, SLTIU, SEXT_B ->
                    KEEPS | NO_SECOND;
                case SEXT_H, ZEXT_H -> KEEPS | NO_SECOND;
                case ADD, SUB, XOR, OR, AND, SLL, SRL, SRA, SLLW, SRLW, SRAW, SLT, MUL, MULW, SH1ADD, SH2ADD,
                        SH3ADD ->
                    KEEPS;
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

    /**
     * The register of a loop of one block that only {@code rd = rd ± x} with 32 bits writes, 0 if there is none or rax is
     * needed.
     */
    static int accumulator(Code code, X64Operands o, int start, int end) {
        if (end - start > MOST) {
            return 0;
        }
        int sums = 0; // bit sets of registers
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
            if ((traits & SUM) != 0 && (rd == rs1 || rd == rs2 && Inst.op(inst) == Op.ADDW)) {
                sums |= 1 << rd;
            } else {
                others |= 1 << rd;
            }
        }
        int found = sums & ~others;
        return Integer.bitCount(found) == 1 ? Integer.numberOfTrailingZeros(found) : 0;
    }
}

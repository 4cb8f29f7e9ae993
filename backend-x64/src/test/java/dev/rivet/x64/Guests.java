package dev.rivet.x64;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/** Small programs of lifted instructions, without an ELF file and a decoder. */
final class Guests {
    static final int START = 0x1_0000;
    private static final Op[] ONLY_64 = {Op.LD, Op.LWU, Op.SD, Op.ADDIW, Op.SLLIW, Op.SRLIW, Op.SRAIW, Op.ADDW,
            Op.SUBW, Op.SLLW, Op.SRLW, Op.SRAW, Op.MULW, Op.DIVW, Op.DIVUW, Op.REMW, Op.REMUW, Op.ADD_UW,
            Op.SH1ADD_UW, Op.SH2ADD_UW, Op.SH3ADD_UW, Op.SLLI_UW, Op.CLZW, Op.CTZW, Op.CPOPW, Op.ROLW, Op.RORW,
            Op.RORIW, Op.PACKW};

    private Guests() {
    }

    /** Whether an operation exists at a width. */
    static boolean exists(Op op, int xlen) {
        if (xlen == 64) {
            return op != Op.ZIP && op != Op.UNZIP;
        }
        for (Op only : ONLY_64) {
            if (op == only) {
                return false;
            }
        }
        return !op.name().endsWith("_D");
    }

    /** A program of these instructions, four bytes each, with its leaders. */
    static Code code(int xlen, boolean embedded, long... insts) {
        Code.Builder b = new Code.Builder(xlen, embedded, false, insts.length + 1);
        for (int i = 0; i < insts.length; i++) {
            b.add(START + 4 * i, insts[i]);
        }
        int end = START + 4 * insts.length;
        b.add(end, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(START, end, 0, insts.length)).entry(START);
        b.leader(0);
        for (int i = 0; i < insts.length; i++) {
            Op op = Inst.op(insts[i]);
            if (op.endsBlock()) {
                b.leader(i + 1);
            }
            int target = i + Inst.imm(insts[i]) / 4;
            if ((op.kind == Op.Kind.BRANCH || op == Op.JAL) && target >= 0 && target < insts.length) {
                b.leader(target);
            }
        }
        return b.build();
    }

    /** An immediate that the operation can have. */
    static int immediate(Op op, int xlen) {
        return switch (op.kind) {
            case BRANCH -> 0;
            case LOAD, STORE -> -2048;
            case JUMP -> op == Op.JAL ? 0 : -2048;
            case ATOMIC, TRAP, NONE -> 0;
            case ALU -> switch (op) {
                case LUI, AUIPC -> 0x8765_4000;
                case SLLI, SRLI, SRAI, RORI, BCLRI, BEXTI, BINVI, BSETI -> xlen - 1;
                case SLLIW, SRLIW, SRAIW, RORIW -> 31;
                case SLLI_UW -> 63;
                default -> -2048;
            };
        };
    }
}

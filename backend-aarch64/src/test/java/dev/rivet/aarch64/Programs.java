package dev.rivet.aarch64;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.Set;
import java.util.TreeSet;

/** Lifted code made by hand, without an ELF file: instructions of four bytes from one address on. */
final class Programs {
    static final int TEXT = 0x1_0000;

    private Programs() {
    }

    /** A program of one segment; leaders are the start, branch targets, and what follows a control transfer. */
    static Code of(int xlen, boolean embedded, long... insts) {
        return of(TEXT, xlen, embedded, insts);
    }

    /** The same at another address. */
    static Code of(int start, int xlen, boolean embedded, long... insts) {
        Code.Builder b = new Code.Builder(xlen, embedded, false, insts.length + 1);
        Set<Integer> leaders = new TreeSet<>();
        leaders.add(0);
        for (int i = 0; i < insts.length; i++) {
            b.add(start + 4 * i, insts[i]);
            Op op = Inst.op(insts[i]);
            if (op.endsBlock()) {
                leaders.add(i + 1);
            }
            if (op.kind == Op.Kind.BRANCH || op == Op.JAL) {
                int target = i + Inst.imm(insts[i]) / 4;
                if (target >= 0 && target < insts.length) {
                    leaders.add(target);
                }
            }
        }
        b.add(start + 4 * insts.length, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(start, start + 4 * insts.length, 0, insts.length)).entry(start);
        leaders.forEach(b::leader);
        return b.build();
    }

    static long inst(Op op, int rd, int rs1, int rs2, int imm) {
        return Inst.pack(op, rd, rs1, rs2, imm, 4);
    }

    /** Whether an operation exists at a width. */
    static boolean exists(Op op, int xlen) {
        return switch (op) {
            case LD, LWU, SD, ADDIW, SLLIW, SRLIW, SRAIW, ADDW, SUBW, SLLW, SRLW, SRAW, MULW, DIVW, DIVUW, REMW, REMUW,
                    LR_D, SC_D, AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D, AMOMIN_D, AMOMAX_D, AMOMINU_D,
                    AMOMAXU_D, ADD_UW, SH1ADD_UW, SH2ADD_UW, SH3ADD_UW, SLLI_UW, CLZW, CTZW, CPOPW, ROLW, RORW, RORIW,
                    PACKW ->
                xlen == 64;
            case ZIP, UNZIP -> xlen == 32;
            default -> op != Op.END;
        };
    }

    /** Immediates worth trying for an operation. */
    static int[] immediates(Op op, int xlen) {
        return switch (op) {
            case SLLI, SRLI, SRAI, RORI, BCLRI, BEXTI, BINVI, BSETI, SLLI_UW -> new int[]{0, 1, 17, 31, xlen - 1};
            case SLLIW, SRLIW, SRAIW, RORIW -> new int[]{0, 1, 17, 31};
            case LUI, AUIPC -> new int[]{0, 0x1000, 0x12345000, 0x80000000, 0xfffff000};
            case JAL, BEQ, BNE, BLT, BGE, BLTU, BGEU -> new int[]{0, 4, -4, 8, 6, 0x400, -0x800};
            case ADDI, SLTI, SLTIU, XORI, ORI, ANDI, ADDIW, LB, LH, LW, LD, LBU, LHU, LWU, SB, SH, SW, SD, JALR ->
                new int[]{0, 1, -1, 8, 255, 256, -256, -257, 0x555, 2047, -2048};
            default -> new int[]{0};
        };
    }
}

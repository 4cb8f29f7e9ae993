package dev.rivet.tools.conform;

import dev.rivet.ir.Op;
import java.util.EnumMap;
import java.util.Map;

/**
 * A second table of encodings, written from the manuals independently of the decoder's: what the suites assemble with.
 * Where both tables err in the same way, qemu and LLVM still see different bytes.
 */
public final class Forms {
    /** Which operands an instruction has. */
    public enum Shape {
        /** rd, rs1, rs2. */
        R,
        /** rd, rs1, 12-bit immediate. */
        I,
        /** rd, rs1, shift amount below XLEN. */
        SHIFT,
        /** rd, rs1, shift amount below 32. */
        SHIFTW,
        /** rd, rs1. */
        UNARY,
        /** rd, upper immediate. */
        U,
        /** rd, offset(rs1). */
        LOAD,
        /** rs2, offset(rs1). */
        STORE,
        /** rd, rs2, (rs1). */
        AMO,
        /** rs1, rs2, offset. */
        BRANCH,
        /** Anything else. */
        OTHER
    }

    /**
     * One instruction.
     *
     * @param op32 the word on RV32 without operands, 0 where RV32 does not have it
     * @param op64 the word on RV64 without operands, 0 where RV64 does not have it
     */
    public record Form(Op op, Shape shape, int op32, int op64) {
        /** Whether the width has this instruction. */
        public boolean on(int xlen) {
            return word(xlen) != 0;
        }

        /** The word without operands. */
        public int word(int xlen) {
            return xlen == 32 ? op32 : op64;
        }

        /** The instruction with operands; {@code imm} stands for rs2 in the shapes that have no rs2. */
        public int encode(int xlen, int rd, int rs1, int rs2, int imm) {
            int w = word(xlen);
            return switch (shape) {
                case R, AMO -> w | rd << 7 | rs1 << 15 | rs2 << 20;
                case I, LOAD -> w | rd << 7 | rs1 << 15 | imm << 20;
                case SHIFT -> w | rd << 7 | rs1 << 15 | (imm & xlen - 1) << 20;
                case SHIFTW -> w | rd << 7 | rs1 << 15 | (imm & 31) << 20;
                case UNARY -> w | rd << 7 | rs1 << 15;
                case U -> w | rd << 7 | imm & 0xfffff000;
                case STORE -> w | Asm.sType(0, 0, rs1, rs2, imm);
                case BRANCH, OTHER -> throw new IllegalArgumentException(op + " has no plain operands");
            };
        }
    }

    private static final Map<Op, Form> TABLE = new EnumMap<>(Op.class);

    private Forms() {
    }

    /** The row of an operation, or null for the marks ILLEGAL and END. */
    public static Form of(Op op) {
        return TABLE.get(op);
    }

    private static void both(Op op, Shape shape, int word) {
        TABLE.put(op, new Form(op, shape, word, word));
    }

    private static void only64(Op op, Shape shape, int word) {
        TABLE.put(op, new Form(op, shape, 0, word));
    }

    private static void amo(Op w, Op d, int f5) {
        both(w, Shape.AMO, f5 << 27 | 0x202f);
        only64(d, Shape.AMO, f5 << 27 | 0x302f);
    }

    // @formatter:off
    static {
        both(Op.LUI, Shape.U, 0x37);                both(Op.AUIPC, Shape.U, 0x17);
        both(Op.JAL, Shape.OTHER, 0x6f);            both(Op.JALR, Shape.OTHER, 0x67);
        both(Op.BEQ, Shape.BRANCH, 0x63);           both(Op.BNE, Shape.BRANCH, 0x1063);
        both(Op.BLT, Shape.BRANCH, 0x4063);         both(Op.BGE, Shape.BRANCH, 0x5063);
        both(Op.BLTU, Shape.BRANCH, 0x6063);        both(Op.BGEU, Shape.BRANCH, 0x7063);
        both(Op.LB, Shape.LOAD, 0x03);              both(Op.LH, Shape.LOAD, 0x1003);
        both(Op.LW, Shape.LOAD, 0x2003);            only64(Op.LD, Shape.LOAD, 0x3003);
        both(Op.LBU, Shape.LOAD, 0x4003);           both(Op.LHU, Shape.LOAD, 0x5003);
        only64(Op.LWU, Shape.LOAD, 0x6003);
        both(Op.SB, Shape.STORE, 0x23);             both(Op.SH, Shape.STORE, 0x1023);
        both(Op.SW, Shape.STORE, 0x2023);           only64(Op.SD, Shape.STORE, 0x3023);
        both(Op.ADDI, Shape.I, 0x13);               both(Op.SLTI, Shape.I, 0x2013);
        both(Op.SLTIU, Shape.I, 0x3013);            both(Op.XORI, Shape.I, 0x4013);
        both(Op.ORI, Shape.I, 0x6013);              both(Op.ANDI, Shape.I, 0x7013);
        both(Op.SLLI, Shape.SHIFT, 0x1013);         both(Op.SRLI, Shape.SHIFT, 0x5013);
        both(Op.SRAI, Shape.SHIFT, 0x40005013);
        both(Op.ADD, Shape.R, 0x33);                both(Op.SUB, Shape.R, 0x40000033);
        both(Op.SLL, Shape.R, 0x1033);              both(Op.SLT, Shape.R, 0x2033);
        both(Op.SLTU, Shape.R, 0x3033);             both(Op.XOR, Shape.R, 0x4033);
        both(Op.SRL, Shape.R, 0x5033);              both(Op.SRA, Shape.R, 0x40005033);
        both(Op.OR, Shape.R, 0x6033);               both(Op.AND, Shape.R, 0x7033);
        only64(Op.ADDIW, Shape.I, 0x1b);            only64(Op.SLLIW, Shape.SHIFTW, 0x101b);
        only64(Op.SRLIW, Shape.SHIFTW, 0x501b);     only64(Op.SRAIW, Shape.SHIFTW, 0x4000501b);
        only64(Op.ADDW, Shape.R, 0x3b);             only64(Op.SUBW, Shape.R, 0x4000003b);
        only64(Op.SLLW, Shape.R, 0x103b);           only64(Op.SRLW, Shape.R, 0x503b);
        only64(Op.SRAW, Shape.R, 0x4000503b);
        both(Op.FENCE, Shape.OTHER, 0x0ff0000f);    both(Op.FENCE_I, Shape.OTHER, 0x100f);
        both(Op.ECALL, Shape.OTHER, 0x73);          both(Op.EBREAK, Shape.OTHER, 0x100073);
        both(Op.MUL, Shape.R, 0x02000033);          both(Op.MULH, Shape.R, 0x02001033);
        both(Op.MULHSU, Shape.R, 0x02002033);       both(Op.MULHU, Shape.R, 0x02003033);
        both(Op.DIV, Shape.R, 0x02004033);          both(Op.DIVU, Shape.R, 0x02005033);
        both(Op.REM, Shape.R, 0x02006033);          both(Op.REMU, Shape.R, 0x02007033);
        only64(Op.MULW, Shape.R, 0x0200003b);       only64(Op.DIVW, Shape.R, 0x0200403b);
        only64(Op.DIVUW, Shape.R, 0x0200503b);      only64(Op.REMW, Shape.R, 0x0200603b);
        only64(Op.REMUW, Shape.R, 0x0200703b);
        amo(Op.LR_W, Op.LR_D, 0x02);                amo(Op.SC_W, Op.SC_D, 0x03);
        amo(Op.AMOSWAP_W, Op.AMOSWAP_D, 0x01);      amo(Op.AMOADD_W, Op.AMOADD_D, 0x00);
        amo(Op.AMOXOR_W, Op.AMOXOR_D, 0x04);        amo(Op.AMOAND_W, Op.AMOAND_D, 0x0c);
        amo(Op.AMOOR_W, Op.AMOOR_D, 0x08);          amo(Op.AMOMIN_W, Op.AMOMIN_D, 0x10);
        amo(Op.AMOMAX_W, Op.AMOMAX_D, 0x14);        amo(Op.AMOMINU_W, Op.AMOMINU_D, 0x18);
        amo(Op.AMOMAXU_W, Op.AMOMAXU_D, 0x1c);
        only64(Op.ADD_UW, Shape.R, 0x0800003b);     both(Op.SH1ADD, Shape.R, 0x20002033);
        both(Op.SH2ADD, Shape.R, 0x20004033);       both(Op.SH3ADD, Shape.R, 0x20006033);
        only64(Op.SH1ADD_UW, Shape.R, 0x2000203b);  only64(Op.SH2ADD_UW, Shape.R, 0x2000403b);
        only64(Op.SH3ADD_UW, Shape.R, 0x2000603b);  only64(Op.SLLI_UW, Shape.SHIFT, 0x0800101b);
        both(Op.ANDN, Shape.R, 0x40007033);         both(Op.ORN, Shape.R, 0x40006033);
        both(Op.XNOR, Shape.R, 0x40004033);
        both(Op.CLZ, Shape.UNARY, 0x60001013);      only64(Op.CLZW, Shape.UNARY, 0x6000101b);
        both(Op.CTZ, Shape.UNARY, 0x60101013);      only64(Op.CTZW, Shape.UNARY, 0x6010101b);
        both(Op.CPOP, Shape.UNARY, 0x60201013);     only64(Op.CPOPW, Shape.UNARY, 0x6020101b);
        both(Op.MAX, Shape.R, 0x0a006033);          both(Op.MAXU, Shape.R, 0x0a007033);
        both(Op.MIN, Shape.R, 0x0a004033);          both(Op.MINU, Shape.R, 0x0a005033);
        both(Op.SEXT_B, Shape.UNARY, 0x60401013);   both(Op.SEXT_H, Shape.UNARY, 0x60501013);
        TABLE.put(Op.ZEXT_H, new Form(Op.ZEXT_H, Shape.UNARY, 0x08004033, 0x0800403b));
        both(Op.ROL, Shape.R, 0x60001033);          only64(Op.ROLW, Shape.R, 0x6000103b);
        both(Op.ROR, Shape.R, 0x60005033);          only64(Op.RORW, Shape.R, 0x6000503b);
        both(Op.RORI, Shape.SHIFT, 0x60005013);     only64(Op.RORIW, Shape.SHIFTW, 0x6000501b);
        both(Op.ORC_B, Shape.UNARY, 0x28705013);
        TABLE.put(Op.REV8, new Form(Op.REV8, Shape.UNARY, 0x69805013, 0x6b805013));
        both(Op.BCLR, Shape.R, 0x48001033);         both(Op.BCLRI, Shape.SHIFT, 0x48001013);
        both(Op.BEXT, Shape.R, 0x48005033);         both(Op.BEXTI, Shape.SHIFT, 0x48005013);
        both(Op.BINV, Shape.R, 0x68001033);         both(Op.BINVI, Shape.SHIFT, 0x68001013);
        both(Op.BSET, Shape.R, 0x28001033);         both(Op.BSETI, Shape.SHIFT, 0x28001013);
        both(Op.CLMUL, Shape.R, 0x0a001033);        both(Op.CLMULH, Shape.R, 0x0a003033);
        both(Op.CLMULR, Shape.R, 0x0a002033);
        both(Op.PACK, Shape.R, 0x08004033);         both(Op.PACKH, Shape.R, 0x08007033);
        only64(Op.PACKW, Shape.R, 0x0800403b);      both(Op.BREV8, Shape.UNARY, 0x68705013);
        TABLE.put(Op.ZIP, new Form(Op.ZIP, Shape.UNARY, 0x08f01013, 0));
        TABLE.put(Op.UNZIP, new Form(Op.UNZIP, Shape.UNARY, 0x08f05013, 0));
        both(Op.XPERM4, Shape.R, 0x28002033);       both(Op.XPERM8, Shape.R, 0x28004033);
        both(Op.CZERO_EQZ, Shape.R, 0x0e005033);    both(Op.CZERO_NEZ, Shape.R, 0x0e007033);
    }
    // @formatter:on
}

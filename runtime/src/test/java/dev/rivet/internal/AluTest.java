package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Arithmetic against values worked out by hand from the manual. */
class AluTest {
    private static final long MIN64 = Long.MIN_VALUE;
    private static final long U32 = 0xffff_ffffL;

    // @formatter:off
    /** op, rs1, rs2, immediate, result, on RV64 at pc 0x1000. */
    private static final Object[][] RV64 = {
        {Op.LUI, 0L, 0L, 0x12345000, 0x12345000L}, {Op.LUI, 0L, 0L, 0x80000000, 0xffff_ffff_8000_0000L},
        {Op.AUIPC, 0L, 0L, 0x2000, 0x3000L}, {Op.AUIPC, 0L, 0L, 0x80000000, 0xffff_ffff_8000_1000L},
        {Op.ADDI, MIN64, 0L, -1, Long.MAX_VALUE}, {Op.SLTI, -5L, 0L, -4, 1L}, {Op.SLTI, -4L, 0L, -4, 0L},
        {Op.SLTIU, 5L, 0L, -1, 1L}, {Op.SLTIU, -1L, 0L, -1, 0L},
        {Op.XORI, 0xfL, 0L, -1, ~0xfL}, {Op.ORI, 1L, 0L, -2048, -2047L}, {Op.ANDI, -1L, 0L, 0x7ff, 0x7ffL},
        {Op.SLLI, 1L, 0L, 63, MIN64}, {Op.SRLI, -1L, 0L, 63, 1L}, {Op.SRAI, MIN64, 0L, 63, -1L},
        {Op.ADD, Long.MAX_VALUE, 1L, 0, MIN64}, {Op.SUB, 0L, 1L, 0, -1L},
        {Op.SLL, 1L, 65L, 0, 2L}, {Op.SRL, MIN64, 127L, 0, 1L}, {Op.SRA, MIN64, -1L, 0, -1L},
        {Op.SLT, -1L, 0L, 0, 1L}, {Op.SLTU, -1L, 0L, 0, 0L}, {Op.SLTU, 0L, -1L, 0, 1L},
        {Op.XOR, 5L, 3L, 0, 6L}, {Op.OR, 5L, 3L, 0, 7L}, {Op.AND, 5L, 3L, 0, 1L},
        {Op.ADDIW, 0x7fff_ffffL, 0L, 1, -0x8000_0000L}, {Op.ADDIW, 0x1_0000_0005L, 0L, 0, 5L},
        {Op.SLLIW, 1L, 0L, 31, -0x8000_0000L}, {Op.SRLIW, 0xffff_ffff_8000_0000L, 0L, 31, 1L},
        {Op.SRLIW, -1L, 0L, 0, -1L}, {Op.SRAIW, 0x8000_0000L, 0L, 31, -1L},
        {Op.ADDW, 0xffff_ffffL, 1L, 0, 0L}, {Op.SUBW, 0L, 1L << 32 | 1, 0, -1L},
        {Op.SLLW, 1L, 33L, 0, 2L}, {Op.SRLW, -1L, 32L, 0, -1L}, {Op.SRLW, -1L, 1L, 0, 0x7fff_ffffL},
        {Op.SRAW, 0x8000_0000L, 63L, 0, -1L},
        {Op.MUL, -1L, -1L, 0, 1L}, {Op.MULH, MIN64, MIN64, 0, 1L << 62}, {Op.MULH, -1L, 1L, 0, -1L},
        {Op.MULHSU, -1L, -1L, 0, -1L}, {Op.MULHSU, 2L, -1L, 0, 1L}, {Op.MULHSU, MIN64, 2L, 0, -1L},
        {Op.MULHU, -1L, -1L, 0, -2L},
        {Op.DIV, 7L, -2L, 0, -3L}, {Op.DIV, 7L, 0L, 0, -1L}, {Op.DIV, MIN64, -1L, 0, MIN64},
        {Op.DIVU, -1L, 2L, 0, Long.MAX_VALUE}, {Op.DIVU, 7L, 0L, 0, -1L},
        {Op.REM, -7L, 2L, 0, -1L}, {Op.REM, -7L, 0L, 0, -7L}, {Op.REM, MIN64, -1L, 0, 0L},
        {Op.REMU, -1L, 16L, 0, 15L}, {Op.REMU, -7L, 0L, 0, -7L},
        {Op.MULW, 0x1_0001L, 0x1_0001L, 0, 0x2_0001L}, {Op.MULW, 0x10000L, 0x8000L, 0, -0x8000_0000L},
        {Op.DIVW, 0x8000_0000L, -1L, 0, -0x8000_0000L}, {Op.DIVW, 5L, 1L << 32, 0, -1L},
        {Op.DIVUW, 0xffff_fffeL, 1L, 0, -2L}, {Op.DIVUW, 1L, 0L, 0, -1L},
        {Op.REMW, 0x8000_0000L, -1L, 0, 0L}, {Op.REMW, 0x8000_0001L, 0L, 0, -0x7fff_ffffL},
        {Op.REMUW, 0xffff_ffffL, 0L, 0, -1L}, {Op.REMUW, 0xffff_ffffL, 0x8000_0000L, 0, 0x7fff_ffffL},
        {Op.ADD_UW, -1L, 1L, 0, 1L << 32}, {Op.SH1ADD, 3L, 1L, 0, 7L}, {Op.SH2ADD, 3L, 1L, 0, 13L},
        {Op.SH3ADD, MIN64, 1L, 0, 1L}, {Op.SH1ADD_UW, -1L, 0L, 0, 0x1_ffff_fffeL},
        {Op.SH2ADD_UW, 1L << 32 | 1, 2L, 0, 6L}, {Op.SH3ADD_UW, -1L, 1L, 0, 0x7_ffff_fff9L},
        {Op.SLLI_UW, -1L, 0L, 4, 0xf_ffff_fff0L},
        {Op.ANDN, 7L, 2L, 0, 5L}, {Op.ORN, 0L, -2L, 0, 1L}, {Op.XNOR, 5L, 3L, 0, ~6L},
        {Op.CLZ, 0L, 0L, 0, 64L}, {Op.CLZ, 1L, 0L, 0, 63L}, {Op.CLZW, 1L << 32, 0L, 0, 32L}, {Op.CLZW, -1L, 0L, 0, 0L},
        {Op.CTZ, 0L, 0L, 0, 64L}, {Op.CTZ, 8L, 0L, 0, 3L}, {Op.CTZW, 1L << 32, 0L, 0, 32L}, {Op.CTZW, 8L, 0L, 0, 3L},
        {Op.CPOP, -1L, 0L, 0, 64L}, {Op.CPOPW, -1L, 0L, 0, 32L},
        {Op.MAX, -1L, 0L, 0, 0L}, {Op.MAXU, -1L, 0L, 0, -1L}, {Op.MIN, -1L, 0L, 0, -1L}, {Op.MINU, -1L, 0L, 0, 0L},
        {Op.SEXT_B, 0x180L, 0L, 0, -128L}, {Op.SEXT_H, 0x18000L, 0L, 0, -32768L}, {Op.ZEXT_H, -1L, 0L, 0, 0xffffL},
        {Op.ROL, MIN64 | 2, 65L, 0, 5L}, {Op.ROLW, 0x8000_0001L, 1L, 0, 3L}, {Op.ROLW, 0x4000_0000L, 33L, 0, -0x8000_0000L},
        {Op.ROR, 1L, 1L, 0, MIN64}, {Op.RORW, 1L, 33L, 0, -0x8000_0000L}, {Op.RORI, 3L, 0L, 1, MIN64 | 1},
        {Op.RORIW, 1L, 0L, 1, -0x8000_0000L},
        {Op.ORC_B, 0x0100_0000_0080_0001L, 0L, 0, 0xff00_0000_00ff_00ffL}, {Op.REV8, 0x0102_0304_0506_0708L, 0L, 0, 0x0807_0605_0403_0201L},
        {Op.BCLR, -1L, 64L, 0, -2L}, {Op.BCLRI, -1L, 0L, 63, Long.MAX_VALUE}, {Op.BEXT, 4L, 66L, 0, 1L},
        {Op.BEXTI, MIN64, 0L, 63, 1L}, {Op.BINV, 1L, 0L, 0, 0L}, {Op.BINVI, 0L, 0L, 63, MIN64}, {Op.BSET, 0L, 127L, 0, MIN64},
        {Op.BSETI, 0L, 0L, 1, 2L},
        {Op.CLMUL, 3L, 3L, 0, 5L}, {Op.CLMUL, -1L, 2L, 0, -2L}, {Op.CLMULH, MIN64, 2L, 0, 1L}, {Op.CLMULH, MIN64, MIN64, 0, 1L << 62},
        {Op.CLMULR, MIN64, 1L, 0, 1L}, {Op.CLMULR, MIN64, MIN64, 0, MIN64},
        {Op.PACK, 0xaaaa_0000_0000_0001L, 0xbbbb_0000_0000_0002L, 0, 0x2_0000_0001L}, {Op.PACKH, 0x1ffL, 0x280L, 0, 0x80ffL},
        {Op.PACKW, 0x1_0001L, 0x1_8000L, 0, -0x7fff_ffffL},
        {Op.BREV8, 0x0180_0000_0000_0003L, 0L, 0, 0x8001_0000_0000_00c0L},
        {Op.XPERM4, 0xfedc_ba98_7654_3210L, 0x0123_4567_89ab_cdefL, 0, 0x0123_4567_89ab_cdefL},
        {Op.XPERM8, 0x0807_0605_0403_0201L, 0x0001_0207_08ff_0003L, 0, 0x0102_0308_0000_0104L},
        {Op.CZERO_EQZ, 5L, 0L, 0, 0L}, {Op.CZERO_EQZ, 5L, 1L, 0, 5L}, {Op.CZERO_NEZ, 5L, 0L, 0, 5L}, {Op.CZERO_NEZ, 5L, 1L << 40, 0, 0L},
    };

    /** The same on RV32; registers and results zero-extended. */
    private static final Object[][] RV32 = {
        {Op.LUI, 0L, 0L, 0x80000000, 0x8000_0000L}, {Op.AUIPC, 0L, 0L, 0xfffff000, 0L},
        {Op.ADDI, 0L, 0L, -1, U32}, {Op.SLTI, U32, 0L, 0, 1L}, {Op.SLTIU, U32, 0L, -1, 0L}, {Op.SLTIU, 1L, 0L, -1, 1L},
        {Op.XORI, 0L, 0L, -1, U32}, {Op.ORI, 0L, 0L, -1, U32}, {Op.ANDI, U32, 0L, -1, U32},
        {Op.SLLI, U32, 0L, 31, 0x8000_0000L}, {Op.SRLI, 0x8000_0000L, 0L, 31, 1L}, {Op.SRAI, 0x8000_0000L, 0L, 31, U32},
        {Op.ADD, U32, 1L, 0, 0L}, {Op.SUB, 0L, 1L, 0, U32}, {Op.SLL, 1L, 33L, 0, 2L}, {Op.SRL, U32, 63L, 0, 1L},
        {Op.SRA, 0x8000_0000L, 63L, 0, U32}, {Op.SLT, U32, 0L, 0, 1L}, {Op.SLTU, U32, 0L, 0, 0L},
        {Op.XOR, U32, 1L, 0, U32 - 1}, {Op.OR, 1L, 2L, 0, 3L}, {Op.AND, 3L, 2L, 0, 2L},
        {Op.MUL, U32, U32, 0, 1L}, {Op.MULH, 0x8000_0000L, 0x8000_0000L, 0, 0x4000_0000L}, {Op.MULH, U32, 1L, 0, U32},
        {Op.MULHSU, U32, U32, 0, U32}, {Op.MULHSU, 2L, U32, 0, 1L}, {Op.MULHU, U32, U32, 0, U32 - 1},
        {Op.DIV, 0x8000_0000L, U32, 0, 0x8000_0000L}, {Op.DIV, 1L, 0L, 0, U32}, {Op.DIV, 7L, U32 - 1, 0, U32 - 2},
        {Op.DIVU, 1L, 0L, 0, U32}, {Op.DIVU, U32, 2L, 0, 0x7fff_ffffL}, {Op.REM, 0x8000_0000L, U32, 0, 0L},
        {Op.REM, U32 - 6, 0L, 0, U32 - 6}, {Op.REM, U32 - 6, 2L, 0, U32}, {Op.REMU, U32, 0L, 0, U32}, {Op.REMU, U32, 16L, 0, 15L},
        {Op.SH1ADD, 0x8000_0000L, 1L, 0, 1L}, {Op.SH2ADD, 1L, 1L, 0, 5L}, {Op.SH3ADD, 1L, 1L, 0, 9L},
        {Op.ANDN, U32, 1L, 0, U32 - 1}, {Op.ORN, 0L, 0L, 0, U32}, {Op.XNOR, 0L, 0L, 0, U32},
        {Op.CLZ, 0L, 0L, 0, 32L}, {Op.CTZ, 0L, 0L, 0, 32L}, {Op.CPOP, U32, 0L, 0, 32L},
        {Op.MAX, U32, 0L, 0, 0L}, {Op.MAXU, U32, 0L, 0, U32}, {Op.MIN, U32, 0L, 0, U32}, {Op.MINU, U32, 0L, 0, 0L},
        {Op.SEXT_B, 0x80L, 0L, 0, U32 - 127}, {Op.SEXT_H, 0x8000L, 0L, 0, U32 - 32767}, {Op.ZEXT_H, U32, 0L, 0, 0xffffL},
        {Op.ROL, 0x8000_0001L, 33L, 0, 3L}, {Op.ROR, 1L, 33L, 0, 0x8000_0000L}, {Op.RORI, 1L, 0L, 1, 0x8000_0000L},
        {Op.ORC_B, 0x0100_8000L, 0L, 0, 0xff00_ff00L}, {Op.REV8, 0x0102_0304L, 0L, 0, 0x0403_0201L},
        {Op.BCLR, U32, 32L, 0, U32 - 1}, {Op.BCLRI, U32, 0L, 31, 0x7fff_ffffL}, {Op.BEXT, 2L, 33L, 0, 1L}, {Op.BEXTI, 0x8000_0000L, 0L, 31, 1L},
        {Op.BINV, 0L, 63L, 0, 0x8000_0000L}, {Op.BINVI, 1L, 0L, 0, 0L}, {Op.BSET, 0L, 32L, 0, 1L}, {Op.BSETI, 0L, 0L, 31, 0x8000_0000L},
        {Op.CLMUL, U32, 3L, 0, 1L}, {Op.CLMULH, U32, 3L, 0, 1L}, {Op.CLMULH, 0x8000_0000L, 0x8000_0000L, 0, 0x4000_0000L},
        {Op.CLMULR, 0x8000_0000L, 0x8000_0000L, 0, 0x8000_0000L}, {Op.CLMULR, 1L, 1L, 0, 0L},
        {Op.PACK, 0x1_0001L & U32, 0x8000L, 0, 0x8000_0001L}, {Op.PACKH, 0x1ffL, 0x280L, 0, 0x80ffL}, {Op.BREV8, 0x0180_0003L, 0L, 0, 0x8001_00c0L},
        {Op.ZIP, 0xffff_0000L, 0L, 0, 0xaaaa_aaaaL}, {Op.ZIP, 0x0000_0003L, 0L, 0, 5L}, {Op.UNZIP, 0xaaaa_aaaaL, 0L, 0, 0xffff_0000L},
        {Op.UNZIP, 5L, 0L, 0, 3L}, {Op.XPERM4, 0x7654_3210L, 0x0123_4568L, 0, 0x0123_4560L}, {Op.XPERM8, 0x0403_0201L, 0x0001_0304L, 0, 0x0102_0400L},
        {Op.CZERO_EQZ, 5L, 0L, 0, 0L}, {Op.CZERO_EQZ, 5L, 1L, 0, 5L}, {Op.CZERO_NEZ, 5L, 0L, 0, 5L}, {Op.CZERO_NEZ, 5L, 1L, 0, 0L},
    };
    // @formatter:on

    private static void check(int xlen, Object[][] rows) {
        Set<Op> seen = EnumSet.noneOf(Op.class);
        long[] regs = new long[32];
        for (Object[] row : rows) {
            Op op = (Op) row[0];
            seen.add(op);
            regs[1] = (long) row[1];
            regs[2] = (long) row[2];
            long inst = Inst.pack(op, 3, 1, 2, (int) row[3], 4);
            String what = op + " " + row[1] + " " + row[2] + " " + row[3] + " on RV" + xlen;
            assertEquals((long) row[4], Interpreter.eval(xlen, inst, 0x1000, regs), what);
            assertEquals((long) row[4], Single.run(xlen, inst, 0x1000, regs).regs[3], what + ", interpreted");
            long toZero = Inst.pack(op, 0, 1, 2, (int) row[3], 4);
            assertEquals(0, Single.run(xlen, toZero, 0x1000, regs).regs[0], what + ", to x0");
        }
        for (Op op : Op.values()) {
            if (!seen.contains(op)) {
                long inst = Inst.pack(op, 3, 1, 2, 0, 4);
                assertThrows(IllegalArgumentException.class, () -> Interpreter.eval(xlen, inst, 0x1000, regs),
                        () -> op + " has no vector for RV" + xlen);
            }
        }
    }

    @Test
    void everyInstructionOfRv64() {
        check(64, RV64);
    }

    @Test
    void everyInstructionOfRv32() {
        check(32, RV32);
    }
}

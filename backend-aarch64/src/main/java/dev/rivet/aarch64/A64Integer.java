package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.AluExt;
import dev.rivet.aarch64.A64Assembler.AluImm;
import dev.rivet.aarch64.A64Assembler.Cond;
import dev.rivet.aarch64.A64Assembler.Extend;
import dev.rivet.aarch64.A64Assembler.Field;
import dev.rivet.aarch64.A64Assembler.LogicImm;
import dev.rivet.aarch64.A64Assembler.One;
import dev.rivet.aarch64.A64Assembler.Select;
import dev.rivet.aarch64.A64Assembler.Shift;
import dev.rivet.aarch64.A64Assembler.Three;
import dev.rivet.aarch64.A64Assembler.Two;
import dev.rivet.aarch64.A64Assembler.Vec2;
import dev.rivet.aarch64.A64Assembler.Vec3;

/**
 * Register-to-register operations. Never called with rd = x0. Each method takes the instruction's fields; a first source
 * without a home is loaded to x16, a second to x17, a result without a home is computed in x16.
 */
class A64Integer extends A64Operands {
    A64Integer(A64Assembler a, A64Registers registers, int xlen) {
        super(a, registers, xlen);
    }

    final void alu(Alu op, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.alu(op, size, d, n, m);
        done(rd, d);
    }

    /** {@code d = rs2 + (rs1 << shift)}. */
    final void shiftAdd(int rd, int rs1, int rs2, int shift) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.alu(Alu.ADD, size, d, m, n, Shift.LSL, shift);
        done(rd, d);
    }

    /** {@code d = rs2 + (zero-extended rs1 << shift)}. */
    final void shiftAddWord(int rd, int rs1, int rs2, int shift) {
        if (rs2 == 0) {
            shiftWord(rd, rs1, shift);
            return;
        }
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.aluExt(AluExt.ADD, 8, d, m, n, Extend.UXTW, shift);
        done(rd, d);
    }

    /** {@code d = zero-extended rs1 << shift}. */
    final void shiftWord(int rd, int rs1, int shift) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.field(Field.UBFM, 8, d, n, 64 - shift & 63, Math.min(31, 63 - shift));
        done(rd, d);
    }

    final void addImmediate(int rd, int rs1, int imm) {
        if (rs1 == 0) {
            constant(rd, imm);
            return;
        }
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        if (imm != 0) {
            a.addImm(size, d, n, imm);
        } else if (d != n) {
            a.mov(size, d, n);
        }
        if (rd == rs1) {
            doneAdding(rd, d, imm);
        } else {
            done(rd, d);
        }
    }

    final void setIfLess(int rd, int rs1, int rs2, Cond cond) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        a.cmp(size, n, m);
        setIf(rd, cond);
    }

    final void setIfLessImmediate(int rd, int rs1, int imm, Cond cond) {
        if (rs1 == 0) {
            constant(rd, (cond == Cond.LT ? 0 < imm : imm != 0) ? 1 : 0);
            return;
        }
        compareImmediate(src(rs1, T0), imm);
        setIf(rd, cond);
    }

    /** Compares a register other than zr with −2048 to 2047. */
    final void compareImmediate(int n, int imm) {
        a.aluImm(imm < 0 ? AluImm.ADDS : AluImm.SUBS, size, ZR, n, Math.abs(imm), false);
    }

    private void setIf(int rd, Cond cond) {
        int d = dst(rd, T0);
        a.cset(size, d, cond);
        done(rd, d);
    }

    final void logicImmediate(Alu op, LogicImm immediate, int rd, int rs1, int imm) {
        if (rs1 == 0) {
            constant(rd, op == Alu.AND ? 0 : imm);
            return;
        }
        if (imm == 0 && op == Alu.AND || imm == -1 && op == Alu.ORR) {
            constant(rd, imm);
            return;
        }
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        if (imm == -1 && op == Alu.EOR) {
            a.alu(Alu.ORN, size, d, ZR, n);
        } else if (imm == 0 || imm == -1) {
            a.mov(size, d, n);
        } else {
            logic(op, immediate, d, n, imm);
        }
        done(rd, d);
    }

    /** Shift by a constant, of the whole register. */
    final void shiftImmediate(Shift op, int rd, int rs1, int count) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        switch (op) {
            case LSL -> a.lsl(size, d, n, count);
            case LSR -> a.lsr(size, d, n, count);
            case ASR -> a.asr(size, d, n, count);
            case ROR -> a.extr(size, d, n, n, count);
        }
        done(rd, d);
    }

    /** Bit field move of the whole register. */
    final void bitField(Field op, int bytes, int rd, int rs1, int immr, int imms) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.field(op, bytes, d, n, immr, imms);
        done(rd, d);
    }

    /** Shift of the low word by a constant; the result is the word's sign extension. */
    final void shiftWordImmediate(Shift op, int rd, int rs1, int count) {
        switch (op) {
            case LSL -> bitField(Field.SBFM, 8, rd, rs1, 64 - count & 63, 31 - count);
            case ASR -> bitField(Field.SBFM, 8, rd, rs1, count, 31);
            case LSR -> {
                if (count == 0) {
                    bitField(Field.SBFM, 8, rd, rs1, 0, 31);
                } else {
                    bitField(Field.UBFM, 4, rd, rs1, count, 31);
                }
            }
            case ROR -> {
                int n = src(rs1, T0);
                int d = dst(rd, T0);
                a.extr(4, d, n, n, count);
                a.sxtw(d, d);
                done(rd, d);
            }
        }
    }

    final void two(Two op, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.two(op, size, d, n, m);
        done(rd, d);
    }

    /** Word operation of two registers, sign-extended. */
    final void twoWord(Two op, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.two(op, 4, d, n, m);
        a.sxtw(d, d);
        done(rd, d);
    }

    final void aluWord(Alu op, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.alu(op, 4, d, n, m);
        a.sxtw(d, d);
        done(rd, d);
    }

    final void addWordImmediate(int rd, int rs1, int imm) {
        if (rs1 == 0) {
            constant(rd, imm);
            return;
        }
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        if (imm != 0) {
            a.addImm(4, d, n, imm);
            n = d;
        }
        a.sxtw(d, n);
        done(rd, d);
    }

    /** Rotation left by a register: right by its negation. */
    final void rotateLeft(int bytes, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.alu(Alu.SUB, 4, T1, ZR, m);
        a.two(Two.RORV, bytes, d, n, T1);
        if (bytes < size) {
            a.sxtw(d, d);
        }
        done(rd, d);
    }

    // Multiplication and division

    final void multiply(int bytes, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.three(Three.MADD, bytes, d, n, m, ZR);
        if (bytes < size) {
            a.sxtw(d, d);
        }
        done(rd, d);
    }

    final void multiplyHigh(boolean signed, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        if (size == 8) {
            a.two(signed ? Two.SMULH : Two.UMULH, 8, d, n, m);
        } else {
            a.three(signed ? Three.SMADDL : Three.UMADDL, 8, d, n, m, ZR);
            a.lsr(8, d, d, 32);
        }
        done(rd, d);
    }

    /** Signed rs1 times unsigned rs2. */
    final void multiplyHighMixed(int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        if (size == 8) {
            // As unsigned numbers, minus rs2 · 2⁶⁴ where rs1 is negative.
            int t = t2();
            a.alu(Alu.AND, 8, t, m, n, Shift.ASR, 63);
            a.two(Two.UMULH, 8, d, n, m);
            a.alu(Alu.SUB, 8, d, d, t);
        } else {
            a.sxtw(T0, n);
            a.three(Three.MADD, 8, d, T0, m, ZR);
            a.lsr(8, d, d, 32);
        }
        done(rd, d);
    }

    /** The quotient is all ones for a divisor of 0, where A64 gives 0; the overflow of MIN / −1 is MIN in both. */
    final void divide(Two op, int bytes, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.cmp(bytes, m, ZR);
        a.two(op, bytes, d, n, m);
        a.select(Select.CSINV, bytes, d, d, ZR, Cond.NE);
        if (bytes < size) {
            a.sxtw(d, d);
        }
        done(rd, d);
    }

    /** rs1 − quotient · rs2: with the quotient 0 for a divisor of 0 and MIN for MIN / −1 that is what RISC-V wants. */
    final void remainder(Two op, int bytes, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        int q = n == T0 ? t2() : T0;
        a.two(op, bytes, q, n, m);
        a.three(Three.MSUB, bytes, d, q, m, n);
        if (bytes < size) {
            a.sxtw(d, d);
        }
        done(rd, d);
    }

    // Bits

    final void one(One op, int bytes, int rd, int rs1) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.one(op, bytes, d, n);
        done(rd, d);
    }

    /** The first operation, then the second one. */
    final void one(One first, One second, int bytes, int rd, int rs1) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.one(first, bytes, d, n);
        a.one(second, bytes, d, d);
        done(rd, d);
    }

    final void populationCount(int bytes, int rd, int rs1) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.toVector(bytes, 0, n);
        a.vec(Vec2.CNT_8B, 0, 0);
        a.vec(Vec2.ADDV_8B, 0, 0);
        a.fromVector(4, d, 0);
        done(rd, d);
    }

    final void choose(Cond cond, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.cmp(size, n, m);
        a.select(Select.CSEL, size, d, n, m, cond);
        done(rd, d);
    }

    /** rs1 if rs2 compares so with 0, else 0. */
    final void zeroUnless(Cond cond, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.cmp(size, m, ZR);
        a.select(Select.CSEL, size, d, n, ZR, cond);
        done(rd, d);
    }

    /** 0xff in each byte that is not 0. */
    final void orBytes(int rd, int rs1) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.toVector(size, 0, n);
        a.vec(Vec3.CMTST_8B, 0, 0, 0);
        a.fromVector(size, d, 0);
        done(rd, d);
    }

    /** {@code rs1 op (1 << rs2)}. */
    final void bit(Alu op, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        int t = n == T0 ? t2() : T0;
        a.wide(A64Assembler.Wide.MOVZ, size, t, 1, 0);
        a.two(Two.LSLV, size, t, t, m);
        a.alu(op, size, d, n, t);
        done(rd, d);
    }

    final void bitImmediate(LogicImm op, int rd, int rs1, long mask) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.logicImm(op, size, d, n, mask);
        done(rd, d);
    }

    final void bitExtract(int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.two(Two.LSRV, size, d, n, m);
        a.logicImm(LogicImm.AND, size, d, d, 1);
        done(rd, d);
    }

    /** Low half of rs1 below low half of rs2, the halves of {@code bytes}. */
    final void pack(int bytes, int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.lsl(bytes, T0, n, bytes * 4);
        a.extr(bytes, d, m, T0, bytes * 4);
        if (bytes < size) {
            a.sxtw(d, d);
        }
        done(rd, d);
    }

    final void packBytes(int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.field(Field.UBFM, 4, T0, n, 0, 7);
        a.field(Field.UBFM, 4, T1, m, 0, 7);
        a.alu(Alu.ORR, 4, d, T0, T1, Shift.LSL, 8);
        done(rd, d);
    }

    /**
     * Interleaves the halves (RV32). The carry-less square of a byte is the byte with a 0 above each bit; so squared, the
     * lower half of the word becomes the lower half of 64 bits, the upper half the upper one.
     */
    final void zip(int rd, int rs1) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.toVector(4, 0, n);
        a.vec(Vec3.PMULL_8H, 0, 0, 0);
        a.fromVector(8, T0, 0);
        a.alu(Alu.ORR, 8, T0, T0, T0, Shift.LSR, 31);
        a.mov(4, d, T0);
        done(rd, d);
    }

    /** The inverse (RV32): even bits to the lower half of 64 bits, odd ones to the upper, then closing the gaps. */
    final void unzip(int rd, int rs1) {
        int n = src(rs1, T0);
        int d = dst(rd, T0);
        a.lsr(4, T1, n, 1);
        a.alu(Alu.ORR, 8, T0, n, T1, Shift.LSL, 32);
        a.logicImm(LogicImm.AND, 8, T0, T0, 0x5555_5555_5555_5555L);
        gap(1, 0x3333_3333_3333_3333L);
        gap(2, 0x0f0f_0f0f_0f0f_0f0fL);
        gap(4, 0x00ff_00ff_00ff_00ffL);
        gap(8, 0x0000_ffff_0000_ffffL);
        a.alu(Alu.ORR, 8, T0, T0, T0, Shift.LSR, 16);
        a.mov(4, d, T0);
        done(rd, d);
    }

    private void gap(int shift, long mask) {
        a.alu(Alu.ORR, 8, T0, T0, T0, Shift.LSR, shift);
        a.logicImm(LogicImm.AND, 8, T0, T0, mask);
    }

    /** Bytes of rs1 chosen by the bytes of rs2; TBL gives 0 for an index beyond, as the upper half of its table is 0. */
    final void permuteBytes(int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.toVector(size, 0, n);
        a.toVector(size, 1, m);
        a.vec(Vec3.TBL_8B, 0, 0, 1);
        a.fromVector(size, d, 0);
        done(rd, d);
    }

    /** The same with nibbles: a table of 16 nibbles, one a byte, looked up for the low and the high ones. */
    final void permuteNibbles(int rd, int rs1, int rs2) {
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        int d = dst(rd, T0);
        a.toVector(size, 0, n);
        a.toVector(size, 1, m);
        a.vecMovi(2, 15);
        a.vec(Vec2.USHR4_8B, 3, 0);
        a.vec(Vec3.AND_8B, 0, 0, 2);
        a.vec(Vec3.ZIP1_16B, 0, 0, 3);
        a.vec(Vec2.USHR4_8B, 3, 1);
        a.vec(Vec3.AND_8B, 1, 1, 2);
        a.vec(Vec3.TBL_8B, 1, 0, 1);
        a.vec(Vec3.TBL_8B, 3, 0, 3);
        a.vec(Vec2.SHL4_8B, 3, 3);
        a.vec(Vec3.ORR_8B, 1, 1, 3);
        a.fromVector(size, d, 1);
        done(rd, d);
    }
}

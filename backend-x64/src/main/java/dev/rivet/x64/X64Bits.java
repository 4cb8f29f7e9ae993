package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RDX;

import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Bit;
import dev.rivet.x64.X64Assembler.Bmi;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Count;
import dev.rivet.x64.X64Assembler.Shift;
import dev.rivet.x64.X64Assembler.ShiftX;
import dev.rivet.x64.X64Assembler.Unary;

/**
 * Zba, Zbb, Zbs, Zicond and the parts of Zbkb that work on general registers (Unprivileged ISA 30, 12, 31). rd is never
 * x0.
 */
final class X64Bits {
    private final X64Assembler a;
    private final X64Operands o;
    private final X64Integer integer;

    X64Bits(X64Operands operands, X64Integer integer) {
        o = operands;
        a = operands.a;
        this.integer = integer;
    }

    // Zba

    /** {@code rd = rs2 + (rs1 << count)}. */
    void shiftAdd(int count, int rd, int rs1, int rs2) {
        int d = o.def(rd);
        if (o.pinned(rs1) && rs2 != 0) {
            int base = o.use(rs2, RAX);
            a.lea(o.size, d, Mem.at(base, o.home(rs1), count, 0));
            o.done(rd, d);
        } else {
            o.get(o.size, RAX, rs1);
            shiftedPlus(count, rd, rs2);
        }
    }

    /** {@code rd = rs2 + (zext32(rs1) << count)}. */
    void shiftAddUnsigned(int count, int rd, int rs1, int rs2) {
        if (rs2 == 0) {
            shiftUnsigned(rd, rs1, count);
        } else {
            o.get(4, RAX, rs1);
            shiftedPlus(count, rd, rs2);
        }
    }

    /** {@code rd = rs2 + (rax << count)}. */
    private void shiftedPlus(int count, int rd, int rs2) {
        int d = o.def(rd);
        if (o.pinned(rs2)) {
            a.lea(o.size, d, Mem.at(o.home(rs2), RAX, count, 0));
        } else if (d != RAX && rs2 != 0) {
            o.get(o.size, d, rs2);
            a.lea(o.size, d, Mem.at(d, RAX, count, 0));
        } else {
            if (count != 0) {
                a.shiftImm(Shift.SHL, o.size, RAX, count);
            }
            if (rs2 != 0) {
                o.alu(Alu.ADD, o.size, RAX, rs2);
            }
            o.put(rd, RAX);
            return;
        }
        o.done(rd, d);
    }

    void shiftUnsigned(int rd, int rs1, int count) {
        int d = o.def(rd);
        o.get(4, d, rs1);
        if (count != 0) {
            a.shiftImm(Shift.SHL, 8, d, count);
        }
        o.done(rd, d);
    }

    // Zbb

    void andn(int rd, int rs1, int rs2) {
        int inverted = o.use(rs2, RAX);
        if (o.pinned(rs1)) {
            int d = o.def(rd);
            a.bmi(Bmi.ANDN, o.size, d, inverted, o.home(rs1));
            o.done(rd, d);
        } else {
            inverse(rs2);
            o.alu(Alu.AND, o.size, RAX, rs1);
            o.put(rd, RAX);
        }
    }

    private void inverse(int r) {
        o.get(o.size, RAX, r);
        a.unary(Unary.NOT, o.size, RAX);
    }

    void orn(int rd, int rs1, int rs2) {
        inverse(rs2);
        o.alu(Alu.OR, o.size, RAX, rs1);
        o.put(rd, RAX);
    }

    void xnor(int rd, int rs1, int rs2) {
        inverse(rs2);
        o.alu(Alu.XOR, o.size, RAX, rs1);
        o.put(rd, RAX);
    }

    /** lzcnt, tzcnt or popcnt on {@code width} bytes; the result is small and needs no extension. */
    void count(Count op, int width, int rd, int rs1) {
        int d = o.def(rd);
        if (o.pinned(rs1)) {
            a.count(op, width, d, o.home(rs1));
        } else {
            a.countLoad(op, width, d, o.slot(rs1));
        }
        o.done(rd, d);
    }

    /** {@code rd = rs1}, but rs2 where the condition holds for (rs1, rs2). */
    void select(Cond cond, int rd, int rs1, int rs2) {
        int d = o.def(rd);
        int other = rs2;
        if (d == o.home(rs2)) {
            other = rs1;
        } else {
            o.get(o.size, d, rs1);
        }
        o.alu(Alu.CMP, o.size, d, other);
        if (o.pinned(other)) {
            a.cmov(cond, o.size, d, o.home(other));
        } else {
            a.cmovLoad(cond, o.size, d, o.slot(other));
        }
        o.done(rd, d);
    }

    /** Rotation by a register: neither cl nor a third register is free, so it is two BMI2 shifts. */
    void rotate(boolean left, int width, int rd, int rs1, int rs2) {
        if (!o.pinned(rs2) || !o.pinned(rd)) {
            rotateParked(left, width, rd, rs1, rs2);
            return;
        }
        int d = o.home(rd);
        int count = o.home(rs2);
        a.mov(width, RAX, count);
        a.unary(Unary.NEG, width, RAX);
        if (o.pinned(rs1)) {
            a.shiftx(left ? ShiftX.SHRX : ShiftX.SHLX, width, RAX, o.home(rs1), RAX);
            a.shiftx(left ? ShiftX.SHLX : ShiftX.SHRX, width, d, o.home(rs1), count);
        } else {
            a.shiftxLoad(left ? ShiftX.SHRX : ShiftX.SHLX, width, RAX, o.slot(rs1), RAX);
            a.shiftxLoad(left ? ShiftX.SHLX : ShiftX.SHRX, width, d, o.slot(rs1), count);
        }
        a.alu(Alu.OR, width, d, RAX);
        if (width < o.size) {
            o.doneWord(rd, d);
        }
    }

    private void rotateParked(boolean left, int width, int rd, int rs1, int rs2) {
        o.park();
        o.get(width, RDX, rs2);
        o.get(width, RAX, rs1);
        a.shiftx(left ? ShiftX.SHLX : ShiftX.SHRX, width, RAX, RAX, RDX);
        a.unary(Unary.NEG, width, RDX);
        if (o.pinned(rs1)) {
            a.shiftx(left ? ShiftX.SHRX : ShiftX.SHLX, width, RDX, o.home(rs1), RDX);
        } else {
            a.shiftxLoad(left ? ShiftX.SHRX : ShiftX.SHLX, width, RDX, o.slot(rs1), RDX);
        }
        a.alu(Alu.OR, width, RAX, RDX);
        o.unpark();
        if (width < o.size) {
            o.putWord(rd, RAX);
        } else {
            o.put(rd, RAX);
        }
    }

    void rotateImm(int width, int rd, int rs1, int count) {
        int d = o.def(rd);
        if (o.pinned(rs1) && o.home(rs1) != d) {
            a.rorx(width, d, o.home(rs1), count);
        } else {
            o.getLow(width, d, rs1);
            a.shiftImm(Shift.ROR, width, d, count);
        }
        if (width < o.size) {
            o.doneWord(rd, d);
        } else {
            o.done(rd, d);
        }
    }

    void reverseBytes(int rd, int rs1) {
        int d = o.def(rd);
        o.get(o.size, d, rs1);
        a.bswap(o.size, d);
        o.done(rd, d);
    }

    // Zbs

    void bit(Bit op, int rd, int rs1, int rs2) {
        int d = o.def(rd);
        if (o.pinned(rs2) && d != o.home(rs2)) {
            o.get(o.size, d, rs1);
            a.bit(op, o.size, d, o.home(rs2));
            o.done(rd, d);
        } else if (o.pinned(rs2)) {
            o.get(o.size, RAX, rs1);
            a.bit(op, o.size, RAX, o.home(rs2));
            o.put(rd, RAX);
        } else {
            o.park();
            o.get(o.size, RAX, rs1);
            o.get(o.size, RDX, rs2);
            a.bit(op, o.size, RAX, RDX);
            o.unpark();
            o.put(rd, RAX);
        }
    }

    void bitImm(Bit op, int rd, int rs1, int index) {
        int d = o.def(rd);
        o.get(o.size, d, rs1);
        a.bitImm(op, o.size, d, index);
        o.done(rd, d);
    }

    void extractBit(int rd, int rs1, int rs2) {
        integer.shift(ShiftX.SHRX, rd, rs1, rs2);
        maskToBit(rd);
    }

    void extractBitImm(int rd, int rs1, int index) {
        int d = o.def(rd);
        o.get(o.size, d, rs1);
        if (index != 0) {
            a.shiftImm(Shift.SHR, o.size, d, index);
        }
        a.aluImm(Alu.AND, 4, d, 1);
        o.done(rd, d);
    }

    private void maskToBit(int rd) {
        if (o.pinned(rd)) {
            a.aluImm(Alu.AND, 4, o.home(rd), 1);
        } else {
            a.aluStoreImm(Alu.AND, o.size, o.slot(rd), 1);
        }
    }

    // Zicond

    /** {@code rd = rs1}, but 0 where the condition holds for (rs2, 0). */
    void zeroIf(Cond cond, int rd, int rs1, int rs2) {
        int d = o.def(rd);
        if (d == o.home(rs1) || d == o.home(rs2)) {
            d = RAX;
        }
        a.alu(Alu.XOR, 4, d, d);
        if (rs2 == 0) {
            a.test(4, d, d);
        } else {
            o.compareImm(o.size, rs2, 0);
        }
        if (o.pinned(rs1)) {
            a.cmov(cond.negate(), o.size, d, o.home(rs1));
        } else {
            a.cmovLoad(cond.negate(), o.size, d, o.slot(rs1));
        }
        o.put(rd, d);
    }

    // Zbkb

    /** Low {@code bits} of rs1, above them those of rs2; {@code word} results are sign-extended on RV64. */
    void pack(int bits, boolean word, int rd, int rs1, int rs2) {
        o.park();
        half(bits, RDX, rs2);
        a.shiftImm(Shift.SHL, 8, RDX, bits);
        half(bits, RAX, rs1);
        a.alu(Alu.OR, 8, RAX, RDX);
        o.unpark();
        if (word) {
            o.putWord(rd, RAX);
        } else {
            o.put(rd, RAX);
        }
    }

    private void half(int bits, int h, int r) {
        o.get(4, h, r);
        if (bits == 8) {
            a.extend(X64Assembler.Extend.ZX8, 4, h, h);
        } else if (bits == 16) {
            a.extend(X64Assembler.Extend.ZX16, 4, h, h);
        }
    }

    private static final long EVEN_BITS = 0x5555_5555_5555_5555L;

    /** RV32: bits of the lower half go to even, of the upper half to odd positions. */
    void zip(int rd, int rs1) {
        o.park();
        o.get(4, RAX, rs1);
        a.movImm(8, RDX, EVEN_BITS);
        a.bmi(Bmi.PDEP, 8, RAX, RAX, RDX);
        a.mov(8, RDX, RAX);
        a.shiftImm(Shift.SHR, 8, RDX, 31);
        a.alu(Alu.OR, 4, RAX, RDX);
        o.unpark();
        o.put(rd, RAX);
    }

    /** RV32: the inverse of {@link #zip}. */
    void unzip(int rd, int rs1) {
        o.park();
        o.get(4, RAX, rs1);
        a.mov(8, RDX, RAX);
        a.shiftImm(Shift.SHL, 8, RDX, 31);
        a.alu(Alu.OR, 8, RAX, RDX);
        a.movImm(8, RDX, EVEN_BITS);
        a.bmi(Bmi.PEXT, 8, RAX, RAX, RDX);
        o.unpark();
        o.put(rd, RAX);
    }
}

package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RDX;

import dev.rivet.sandbox.Control;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Extend;
import dev.rivet.x64.X64Assembler.Plain;
import dev.rivet.x64.X64Assembler.Shift;
import dev.rivet.x64.X64Assembler.Unary;

/**
 * The M extension (Unprivileged ISA 13). Wide products and divisions work on rdx:rax; gas waits in the destination
 * register meanwhile if that is one the operation does not read, because moves between general registers cost nothing, and
 * in xmm14 otherwise. rd is never x0.
 */
final class X64MulDiv {
    private final X64Assembler a;
    private final X64Operands o;
    private final X64Cold cold;
    private final long scratch;

    X64MulDiv(X64Operands operands, X64Cold cold) {
        o = operands;
        a = operands.a;
        this.cold = cold;
        scratch = o.control(Control.SCRATCH);
    }

    void mul(int rd, int rs1, int rs2) {
        int d = o.def(rd);
        product(o.size, d, rs1, rs2);
        o.done(rd, d);
    }

    void mulw(int rd, int rs1, int rs2) {
        int d = o.def(rd);
        product(4, d, rs1, rs2);
        o.doneWord(rd, d);
    }

    private void product(int width, int d, int rs1, int rs2) {
        if (d == o.home(rs2)) {
            times(width, d, rs1);
        } else {
            o.get(o.size, d, rs1);
            times(width, d, rs2);
        }
    }

    private void times(int width, int d, int r) {
        if (o.pinned(r)) {
            a.imul(width, d, o.home(r));
        } else if (d != RAX && r != 0) { // a plain load is renamed
            a.load(width, RAX, o.slot(r));
            a.imul(width, d, RAX);
        } else {
            a.imulLoad(width, d, o.slot(r));
        }
    }

    /** One-operand multiplication or division by a guest register. */
    private void by(Unary op, int width, int r) {
        if (o.pinned(r)) {
            a.unary(op, width, o.home(r));
        } else {
            a.unaryMem(op, width, o.slot(r));
        }
    }

    // Gas out of the way

    /** Where gas can wait: rd's host register, if it has one and it is not that of r; else NONE, for xmm14. */
    private int refuge(int rd, int r) {
        return o.pinned(rd) && o.home(rd) != o.home(r) ? o.home(rd) : Reg.NONE;
    }

    private void park(int refuge) {
        if (refuge == Reg.NONE) {
            o.park();
        } else if (o.gasInRdx) {
            a.mov(8, refuge, RDX);
        }
    }

    private void unpark(int refuge) {
        if (refuge == Reg.NONE) {
            o.unpark();
        } else if (o.gasInRdx) {
            a.mov(8, RDX, refuge);
        }
    }

    /** Upper half of a product. */
    void mulHigh(int rd, int rs1, int rs2, boolean signed) {
        if (!o.wide) {
            mulHigh32(rd, rs1, rs2, signed);
            return;
        }
        boolean swap = o.pinned(rd) && o.home(rd) == o.home(rs2);
        int first = swap ? rs2 : rs1;
        int second = swap ? rs1 : rs2;
        Unary op = signed ? Unary.IMUL : Unary.MUL;
        o.get(8, RAX, first);
        if (rs1 == rs2) {
            int refuge = o.pinned(rd) ? o.home(rd) : Reg.NONE;
            park(refuge);
            a.unary(op, 8, RAX);
            high(rd, refuge);
        } else {
            int refuge = refuge(rd, second);
            park(refuge);
            by(op, 8, second);
            high(rd, refuge);
        }
    }

    /** rdx to rd, gas to rdx; rax is lost. */
    private void high(int rd, int refuge) {
        if (o.gasInRdx && refuge != Reg.NONE) {
            a.mov(8, RAX, RDX);
            unpark(refuge);
            o.put(rd, RAX);
        } else {
            o.put(rd, RDX);
            unpark(refuge);
        }
    }

    private void mulHigh32(int rd, int rs1, int rs2, boolean signed) {
        if (signed) {
            // the second goes through memory, for there is no other scratch register
            extended(rs2);
            a.store(8, scratch, RAX);
            extended(rs1);
            a.imulLoad(8, RAX, scratch);
        } else {
            o.get(4, RAX, rs1);
            times(8, RAX, rs2);
        }
        a.shiftImm(Shift.SHR, 8, RAX, 32);
        o.put(rd, RAX);
    }

    /** rax = r sign-extended from 32 to 64 bits. */
    private void extended(int r) {
        if (o.pinned(r)) {
            a.extend(Extend.SX32, 8, RAX, o.home(r));
        } else {
            a.extendLoad(Extend.SX32, 8, RAX, o.slot(r));
        }
    }

    /** Upper half of signed rs1 × unsigned rs2. */
    void mulHighSigned1(int rd, int rs1, int rs2) {
        if (!o.wide) {
            extended(rs1);
            times(8, RAX, rs2);
            a.shiftImm(Shift.SHR, 8, RAX, 32);
            o.put(rd, RAX);
            return;
        }
        // a signed × b unsigned = a unsigned × b unsigned − (a < 0 ? b << 64 : 0)
        o.park();
        o.get(8, RAX, rs1);
        by(Unary.MUL, 8, rs2);
        o.get(8, RAX, rs1);
        a.shiftImm(Shift.SAR, 8, RAX, 63);
        o.alu(Alu.AND, 8, RAX, rs2);
        a.alu(Alu.SUB, 8, RDX, RAX);
        o.put(rd, RDX);
        o.unpark();
    }

    /**
     * Both halves of a product at once. On RV64 and with pinned destinations only; the one that comes first in the program
     * must not be a source.
     *
     * @param firstOfPair the destination that comes first, low or high
     */
    void mulBoth(int low, int high, int firstOfPair, int rs1, int rs2, boolean signed) {
        int refuge = o.home(firstOfPair);
        o.get(8, RAX, rs1);
        park(refuge);
        by(signed ? Unary.IMUL : Unary.MUL, 8, rs2);
        if (firstOfPair == low) {
            a.mov(8, o.home(high), RDX);
            unpark(refuge);
            a.mov(8, refuge, RAX);
        } else {
            a.mov(8, o.home(low), RAX);
            high(high, refuge);
        }
    }

    /**
     * Division and remainder (Unprivileged ISA 13.2: x / 0 = −1, x % 0 = x; the signed overflow gives the dividend and 0).
     * One comparison finds the divisors 0 and −1; their results, made in the cold part, need no division.
     */
    void divide(int width, int rd, int rs1, int rs2, boolean signed, boolean remainder) {
        int end = a.newLabel();
        int special;
        if (signed) {
            int s = o.use(rs2, RAX);
            if (s == RAX) {
                a.aluImm(Alu.ADD, width, RAX, 1);
            } else {
                a.lea(width, RAX, Mem.at(s, 1));
            }
            a.aluImm(Alu.CMP, width, RAX, 1);
            special = a.jccAhead(Cond.BE);
        } else {
            o.compareImm(width, rs2, 0);
            special = a.jccAhead(Cond.E);
        }
        cold.add(X64Cold.DIVIDE, special, end);
        o.get(width, RAX, rs1);
        int refuge = refuge(rd, rs2);
        park(refuge);
        if (signed) {
            a.plain(width == 8 ? Plain.CQO : Plain.CDQ);
        } else {
            a.alu(Alu.XOR, 4, RDX, RDX);
        }
        by(signed ? Unary.IDIV : Unary.DIV, width, rs2);
        if (remainder) {
            a.mov(o.size, RAX, RDX);
        }
        unpark(refuge);
        a.bind(end);
        if (width < o.size) {
            o.putWord(rd, RAX);
        } else {
            o.put(rd, RAX);
        }
    }

    /** The cold part of {@link #divide}: leaves the result in rax. */
    void divideSpecial(int width, int rs1, boolean signed, boolean remainder, int end) {
        if (!signed) {
            if (remainder) {
                o.get(o.size, RAX, rs1);
            } else {
                a.movImm(8, RAX, -1);
            }
        } else if (remainder) {
            times(width, RAX, rs1); // rax is 1 for a divisor of 0, 0 for −1
        } else {
            int minusOne = a.newLabel();
            a.test(4, RAX, RAX);
            a.jcc(Cond.E, minusOne);
            a.movImm(8, RAX, -1);
            a.jmp(end);
            a.bind(minusOne);
            o.get(width, RAX, rs1);
            a.unary(Unary.NEG, width, RAX);
        }
        a.jmp(end);
    }
}

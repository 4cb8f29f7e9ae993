package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RDX;

import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Extend;
import dev.rivet.x64.X64Assembler.Shift;
import dev.rivet.x64.X64Assembler.ShiftX;
import dev.rivet.x64.X64Assembler.Unary;

/**
 * Register arithmetic of RV32I, RV64I and M (Unprivileged ISA 2.4, 4.2, 13). rd is never x0 here: such instructions have
 * no effect and are not lowered.
 */
final class X64Integer {
    private final X64Assembler a;
    private final X64Operands o;
    private final X64Cold cold;

    X64Integer(X64Operands operands, X64Cold cold) {
        o = operands;
        this.cold = cold;
        a = operands.a;
    }

    // Immediates

    void addi(int rd, int rs1, int imm) {
        if (rs1 == 0) {
            o.constant(rd, imm);
        } else if (imm == 0) {
            move(rd, rs1);
        } else if (rd == rs1 && !o.pinned(rd)) {
            a.aluStoreImm(Alu.ADD, o.size, o.slot(rd), imm);
            o.valueFlags(rd);
        } else {
            int d = o.def(rd);
            addImm(o.size, rd, d, rs1, imm);
            o.done(rd, d);
        }
    }

    private void addImm(int width, int rd, int d, int rs1, int imm) {
        int s = o.use(rs1, d);
        if (s == d) {
            a.aluImm(Alu.ADD, width, d, imm);
            o.valueFlags(rd);
        } else {
            a.lea(width, d, Mem.at(s, imm));
        }
    }

    void move(int rd, int rs1) {
        if (rd != rs1) {
            int d = o.def(rd);
            if (!o.pinned(rd) && o.pinned(rs1)) {
                a.store(o.size, o.slot(rd), o.home(rs1));
            } else {
                o.get(o.size, d, rs1);
                o.done(rd, d);
            }
        }
    }

    void addiw(int rd, int rs1, int imm) {
        int d = o.def(rd);
        if (imm == 0) {
            if (o.lowOnly) {
                o.get(4, d, rs1);
                o.done(rd, d);
            } else {
                signExtend(Extend.SX32, rd, rs1);
            }
        } else {
            addImm(4, rd, d, rs1, imm);
            o.doneWord(rd, d);
        }
    }

    /** rd = a sign or zero extension of rs1. */
    void signExtend(Extend op, int rd, int rs1) {
        int d = o.def(rd);
        int width = op == Extend.ZX8 || op == Extend.ZX16 ? 4 : o.size;
        if (o.pinned(rs1)) {
            a.extend(op, width, d, o.home(rs1));
        } else {
            a.extendLoad(op, width, d, o.slot(rs1));
        }
        o.done(rd, d);
    }

    void setLessImm(int rd, int rs1, int imm, Cond cond) {
        boolean prepared = o.prepareFlag(rd, rs1, rs1);
        if (cond == Cond.B && imm == 1) {
            o.compareImm(o.size, rs1, 0);
            o.flag(rd, Cond.E, prepared);
        } else {
            o.compareImm(o.size, rs1, imm);
            o.flag(rd, cond, prepared);
        }
    }

    void logicImm(Alu op, int rd, int rs1, int imm) {
        if (op == Alu.AND && imm == 0xff) {
            signExtend(Extend.ZX8, rd, rs1);
            return;
        }
        if (rd == rs1 && !o.pinned(rd)) {
            a.aluStoreImm(op, o.size, o.slot(rd), imm);
            o.valueFlags(rd);
            return;
        }
        int d = o.def(rd);
        int width = op == Alu.AND && imm >= 0 ? 4 : o.size;
        o.get(width == o.size ? width : rd == rs1 ? o.size : 4, d, rs1);
        if (op == Alu.XOR && imm == -1) {
            a.unary(Unary.NOT, width, d);
        } else {
            a.aluImm(op, width, d, imm);
            o.valueFlags(rd);
        }
        o.done(rd, d);
    }

    void shiftImm(Shift op, int rd, int rs1, int count) {
        if (count == 0) {
            move(rd, rs1);
            return;
        }
        int d = o.def(rd);
        if (op == Shift.SHL && count <= 3 && o.pinned(rs1) && o.home(rs1) != d) {
            scaled(o.size, d, o.home(rs1), count);
        } else {
            o.get(o.size, d, rs1);
            a.shiftImm(op, o.size, d, count);
            o.valueFlags(rd);
        }
        o.done(rd, d);
    }

    private void scaled(int width, int d, int s, int count) {
        a.lea(width, d, count == 1 ? Mem.at(s, s, 0, 0) : Mem.at(Reg.NONE, s, count, 0));
    }

    void shiftImmWord(Shift op, int rd, int rs1, int count) {
        int d = o.def(rd);
        if (op == Shift.SHL && count == 1 && o.pinned(rs1) && o.home(rs1) != d) {
            scaled(4, d, o.home(rs1), count);
            o.doneWord(rd, d);
            return;
        }
        if (count == 0) {
            addiw(rd, rs1, 0);
            return;
        }
        o.get(4, d, rs1);
        a.shiftImm(op, 4, d, count);
        o.valueFlags(rd);
        if (op == Shift.SHR) {
            o.done(rd, d); // bit 31 is 0
        } else {
            o.doneWord(rd, d);
        }
    }

    // Two sources

    void add(int rd, int rs1, int rs2) {
        if (rs2 == 0) {
            move(rd, rs1);
        } else if (rs1 == 0) {
            move(rd, rs2);
        } else {
            binary(Alu.ADD, o.size, rd, rs1, rs2);
        }
    }

    void sub(int rd, int rs1, int rs2) {
        if (rs2 == 0) {
            move(rd, rs1);
        } else if (rs1 == rs2) {
            o.constant(rd, 0);
        } else {
            binary(Alu.SUB, o.size, rd, rs1, rs2);
        }
    }

    void or(int rd, int rs1, int rs2) {
        if (rs1 == rs2 || rs2 == 0) {
            move(rd, rs1);
        } else if (rs1 == 0) {
            move(rd, rs2);
        } else {
            binary(Alu.OR, o.size, rd, rs1, rs2);
        }
    }

    void xor(int rd, int rs1, int rs2) {
        if (rs1 == rs2) {
            o.constant(rd, 0);
        } else if (rs2 == 0) {
            move(rd, rs1);
        } else if (rs1 == 0) {
            move(rd, rs2);
        } else {
            binary(Alu.XOR, o.size, rd, rs1, rs2);
        }
    }

    void and(int rd, int rs1, int rs2) {
        if (rs1 == 0 || rs2 == 0) {
            o.constant(rd, 0);
        } else if (rs1 == rs2) {
            move(rd, rs1);
        } else {
            binary(Alu.AND, o.size, rd, rs1, rs2);
        }
    }

    private void binary(Alu op, int width, int rd, int rs1, int rs2) {
        if (!o.pinned(rd) && rd == rs1 && o.pinned(rs2)) {
            a.aluStore(op, width, o.slot(rd), o.home(rs2));
            o.valueFlags(rd);
        } else if (!o.pinned(rd) && rd == rs2 && o.pinned(rs1) && op != Alu.SUB) {
            a.aluStore(op, width, o.slot(rd), o.home(rs1));
            o.valueFlags(rd);
        } else {
            int d = o.def(rd);
            compute(op, width, rd, d, rs1, rs2);
            o.done(rd, d);
        }
    }

    /** {@code d = rs1 op rs2} in host register d, which may be the home of either and is to be rd's value. */
    private void compute(Alu op, int width, int rd, int d, int rs1, int rs2) {
        o.valueFlags(rd);
        if (d == o.home(rs1)) {
            o.alu(op, width, d, rs2);
        } else if (d != o.home(rs2)) {
            if (op == Alu.ADD && o.pinned(rs1) && o.pinned(rs2)) {
                a.lea(width, d, Mem.at(o.home(rs1), o.home(rs2), 0, 0));
                o.forgetFlags();
            } else {
                o.get(width, d, rs1);
                o.alu(op, width, d, rs2);
            }
        } else if (op == Alu.SUB) {
            a.unary(Unary.NEG, width, d);
            o.alu(Alu.ADD, width, d, rs1);
        } else {
            o.alu(op, width, d, rs1);
        }
    }

    void addw(int rd, int rs1, int rs2) {
        word(Alu.ADD, rd, rs1, rs2);
    }

    void subw(int rd, int rs1, int rs2) {
        word(Alu.SUB, rd, rs1, rs2);
    }

    private void word(Alu op, int rd, int rs1, int rs2) {
        if (rs2 == 0) {
            addiw(rd, rs1, 0);
        } else {
            int d = o.def(rd);
            compute(op, 4, rd, d, rs1, rs2);
            o.doneWord(rd, d);
        }
    }

    void shift(ShiftX op, int rd, int rs1, int rs2) {
        int d = o.def(rd);
        shift(op, o.size, d, rs1, rs2);
        o.done(rd, d);
    }

    void shiftWord(ShiftX op, int rd, int rs1, int rs2) {
        int d = o.def(rd);
        shift(op, 4, d, rs1, rs2);
        o.doneWord(rd, d);
    }

    private void shift(ShiftX op, int width, int d, int rs1, int rs2) {
        int count = o.use(rs2, RAX);
        if (o.pinned(rs1)) {
            a.shiftx(op, width, d, o.home(rs1), count);
        } else {
            a.shiftxLoad(op, width, d, o.slot(rs1), count);
        }
    }

    void setLess(int rd, int rs1, int rs2, Cond cond) {
        boolean prepared = o.prepareFlag(rd, rs1, rs2);
        if (rs1 == 0) {
            o.compare(o.size, rs2, 0);
            o.flag(rd, cond.swap(), prepared);
        } else {
            o.compare(o.size, rs1, rs2);
            o.flag(rd, cond, prepared);
        }
    }

    // M

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
        } else {
            a.imulLoad(width, d, o.slot(r));
        }
    }

    /** Upper half of a product; which sources are signed. */
    void mulHigh(int rd, int rs1, int rs2, boolean signed1, boolean signed2) {
        if (!o.wide) {
            mulHigh32(rd, rs1, rs2, signed1, signed2);
            return;
        }
        o.park();
        o.get(8, RAX, rs1);
        Unary op = signed2 ? Unary.IMUL : Unary.MUL;
        if (o.pinned(rs2)) {
            a.unary(op, 8, o.home(rs2));
        } else {
            a.unaryMem(op, 8, o.slot(rs2));
        }
        if (signed1 && !signed2) {
            // a signed × b unsigned = a unsigned × b unsigned − (a < 0 ? b << 64 : 0)
            o.get(8, RAX, rs1);
            a.shiftImm(Shift.SAR, 8, RAX, 63);
            o.alu(Alu.AND, 8, RAX, rs2);
            a.alu(Alu.SUB, 8, RDX, RAX);
        }
        o.put(rd, RDX);
        o.unpark();
    }

    private void mulHigh32(int rd, int rs1, int rs2, boolean signed1, boolean signed2) {
        if (signed2) {
            // both signed: the second goes through memory, for there is no other scratch register
            extended(rs2);
            a.store(8, scratch(), RAX);
            extended(rs1);
            a.imulLoad(8, RAX, scratch());
        } else {
            if (signed1) {
                extended(rs1);
            } else {
                o.get(4, RAX, rs1);
            }
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

    private long scratch() {
        return o.control(dev.rivet.sandbox.Control.SCRATCH);
    }

    /**
     * Division and remainder (Unprivileged ISA 13.2: x / 0 = −1, x % 0 = x; the signed overflow gives the dividend and 0).
     * One comparison finds the divisors 0 and −1; their results, made in the cold part, need no division.
     */
    void divide(int width, int rd, int rs1, int rs2, boolean signed, boolean remainder) {
        int special = a.newLabel();
        int end = a.newLabel();
        if (signed) {
            int s = o.use(rs2, RAX);
            if (s == RAX) {
                a.aluImm(Alu.ADD, width, RAX, 1);
            } else {
                a.lea(width, RAX, Mem.at(s, 1));
            }
            a.aluImm(Alu.CMP, width, RAX, 1);
            a.jcc(Cond.BE, special);
        } else {
            o.compareImm(width, rs2, 0);
            a.jcc(Cond.E, special);
        }
        cold.add(X64Cold.DIVIDE, special, end);
        o.park();
        o.get(width, RAX, rs1);
        if (signed) {
            a.plain(width == 8 ? X64Assembler.Plain.CQO : X64Assembler.Plain.CDQ);
        } else {
            a.alu(Alu.XOR, 4, RDX, RDX);
        }
        Unary op = signed ? Unary.IDIV : Unary.DIV;
        if (o.pinned(rs2)) {
            a.unary(op, width, o.home(rs2));
        } else {
            a.unaryMem(op, width, o.slot(rs2));
        }
        if (remainder) {
            a.mov(o.size, RAX, RDX);
        }
        o.unpark();
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

package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;

import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Count;
import dev.rivet.x64.X64Assembler.Extend;
import dev.rivet.x64.X64Assembler.Shift;
import dev.rivet.x64.X64Assembler.ShiftX;
import dev.rivet.x64.X64Assembler.Unary;

/**
 * Register arithmetic of RV32I and RV64I (Unprivileged ISA 2.4, 4.2). rd is never x0 here: such instructions have
 * no effect and are not lowered.
 */
final class X64Integer {
    private final X64Assembler a;
    private final X64Operands o;

    X64Integer(X64Operands operands) {
        o = operands;
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
        if (rd == o.accumulator) {
            a.aluImm(Alu.ADD, 4, RAX, imm);
            accumulated(rd);
            return;
        }
        int d = o.def(rd);
        if (imm == 0) {
            signExtend(Extend.SX32, rd, rs1);
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
        } else if (op == Extend.SX32) { // a load that extends is not renamed
            o.get(4, d, rs1);
            a.extend(op, width, d, d);
        } else {
            a.extendLoad(op, width, d, o.slot(rs1));
        }
        o.done(rd, d);
    }

    void setLessImm(int rd, int rs1, int imm, Cond cond) {
        if (cond == Cond.B && imm == 1 && rd == rs1 && o.pinned(rd) && o.accumulator != 0
                && o.gasInRdx) {
            int d = o.home(rd); // no scratch register; 64 leading zeros, and only they, have bit 6
            a.count(Count.LZCNT, o.size, d, d);
            a.shiftImm(Shift.SHR, 4, d, o.wide ? 6 : 5);
            o.valueFlags(rd);
            return;
        }
        int prepared = o.prepareFlagImm(rd, rs1);
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

    /** rd = the bits of rs1 in a mask that is a non-negative 32-bit number. */
    void mask(int rd, int rs1, int mask) {
        int d = o.def(rd);
        o.getLow(4, d, rs1);
        a.aluImm(Alu.AND, 4, d, mask);
        o.valueFlags(rd);
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
        o.getLow(4, d, rs1);
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
        if (!o.pinned(rd) && rd == rs1 && rs2 != 0) {
            a.aluStore(op, width, o.slot(rd), o.use(rs2, RAX));
            o.valueFlags(rd);
        } else if (!o.pinned(rd) && rd == rs2 && rs1 != 0 && op != Alu.SUB) {
            a.aluStore(op, width, o.slot(rd), o.use(rs1, RAX));
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
        if (rd == o.accumulator) {
            o.alu(op, 4, RAX, rs1 == rd ? rs2 : rs1);
            accumulated(rd);
        } else if (rs2 == 0) {
            addiw(rd, rs1, 0);
        } else {
            int d = o.def(rd);
            compute(op, 4, rd, d, rs1, rs2);
            o.doneWord(rd, d);
        }
    }

    /** rax has the new lower half of the accumulator, and the flags are its. */
    private void accumulated(int rd) {
        a.extend(Extend.SX32, 8, o.home(rd), RAX);
        o.valueFlags(rd);
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
        int prepared = o.prepareFlag(rd, rs1, rs2);
        if (rs1 == 0) {
            o.compare(o.size, rs2, 0);
            o.flag(rd, cond.swap(), prepared);
        } else {
            o.compare(o.size, rs1, rs2);
            o.flag(rd, cond, prepared);
        }
    }
}

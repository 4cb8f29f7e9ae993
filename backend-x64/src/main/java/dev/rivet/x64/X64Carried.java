package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Extend;
import dev.rivet.x64.X64Assembler.Shift;

/**
 * In a loop whose accumulator has its lower half in rax (see {@link X64Loops}): what computes the accumulator otherwise
 * than as a sum, which is done in rax as well as in its register, and what needs only its lower half, which comes from rax.
 * All registers have hosts there.
 */
final class X64Carried {
    private final Code code;
    private final X64Assembler a;
    private final X64Operands o;
    private final int[] offsets;

    X64Carried(Code code, X64Operands operands, int[] offsets) {
        this.code = code;
        o = operands;
        a = operands.a;
        this.offsets = offsets;
    }

    /**
     * Lowers instruction i, perhaps with the one behind it, if it is one of these.
     *
     * @return how many were lowered
     */
    int lower(int i) {
        long inst = code.insts[i];
        int accumulator = o.accumulator;
        int rd = Inst.rd(inst);
        int rs1 = Inst.rs1(inst);
        int rs2 = Inst.rs2(inst);
        if (rs1 != accumulator && rs2 != accumulator) {
            return 0;
        }
        int imm = Inst.imm(inst);
        int d = o.home(rd);
        int other = rs1 == accumulator ? rs2 : rs1;
        Op op = Inst.op(inst);
        switch (op) {
            case XOR, OR, AND -> {
                if (rd != accumulator) {
                    return op == Op.XOR && masked(i, rd, other) ? 2 : 0;
                }
                Alu alu = op == Op.XOR ? Alu.XOR : op == Op.OR ? Alu.OR : Alu.AND;
                a.alu(alu, 4, RAX, o.home(other));
                if (o.late >= 0 && o.late < i && other == Inst.rd(code.insts[o.late])) {
                    a.extend(Extend.SX32, 8, o.home(other), o.home(other));
                    o.late = -1;
                }
                a.alu(alu, 8, d, o.home(other));
                o.valueFlags(rd);
            }
            case SLLIW, SRLIW, SRAIW -> {
                if (imm == 0) {
                    return 0;
                }
                Shift shift = op == Op.SLLIW ? Shift.SHL : op == Op.SRLIW ? Shift.SHR : Shift.SAR;
                int h = rd == accumulator ? RAX : d;
                if (h != RAX) {
                    a.mov(4, h, RAX);
                }
                a.shiftImm(shift, 4, h, imm);
                if (op != Op.SRLIW) {
                    a.extend(Extend.SX32, 8, d, h);
                } else if (h == RAX) {
                    a.mov(4, d, RAX); // bit 31 is 0
                }
                o.valueFlags(rd);
            }
            case MULW -> {
                if (rd != accumulator) {
                    return 0;
                }
                a.imul(4, RAX, other == accumulator ? RAX : o.home(other));
                a.extend(Extend.SX32, 8, d, RAX);
            }
            case ANDI -> {
                if (imm < 0) {
                    return 0;
                }
                mask(d, rd, RAX, imm);
            }
            default -> {
                return 0;
            }
        }
        return 1;
    }

    /** The accumulator with another register, of which the next instruction wants low bits only. */
    private boolean masked(int i, int rd, int other) {
        long next = code.insts[i + 1];
        int imm = Inst.imm(next);
        if (Inst.op(next) != Op.ANDI || imm < 0 || Inst.rs1(next) != rd || Inst.rd(next) != rd) {
            return false;
        }
        int d = o.home(rd);
        if (rd == other) {
            a.alu(Alu.XOR, 4, d, RAX);
        } else {
            a.mov(4, d, RAX);
            a.alu(Alu.XOR, 4, d, o.home(other));
        }
        mask(d, rd, d, imm);
        offsets[i + 1] = a.here();
        return true;
    }

    private void mask(int d, int rd, int from, int imm) {
        if (imm == 0xff) {
            a.extend(Extend.ZX8, 4, d, from);
            return;
        }
        if (from != d) {
            a.mov(4, d, from);
        }
        a.aluImm(Alu.AND, 4, d, imm);
        o.valueFlags(rd);
    }
}

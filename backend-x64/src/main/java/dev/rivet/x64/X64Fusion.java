package dev.rivet.x64;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Extend;

/**
 * Two neighbours of one block lowered as one. Either nothing in the pair can fault and the second overwrites the first's
 * result; or the second can fault, and then the first is in its register or {@link #defer deferred}, its sources being as
 * they were.
 *
 * <p>{@link #offsets} of the second says where its own code begins: behind the pair if it has none, so that nobody finds it
 * at a host address where the first has not happened.
 */
final class X64Fusion {
    // What pairs there are, as bits: an operation may be the first of some and the second of some.
    private static final int PRODUCTS = 1;
    private static final int ADDRESS = 2;
    private static final int CALL = 4;
    private static final int CONSTANT = 8;
    private static final int SHIFTS = 16;
    private static final int NOT_LESS = 32;
    private static final int EQUAL = 64;

    private static final byte[] FIRST = new byte[Op.count()];
    private static final byte[] SECOND = new byte[Op.count()];

    static {
        for (int i = 0; i < FIRST.length; i++) {
            Op op = Op.of(i);
            FIRST[i] = (byte) switch (op) {
                case MUL, MULH, MULHU -> PRODUCTS;
                case LUI -> ADDRESS | CONSTANT;
                case AUIPC -> ADDRESS | CONSTANT | CALL;
                case ADDI -> ADDRESS | EQUAL;
                case ADD, ADD_UW, SH1ADD, SH2ADD, SH3ADD, SH1ADD_UW, SH2ADD_UW, SH3ADD_UW -> ADDRESS;
                case SLLI -> SHIFTS;
                case SLT, SLTU, SLTI, SLTIU -> NOT_LESS;
                case XOR, SUB, XORI -> EQUAL;
                default -> 0;
            };
            SECOND[i] = (byte) switch (op) {
                case MUL, MULH, MULHU -> PRODUCTS;
                case JALR -> CALL;
                case ADDI, ADDIW -> CONSTANT;
                case SRLI, SRAI, ADD -> SHIFTS;
                case XORI -> NOT_LESS;
                case SLTIU, SLTU -> EQUAL;
                default -> op.kind == Op.Kind.LOAD ? ADDRESS : 0;
            };
        }
    }

    private final Code code;
    private final X64Assembler a;
    private final X64Operands o;
    private final X64Integer integer;
    private final X64MulDiv muldiv;
    private final X64Bits bits;
    private final X64Memory memory;
    private final X64Control control;
    private final int[] offsets;
    private long[] deferred;

    X64Fusion(Code code, X64Operands operands, X64Integer integer, X64MulDiv muldiv, X64Bits bits, X64Memory memory,
            X64Control control,
            int[] offsets) {
        this.code = code;
        a = operands.a;
        o = operands;
        this.integer = integer;
        this.muldiv = muldiv;
        this.bits = bits;
        this.memory = memory;
        this.control = control;
        this.offsets = offsets;
    }

    /** Instructions whose results are not in their registers; null if there are none. */
    long[] deferred() {
        return deferred;
    }

    private void defer(int i) {
        if (deferred == null) {
            deferred = new long[(code.count >>> 6) + 1];
        }
        deferred[i >>> 6] |= 1L << i;
    }

    /**
     * Whether {@link #fuse} may know something for two neighbours of one block, the first with an rd other than x0. One
     * answer without branches, seldom yes.
     */
    static boolean mayBegin(long first, long second) {
        return pairs(first, second) != 0;
    }

    /** The same as a number: not 0 if they may be one. */
    static int pairs(long first, long second) {
        int pairs = FIRST[Inst.ordinal(first)] & SECOND[Inst.ordinal(second)];
        int rd = Inst.rd(first);
        int apart1 = Inst.rs1(second) ^ rd;
        int apart2 = Inst.rs2(second) ^ rd;
        int reads = -apart1 >> 31 & -apart2 >> 31; // 0 if the second reads the first's result, else -1
        return pairs & (~reads | PRODUCTS);
    }

    /** Lowers instructions i and i + 1 together if it can. */
    boolean fuse(int i, Op op, long first) {
        long second = code.insts[i + 1];
        if (op == Op.MUL || op == Op.MULH || op == Op.MULHU) {
            return products(i, op, first, Inst.op(second), second);
        }
        if (Inst.rs1(second) != Inst.rd(first) && Inst.rs2(second) != Inst.rd(first)) {
            return false;
        }
        Op then = Inst.op(second);
        if (then.kind == Op.Kind.LOAD) {
            return load(i, op, first, then, second);
        }
        if (then == Op.JALR) {
            return op == Op.AUIPC && jump(i, first, second);
        }
        if (Inst.rd(second) != Inst.rd(first) || then.kind != Op.Kind.ALU) {
            return false;
        }
        boolean fused = switch (op) {
            case LUI, AUIPC -> constant(i, first, then, second);
            case SLLI -> shifts(first, then, second) || shiftAdd(first, then, second);
            case SLT, SLTU, SLTI, SLTIU -> then == Op.XORI && Inst.imm(second) == 1 && notLess(op, first);
            case XOR, SUB, ADDI, XORI -> equal(op, first, then, second);
            default -> false;
        };
        if (fused) {
            offsets[i + 1] = a.here();
        }
        return fused;
    }

    private long value(int i, long inst) {
        return Inst.op(inst) == Op.AUIPC ? (code.pcs[i] & 0xffff_ffffL) + Inst.imm(inst) : Inst.imm(inst);
    }

    /** lui or auipc, then addi. */
    private boolean constant(int i, long first, Op then, long second) {
        long value = value(i, first) + Inst.imm(second);
        if (then == Op.ADDI) {
            o.constant(Inst.rd(first), value);
            return true;
        }
        if (then == Op.ADDIW) {
            o.constant(Inst.rd(first), (int) value);
            return true;
        }
        return false;
    }

    /** auipc and jalr to a leader: a direct jump. */
    private boolean jump(int i, long first, long second) {
        int target = (int) (value(i, first) + Inst.imm(second)) & ~1;
        if (!control.isDirect(target)) {
            return false;
        }
        if (Inst.rd(second) == Inst.rd(first)) {
            defer(i); // the call's push can fault
        } else {
            o.constant(Inst.rd(first), value(i, first));
        }
        offsets[i + 1] = a.here();
        control.jalrTo(i + 1, target);
        return true;
    }

    /** Low and high half of one product, in any order. */
    private boolean products(int i, Op op, long first, Op then, long second) {
        boolean lowFirst = op == Op.MUL;
        Op highOp = lowFirst ? then : op;
        if (!o.wide || highOp != Op.MULH && highOp != Op.MULHU || !lowFirst && then != Op.MUL) {
            return false;
        }
        int rs1 = Inst.rs1(first);
        int rs2 = Inst.rs2(first);
        int rd1 = Inst.rd(first);
        int rd2 = Inst.rd(second);
        boolean same = Inst.rs1(second) == rs1 && Inst.rs2(second) == rs2
                || Inst.rs1(second) == rs2 && Inst.rs2(second) == rs1;
        if (!same || rd1 == rs1 || rd1 == rs2 || rd1 == rd2 || !o.pinned(rd1) || !o.pinned(rd2)) {
            return false;
        }
        muldiv.mulBoth(lowFirst ? rd1 : rd2, lowFirst ? rd2 : rd1, rd1, rs1, rs2, highOp == Op.MULH);
        offsets[i + 1] = a.here();
        return true;
    }

    /** slli, then srli or srai: extensions. */
    private boolean shifts(long first, Op then, long second) {
        if (then != Op.SRLI && then != Op.SRAI) {
            return false;
        }
        int rd = Inst.rd(first);
        int rs1 = Inst.rs1(first);
        int left = Inst.imm(first);
        int right = Inst.imm(second);
        int xlen = o.size * 8;
        boolean signed = then == Op.SRAI;
        if (left == right && left == xlen - 8) {
            integer.signExtend(signed ? Extend.SX8 : Extend.ZX8, rd, rs1);
        } else if (left == right && left == xlen - 16) {
            integer.signExtend(signed ? Extend.SX16 : Extend.ZX16, rd, rs1);
        } else if (o.wide && left == 32 && right == 32 && signed) {
            integer.signExtend(Extend.SX32, rd, rs1);
        } else if (o.wide && left == 32 && right <= 32 && !signed) {
            bits.shiftUnsigned(rd, rs1, 32 - right);
        } else if (left == right && !signed && xlen - left < 32) {
            integer.mask(rd, rs1, -1 >>> 32 - (xlen - left));
        } else {
            return false;
        }
        return true;
    }

    /** slli by 1, 2 or 3, then add. */
    private boolean shiftAdd(long first, Op then, long second) {
        int count = Inst.imm(first);
        int rd = Inst.rd(first);
        int other = Inst.rs1(second) == rd ? Inst.rs2(second) : Inst.rs1(second);
        if (then != Op.ADD || count < 1 || count > 3 || other == rd) {
            return false;
        }
        bits.shiftAdd(count, rd, Inst.rs1(first), other);
        return true;
    }

    /** slt and its like, then xori 1. */
    private boolean notLess(Op op, long first) {
        int rd = Inst.rd(first);
        int rs1 = Inst.rs1(first);
        switch (op) {
            case SLT -> integer.setLess(rd, rs1, Inst.rs2(first), Cond.GE);
            case SLTU -> integer.setLess(rd, rs1, Inst.rs2(first), Cond.AE);
            case SLTI -> integer.setLessImm(rd, rs1, Inst.imm(first), Cond.GE);
            case SLTIU -> integer.setLessImm(rd, rs1, Inst.imm(first), Cond.AE);
            default -> throw new AssertionError(op);
        }
        return true;
    }

    /** A difference, then seqz or snez. */
    private boolean equal(Op op, long first, Op then, long second) {
        int rd = Inst.rd(first);
        boolean zero = then == Op.SLTIU && Inst.imm(second) == 1;
        boolean nonZero = then == Op.SLTU && Inst.rs1(second) == 0;
        if (!zero && !nonZero) {
            return false;
        }
        Cond cond = zero ? Cond.E : Cond.NE;
        int rs1 = Inst.rs1(first);
        if (op == Op.XOR || op == Op.SUB) {
            int prepared = o.prepareFlag(rd, rs1, Inst.rs2(first));
            o.compare(o.size, rs1, Inst.rs2(first));
            o.flag(rd, cond, prepared);
        } else {
            int prepared = o.prepareFlagImm(rd, rs1);
            o.compareImm(o.size, rs1, op == Op.ADDI ? -Inst.imm(first) : Inst.imm(first));
            o.flag(rd, cond, prepared);
        }
        return true;
    }

    /**
     * Address arithmetic, then a load from there: the load does the arithmetic too, all modulo 2³². The result of the first
     * is computed for its own sake only if the load does not overwrite it.
     */
    private boolean load(int i, Op op, long first, Op then, long second) {
        int rd = Inst.rd(first);
        if (Inst.rs1(second) != rd) {
            return false;
        }
        int rs1 = Inst.rs1(first);
        int rs2 = Inst.rs2(first);
        int imm = Inst.imm(second);
        boolean wanted = Inst.rd(second) != rd;
        long mem = switch (op) {
            case LUI, AUIPC -> Mem.wrap(Reg.NONE, (int) value(i, first) + imm);
            case ADDI -> o.pinned(rs1) ? Mem.wrap(o.home(rs1), Inst.imm(first) + imm) : NOT_FOLDED;
            case ADD, ADD_UW -> sum(rs2, rs1, 0, imm, wanted);
            case SH1ADD, SH1ADD_UW -> sum(rs2, rs1, 1, imm, wanted);
            case SH2ADD, SH2ADD_UW -> sum(rs2, rs1, 2, imm, wanted);
            case SH3ADD, SH3ADD_UW -> sum(rs2, rs1, 3, imm, wanted);
            default -> NOT_FOLDED;
        };
        if (mem == NOT_FOLDED) {
            return false;
        }
        if (!wanted) {
            defer(i);
        } else if (rd == rs1 || rd == rs2) {
            return false; // its sources are gone when it is in its register
        } else {
            compute(i, op, first);
        }
        offsets[i + 1] = a.here();
        memory.load(then, Inst.rd(second), mem, i + 1 == o.late);
        return true;
    }

    /** No memory operand has all bits set. */
    private static final long NOT_FOLDED = -1;

    /** The sum as a memory operand; where the first's result is not wanted itself, one of the two may come through rax. */
    private long sum(int base, int index, int shift, int disp, boolean wanted) {
        if (o.pinned(base) && o.pinned(index)) {
            return Mem.wrap(o.home(base), o.home(index), shift, disp);
        }
        if (wanted || base == 0 || index == 0) {
            return NOT_FOLDED;
        }
        if (o.pinned(index)) {
            o.get(4, Reg.RAX, base);
            return Mem.wrap(Reg.RAX, o.home(index), shift, disp);
        }
        if (o.pinned(base)) {
            o.get(4, Reg.RAX, index);
            return Mem.wrap(o.home(base), Reg.RAX, shift, disp);
        }
        return NOT_FOLDED;
    }

    private void compute(int i, Op op, long inst) {
        int rd = Inst.rd(inst);
        int rs1 = Inst.rs1(inst);
        int rs2 = Inst.rs2(inst);
        switch (op) {
            case LUI, AUIPC -> o.constant(rd, value(i, inst));
            case ADDI -> integer.addi(rd, rs1, Inst.imm(inst));
            case ADD -> integer.add(rd, rs1, rs2);
            case ADD_UW -> bits.shiftAddUnsigned(0, rd, rs1, rs2);
            case SH1ADD -> bits.shiftAdd(1, rd, rs1, rs2);
            case SH2ADD -> bits.shiftAdd(2, rd, rs1, rs2);
            case SH3ADD -> bits.shiftAdd(3, rd, rs1, rs2);
            case SH1ADD_UW -> bits.shiftAddUnsigned(1, rd, rs1, rs2);
            case SH2ADD_UW -> bits.shiftAddUnsigned(2, rd, rs1, rs2);
            case SH3ADD_UW -> bits.shiftAddUnsigned(3, rd, rs1, rs2);
            default -> throw new AssertionError(op);
        }
    }
}

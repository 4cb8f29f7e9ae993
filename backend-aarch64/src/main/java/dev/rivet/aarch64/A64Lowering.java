package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Cond;
import dev.rivet.aarch64.A64Assembler.Field;
import dev.rivet.aarch64.A64Assembler.Jump;
import dev.rivet.aarch64.A64Assembler.JumpReg;
import dev.rivet.aarch64.A64Assembler.One;
import dev.rivet.aarch64.A64Assembler.TestBit;
import dev.rivet.aarch64.A64Assembler.Zero;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.GasPlan;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;

/**
 * One translation, front to back in one pass: charges, fused pairs, one method a kind of instruction, control transfers.
 *
 * <p>An indirect jump looks its target up, checks the entry, links and only then jumps, so whatever is wrong with it shows
 * while all registers still have their values from before it.
 */
final class A64Lowering extends A64Selection {
    /**
     * Host bytes for one guest instruction at most. Below 240 every direct jump and branch is in reach: a jump spans 2²⁰
     * bytes (2¹⁹ instructions) of guest code and b 128 MiB; a branch 4 KiB and b.cond 1 MiB, an island in between included.
     */
    static final int MAX_BYTES = 128;
    /** Most bytes of stubs before a program. */
    static final int MAX_FIXED_BYTES = 4096;
    private static final int RA = 1;
    private static final int T0_GUEST = 5;

    private final Backend.Options options;
    private final int[] labels;
    private final int[] offsets;
    private final int[] entries;
    /** Null unless metering is synchronous. */
    private final GasPlan plan;
    /** State of {@link #plan} at the place that is being lowered. */
    private int state;
    /** Leader of the block that is being lowered. */
    private int block;

    private A64Lowering(A64Assembler a, A64Registers registers, Code code, HostCode main, Backend.Options options) {
        super(a, registers, code, main);
        this.options = options;
        labels = new int[code.count];
        offsets = new int[code.count + 1];
        entries = new int[code.count];
        plan = options.metering() != Metering.SYNC
                ? null
                : main == null ? GasPlan.of(code, options.costs()) : GasPlan.ofSide(code, options.costs());
    }

    /** Most bytes of a translation: what {@link A64Backend#maxBytesPerInst} promises, which the assembler enforces. */
    static int most(int instructions) {
        return (int) Math.min(MAX_FIXED_BYTES + (long) MAX_BYTES * instructions, Layout.CODE_MAX);
    }

    static HostCode program(Code code, Backend.Options options) {
        return of(code, options).translate(0);
    }

    /** A whole program's, of which nothing but the stubs is there yet. */
    static A64Lowering of(Code code, Backend.Options options) {
        A64Assembler a = A64Assembler.create(options.assembler(), Layout.CODE_BASE, code.count * 10 + 4096);
        a.limit(most(code.count));
        A64Lowering t = new A64Lowering(a, A64Registers.of(code, options), code, null, options);
        t.stubs = new A64Stubs(t);
        return t;
    }

    /** How much work the translation was, in steps of bounded length. Host code of islands counts as cold paths. */
    long steps() {
        return code.count + a.steps() + coldOffsets().length;
    }

    static HostCode side(HostCode main, Code side, int hostOffset) {
        A64Registers registers = A64Registers.of(main);
        A64Assembler a = A64Assembler.create(main.options.assembler(), Layout.CODE_BASE + hostOffset, 1024);
        a.limit(most(side.count));
        A64Lowering t = new A64Lowering(a, registers, side, main, main.options);
        // Where the main program has its stubs follows from the register map alone.
        t.stubs = new A64Stubs(
                new A64Operands(A64Assembler.create("direct", Layout.CODE_BASE, 4096), registers, side.xlen));
        return t.translate(hostOffset);
    }

    HostCode translate(int origin) {
        int i = 0;
        while (i < code.count) {
            if (islandDue()) {
                island();
            }
            offsets[i] = a.position();
            if (code.isLeader(i)) {
                leader(i);
            } else {
                entries[i] = -1;
            }
            int next = fuse(i);
            if (next == i) {
                lower(i, code.insts[i]);
                next = i + 1;
            }
            while (++i < next) {
                offsets[i] = a.position();
                entries[i] = -1;
            }
        }
        offsets[code.count] = a.position();
        flushCold();
        a.finish();
        boolean whole = main == null;
        return new HostCode(code, options, Target.AARCH64, a.bytes(), a.position(), origin, offsets, entries,
                coldOffsets(), coldIndexes(), homeOf, registers.gas, whole ? stubs.miss : -1,
                whole ? stubs.finish : -1, whole ? stubs.enter : -1, 0, null, null, false);
    }

    // Blocks

    private int label(int index) {
        if (labels[index] == 0) {
            labels[index] = a.newLabel() + 1;
        }
        return labels[index] - 1;
    }

    private void leader(int i) {
        forgetAll();
        if (plan != null && main == null && i > 0) {
            arrive(i);
        }
        offsets[i] = a.position();
        if (main == null) {
            a.bind(label(i));
        }
        entries[i] = a.position();
        if (plan != null) {
            charge(i);
        } else if (registers.gas != HostCode.IN_MEMORY) {
            gas(code.blockCost(i, options.costs()), false);
        }
    }

    /** Where the block before falls into this one: from its state to the one that transfers to here come with. */
    private void arrive(int i) {
        Op last = Inst.op(code.insts[i - 1]);
        if (last.kind == Op.Kind.BRANCH || !last.endsBlock()) {
            gas(plan.before(i) - state, false);
        }
    }

    private void charge(int i) {
        if (!plan.late(i)) {
            boolean check = plan.checks(i);
            gas(plan.pay(i), check);
            if (check) {
                a.branch(Cond.MI, coldOutOfGas(plan.pay(i) + plan.before(i), i));
            }
        }
        block = i;
        state = plan.within(i);
        if (plan.before(i) != 0) {
            coldEntry(i);
        }
    }

    @Override
    int gasState() {
        return state;
    }

    @Override
    void entry(int i) {
        entries[i] = a.position();
        gas(plan.before(i), false);
        a.jump(Jump.B, label(i));
    }

    // Pairs that make one or two instructions together

    /** Lowers a pair that begins at {@code i} and returns the index behind it, or returns {@code i}. */
    private int fuse(int i) {
        long first = code.insts[i];
        int rd = Inst.rd(first);
        if (rd == 0 || i + 1 >= code.count || code.isLeader(i + 1)) {
            return i;
        }
        Op op = Inst.op(first);
        if (op != Op.LUI && op != Op.AUIPC && op != Op.SLLI) {
            return i;
        }
        long second = code.insts[i + 1];
        Op op2 = Inst.op(second);
        if (op == Op.AUIPC && op2 == Op.JALR && Inst.rs1(second) == rd) {
            return fuseCall(i, rd, second);
        }
        if (Inst.rd(second) != rd) {
            return i;
        }
        boolean fused = switch (op) {
            case LUI, AUIPC -> fuseConstant(i, rd, op2, second);
            case SLLI -> fuseShift(first, rd, op2, second);
            default -> false;
        };
        return fused ? i + 2 : i;
    }

    private boolean fuseConstant(int i, int rd, Op op2, long second) {
        if (op2 != Op.ADDI && op2 != Op.ADDIW || Inst.rs1(second) != rd) {
            return false;
        }
        long sum = upper(i) + Inst.imm(second);
        constant(rd, op2 == Op.ADDIW ? (int) sum : sum);
        return true;
    }

    private boolean fuseShift(long first, int rd, Op op2, long second) {
        int left = Inst.imm(first);
        int bits = size * 8;
        if (op2 == Op.ADD) {
            int other = Inst.rs1(second) == rd ? Inst.rs2(second) : Inst.rs1(second);
            boolean reads = Inst.rs1(second) == rd || Inst.rs2(second) == rd;
            if (!reads || other == rd) {
                return false;
            }
            shiftAdd(rd, Inst.rs1(first), other, left);
            return true;
        }
        if (op2 != Op.SRLI && op2 != Op.SRAI || Inst.rs1(second) != rd) {
            return false;
        }
        int right = Inst.imm(second);
        Field field = op2 == Op.SRLI ? Field.UBFM : Field.SBFM;
        // Left then right keeps bits − left bits, lowest at bit left − right: an extraction or an insertion.
        bitField(field, size, rd, Inst.rs1(first), right - left & bits - 1, bits - 1 - left);
        return true;
    }

    /** {@code auipc t; jalr rd, imm(t)} to a leader is a direct jump. */
    private int fuseCall(int i, int t, long second) {
        int target = (int) upper(i) + Inst.imm(second) & ~1;
        int leader = leaderAt(target);
        if (leader < 0 || main == null && Math.abs((long) leader - i) * MAX_BYTES >= NEAR) {
            return i;
        }
        int rd = Inst.rd(second);
        if (t != rd) {
            constant(t, upper(i));
        }
        link(rd, i + 1, second);
        jumpTo(rd == RA || rd == T0_GUEST ? Jump.BL : Jump.B, leader);
        return i + 2;
    }

    // Control

    private void link(int rd, int i, long inst) {
        constant(rd, Integer.toUnsignedLong(code.pcs[i]) + Inst.size(inst));
    }

    private void jumpTo(Jump op, int leader) {
        if (main == null) {
            if (plan != null) {
                gas(plan.before(leader) - state, false);
            }
            a.jump(op, label(leader));
        } else {
            jumpToMain(op, main.entries[leader]);
        }
    }

    private static boolean isCall(int rd) {
        return rd == RA || rd == T0_GUEST;
    }

    private void jal(int i, long inst) {
        int target = code.pcs[i] + Inst.imm(inst);
        int rd = Inst.rd(inst);
        int leader = leaderAt(target);
        if (leader < 0 && !isJumpTarget(target)) {
            exitBadJump(code.pcs[i], target);
            return;
        }
        link(rd, i, inst);
        if (leader >= 0) {
            jumpTo(isCall(rd) ? Jump.BL : Jump.B, leader);
        } else {
            jumpThroughTable(isCall(rd) ? JumpReg.BLR : JumpReg.BR, target);
        }
    }

    private void jalr(int i, long inst) {
        int rd = Inst.rd(inst);
        int rs1 = Inst.rs1(inst);
        int imm = Inst.imm(inst);
        if (rs1 == 0) {
            a.movImm(4, T0, imm >>> 1);
        } else {
            int s = src(rs1, T0);
            if (imm != 0) {
                a.addImm(4, T0, s, imm);
                s = T0;
            }
            a.lsr(4, T0, s, 1);
        }
        A64Stubs.tableLoad(this);
        a.zero(Zero.CBZ, 8, T1, coldBadJump(i));
        if (rd == 0) {
            a.jumpReg(isCall(rs1) ? JumpReg.RET : JumpReg.BR, T1);
            return;
        }
        int d = dst(rd, t2());
        a.movImm(4, d, code.pcs[i] + Inst.size(inst));
        done(rd, d);
        a.jumpReg(isCall(rd) ? JumpReg.BLR : JumpReg.BR, T1);
    }

    /** Label that a taken branch goes to. */
    private int branchLabel(int i, int target) {
        int leader = main == null ? leaderAt(target) : NO_LEADER;
        return leader >= 0 ? label(leader) : coldTarget(target, i);
    }

    /** Whether a bit test reaches the label of a guest pc: 32 KiB, no island in between. */
    private boolean bitTestReaches(int i, int target) {
        int leader = main == null ? leaderAt(target) : NO_LEADER;
        if (leader < 0) {
            return false;
        }
        if (leader <= i) {
            return a.position() - offsets[leader] < 0x7000;
        }
        int bound = (leader - i) * MAX_BYTES;
        return bound < 0x7000 && bound < roomBeforeIsland();
    }

    private void branch(int i, long inst, Cond cond) {
        int target = code.pcs[i] + Inst.imm(inst);
        int rs1 = Inst.rs1(inst);
        int rs2 = Inst.rs2(inst);
        if (rs2 == 0 && rs1 != 0 && (cond == Cond.EQ || cond == Cond.NE)) {
            a.zero(cond == Cond.EQ ? Zero.CBZ : Zero.CBNZ, size, src(rs1, T0), branchLabel(i, target));
            return;
        }
        if (rs2 == 0 && rs1 != 0 && (cond == Cond.LT || cond == Cond.GE) && bitTestReaches(i, target)) {
            a.testBit(cond == Cond.LT ? TestBit.TBNZ : TestBit.TBZ, src(rs1, T0), xlen - 1, branchLabel(i, target));
            return;
        }
        int n = src(rs1, T0);
        int m = src(rs2, T1);
        if (plan != null && plan.late(block)) {
            payAndBranch(i, n, m, cond, target);
            return;
        }
        a.cmp(size, n, m);
        a.branch(cond, branchLabel(i, target));
    }

    /**
     * The payment, then the comparison if gas is not negative, else flags with which the branch is not taken; behind it
     * they are told apart by the sign of gas.
     */
    private void payAndBranch(int i, int n, int m, Cond cond, int target) {
        gas(plan.pay(block), true);
        a.ccmp(size, n, m, flagsAgainst(cond), Cond.PL);
        a.branch(cond, branchLabel(i, target));
        state = plan.after(block);
        int enough = a.newLabel();
        a.testBit(TestBit.TBZ, registers.gas, 63, enough);
        a.jump(Jump.B, coldLate(state, n, m, cond, i));
        a.bind(enough);
    }

    /** NZCV for which a condition of {@link Op.Kind#BRANCH} does not hold. */
    private static int flagsAgainst(Cond cond) {
        return switch (cond) {
            case EQ, HS, LT -> 0;
            case NE -> 0b0100;
            case LO -> 0b0010;
            case GE -> 0b1000;
            case MI, PL, VS, VC, HI, LS, GT, LE -> throw new AssertionError(cond);
        };
    }

    private void end(int i) {
        int pc = code.pcs[i];
        int leader = leaderAt(pc);
        if (main == null ? leader >= 0 && leader != i : leader >= 0) {
            jumpTo(Jump.B, leader);
        } else if (main != null && isJumpTarget(pc)) {
            jumpThroughTable(JumpReg.BR, pc);
        } else {
            exitBadJump(pc, pc);
        }
    }

    // One instruction

    private void lower(int i, long inst) {
        Op op = Inst.op(inst);
        switch (op.kind) {
            case ALU -> {
                int rd = Inst.rd(inst);
                if (rd != 0) {
                    compute(op, i, inst, rd, Inst.rs1(inst), Inst.rs2(inst), Inst.imm(inst));
                }
            }
            case LOAD, STORE -> transfer(op, inst);
            case ATOMIC -> atomic(op, i, inst);
            case BRANCH, JUMP, TRAP -> control(op, i, inst);
            case NONE -> {
                // Fences order nothing that one hart could see, and code never changes.
            }
        }
    }

    private void control(Op op, int i, long inst) {
        switch (op) {
            case JAL -> jal(i, inst);
            case JALR -> jalr(i, inst);
            case BEQ -> branch(i, inst, Cond.EQ);
            case BNE -> branch(i, inst, Cond.NE);
            case BLT -> branch(i, inst, Cond.LT);
            case BGE -> branch(i, inst, Cond.GE);
            case BLTU -> branch(i, inst, Cond.LO);
            case BGEU -> branch(i, inst, Cond.HS);
            case ECALL -> exit(Control.EXIT_ECALL, code.pcs[i]);
            case EBREAK -> exit(Control.EXIT_BREAKPOINT, code.pcs[i]);
            case ILLEGAL -> exit(Control.EXIT_ILLEGAL, code.pcs[i]);
            case END -> end(i);
            default -> throw new AssertionError(op);
        }
    }

}

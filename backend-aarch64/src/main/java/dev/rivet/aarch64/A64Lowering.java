package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.AluImm;
import dev.rivet.aarch64.A64Assembler.Cond;
import dev.rivet.aarch64.A64Assembler.Field;
import dev.rivet.aarch64.A64Assembler.Jump;
import dev.rivet.aarch64.A64Assembler.JumpReg;
import dev.rivet.aarch64.A64Assembler.LogicImm;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.aarch64.A64Assembler.One;
import dev.rivet.aarch64.A64Assembler.Shift;
import dev.rivet.aarch64.A64Assembler.TestBit;
import dev.rivet.aarch64.A64Assembler.Two;
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
final class A64Lowering extends A64Memory {
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

    private long upper(int i) {
        long inst = code.insts[i];
        return Inst.op(inst) == Op.LUI ? Inst.imm(inst) : Integer.toUnsignedLong(code.pcs[i]) + Inst.imm(inst);
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

    private void transfer(Op op, long inst) {
        boolean wide = size == 8;
        switch (op) {
            case LB -> load(wide ? Mem.LDRSB8 : Mem.LDRSB4, inst);
            case LH -> load(wide ? Mem.LDRSH8 : Mem.LDRSH4, inst);
            case LW -> load(wide ? Mem.LDRSW : Mem.LDRW, inst);
            case LD -> load(Mem.LDRX, inst);
            case LBU -> load(Mem.LDRB, inst);
            case LHU -> load(Mem.LDRH, inst);
            case LWU -> load(Mem.LDRW, inst);
            case SB -> store(Mem.STRB, inst);
            case SH -> store(Mem.STRH, inst);
            case SW -> store(Mem.STRW, inst);
            case SD -> store(Mem.STRX, inst);
            default -> throw new AssertionError(op);
        }
    }

    private void atomic(Op op, int i, long inst) {
        switch (op) {
            case LR_W -> loadReserved(4, inst, i);
            case LR_D -> loadReserved(8, inst, i);
            case SC_W -> storeConditional(4, inst, i);
            case SC_D -> storeConditional(8, inst, i);
            case AMOSWAP_W -> swap(4, inst, i);
            case AMOSWAP_D -> swap(8, inst, i);
            case AMOADD_W -> fetchAnd(Alu.ADD, 4, inst, i);
            case AMOADD_D -> fetchAnd(Alu.ADD, 8, inst, i);
            case AMOXOR_W -> fetchAnd(Alu.EOR, 4, inst, i);
            case AMOXOR_D -> fetchAnd(Alu.EOR, 8, inst, i);
            case AMOAND_W -> fetchAnd(Alu.AND, 4, inst, i);
            case AMOAND_D -> fetchAnd(Alu.AND, 8, inst, i);
            case AMOOR_W -> fetchAnd(Alu.ORR, 4, inst, i);
            case AMOOR_D -> fetchAnd(Alu.ORR, 8, inst, i);
            case AMOMIN_W -> fetchAndChoose(Cond.LT, 4, inst, i);
            case AMOMIN_D -> fetchAndChoose(Cond.LT, 8, inst, i);
            case AMOMAX_W -> fetchAndChoose(Cond.GT, 4, inst, i);
            case AMOMAX_D -> fetchAndChoose(Cond.GT, 8, inst, i);
            case AMOMINU_W -> fetchAndChoose(Cond.LO, 4, inst, i);
            case AMOMINU_D -> fetchAndChoose(Cond.LO, 8, inst, i);
            case AMOMAXU_W -> fetchAndChoose(Cond.HI, 4, inst, i);
            case AMOMAXU_D -> fetchAndChoose(Cond.HI, 8, inst, i);
            default -> throw new AssertionError(op);
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

    /** All of kind ALU, rd not x0. Every operation is named, so the compiler finds one that is missing. */
    private void compute(Op op, int i, long inst, int rd, int rs1, int rs2, int imm) {
        switch (op) {
            case LUI, AUIPC -> constant(rd, upper(i));
            case ADDI -> addImmediate(rd, rs1, imm);
            case SLTI -> setIfLessImmediate(rd, rs1, imm, Cond.LT);
            case SLTIU -> setIfLessImmediate(rd, rs1, imm, Cond.LO);
            case XORI -> logicImmediate(Alu.EOR, LogicImm.EOR, rd, rs1, imm);
            case ORI -> logicImmediate(Alu.ORR, LogicImm.ORR, rd, rs1, imm);
            case ANDI -> logicImmediate(Alu.AND, LogicImm.AND, rd, rs1, imm);
            case SLLI -> shiftImmediate(Shift.LSL, rd, rs1, imm);
            case SRLI -> shiftImmediate(Shift.LSR, rd, rs1, imm);
            case SRAI -> shiftImmediate(Shift.ASR, rd, rs1, imm);
            case ADD -> alu(Alu.ADD, rd, rs1, rs2);
            case SUB -> alu(Alu.SUB, rd, rs1, rs2);
            case SLL -> two(Two.LSLV, rd, rs1, rs2);
            case SLT -> setIfLess(rd, rs1, rs2, Cond.LT);
            case SLTU -> setIfLess(rd, rs1, rs2, Cond.LO);
            case XOR -> alu(Alu.EOR, rd, rs1, rs2);
            case SRL -> two(Two.LSRV, rd, rs1, rs2);
            case SRA -> two(Two.ASRV, rd, rs1, rs2);
            case OR -> alu(Alu.ORR, rd, rs1, rs2);
            case AND -> alu(Alu.AND, rd, rs1, rs2);
            case ADDIW -> addWordImmediate(rd, rs1, imm);
            case SLLIW -> shiftWordImmediate(Shift.LSL, rd, rs1, imm);
            case SRLIW -> shiftWordImmediate(Shift.LSR, rd, rs1, imm);
            case SRAIW -> shiftWordImmediate(Shift.ASR, rd, rs1, imm);
            case ADDW -> aluWord(Alu.ADD, rd, rs1, rs2);
            case SUBW -> aluWord(Alu.SUB, rd, rs1, rs2);
            case SLLW -> twoWord(Two.LSLV, rd, rs1, rs2);
            case SRLW -> twoWord(Two.LSRV, rd, rs1, rs2);
            case SRAW -> twoWord(Two.ASRV, rd, rs1, rs2);
            case MUL -> multiply(size, rd, rs1, rs2);
            case MULH -> multiplyHigh(true, rd, rs1, rs2);
            case MULHSU -> multiplyHighMixed(rd, rs1, rs2);
            case MULHU -> multiplyHigh(false, rd, rs1, rs2);
            case DIV -> divide(Two.SDIV, size, rd, rs1, rs2);
            case DIVU -> divide(Two.UDIV, size, rd, rs1, rs2);
            case REM -> remainder(Two.SDIV, size, rd, rs1, rs2);
            case REMU -> remainder(Two.UDIV, size, rd, rs1, rs2);
            case MULW -> multiply(4, rd, rs1, rs2);
            case DIVW -> divide(Two.SDIV, 4, rd, rs1, rs2);
            case DIVUW -> divide(Two.UDIV, 4, rd, rs1, rs2);
            case REMW -> remainder(Two.SDIV, 4, rd, rs1, rs2);
            case REMUW -> remainder(Two.UDIV, 4, rd, rs1, rs2);
            case ADD_UW, SH1ADD, SH2ADD, SH3ADD, SH1ADD_UW, SH2ADD_UW, SH3ADD_UW, SLLI_UW, ANDN, ORN, XNOR, CLZ, CLZW,
                    CTZ, CTZW, CPOP, CPOPW, MAX, MAXU, MIN, MINU, SEXT_B, SEXT_H, ZEXT_H, ROL, ROLW, ROR, RORW, RORI,
                    RORIW, ORC_B, REV8, BCLR, BCLRI, BEXT, BEXTI, BINV, BINVI, BSET, BSETI, CLMUL, CLMULH, CLMULR, PACK,
                    PACKH, PACKW, BREV8, ZIP, UNZIP, XPERM4, XPERM8, CZERO_EQZ, CZERO_NEZ ->
                computeBits(op, rd, rs1, rs2, imm);
            case JAL, JALR, BEQ, BNE, BLT, BGE, BLTU, BGEU, LB, LH, LW, LD, LBU, LHU, LWU, SB, SH, SW, SD, FENCE,
                    FENCE_I, ECALL, EBREAK, LR_W, SC_W, AMOSWAP_W, AMOADD_W, AMOXOR_W, AMOAND_W, AMOOR_W, AMOMIN_W,
                    AMOMAX_W, AMOMINU_W, AMOMAXU_W, LR_D, SC_D, AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D,
                    AMOMIN_D, AMOMAX_D, AMOMINU_D, AMOMAXU_D, ILLEGAL, END ->
                throw new AssertionError(op);
        }
    }

    /** The extensions for bits, and conditional zeros. */
    private void computeBits(Op op, int rd, int rs1, int rs2, int imm) {
        switch (op) {
            case ADD_UW -> shiftAddWord(rd, rs1, rs2, 0);
            case SH1ADD -> shiftAdd(rd, rs1, rs2, 1);
            case SH2ADD -> shiftAdd(rd, rs1, rs2, 2);
            case SH3ADD -> shiftAdd(rd, rs1, rs2, 3);
            case SH1ADD_UW -> shiftAddWord(rd, rs1, rs2, 1);
            case SH2ADD_UW -> shiftAddWord(rd, rs1, rs2, 2);
            case SH3ADD_UW -> shiftAddWord(rd, rs1, rs2, 3);
            case SLLI_UW -> shiftWord(rd, rs1, imm);
            case ANDN -> alu(Alu.BIC, rd, rs1, rs2);
            case ORN -> alu(Alu.ORN, rd, rs1, rs2);
            case XNOR -> alu(Alu.EON, rd, rs1, rs2);
            case CLZ -> one(One.CLZ, size, rd, rs1);
            case CLZW -> one(One.CLZ, 4, rd, rs1);
            case CTZ -> one(One.RBIT, One.CLZ, size, rd, rs1);
            case CTZW -> one(One.RBIT, One.CLZ, 4, rd, rs1);
            case CPOP -> populationCount(size, rd, rs1);
            case CPOPW -> populationCount(4, rd, rs1);
            case MAX -> choose(Cond.GT, rd, rs1, rs2);
            case MAXU -> choose(Cond.HI, rd, rs1, rs2);
            case MIN -> choose(Cond.LT, rd, rs1, rs2);
            case MINU -> choose(Cond.LO, rd, rs1, rs2);
            case SEXT_B -> bitField(Field.SBFM, size, rd, rs1, 0, 7);
            case SEXT_H -> bitField(Field.SBFM, size, rd, rs1, 0, 15);
            case ZEXT_H -> bitField(Field.UBFM, 4, rd, rs1, 0, 15);
            case ROL -> rotateLeft(size, rd, rs1, rs2);
            case ROLW -> rotateLeft(4, rd, rs1, rs2);
            case ROR -> two(Two.RORV, rd, rs1, rs2);
            case RORW -> twoWord(Two.RORV, rd, rs1, rs2);
            case RORI -> shiftImmediate(Shift.ROR, rd, rs1, imm);
            case RORIW -> shiftWordImmediate(Shift.ROR, rd, rs1, imm);
            case ORC_B -> orBytes(rd, rs1);
            case REV8 -> one(One.REV, size, rd, rs1);
            case BCLR -> bit(Alu.BIC, rd, rs1, rs2);
            case BCLRI -> bitImmediate(LogicImm.AND, rd, rs1, ~(1L << imm));
            case BEXT -> bitExtract(rd, rs1, rs2);
            case BEXTI -> bitField(Field.UBFM, size, rd, rs1, imm, imm);
            case BINV -> bit(Alu.EOR, rd, rs1, rs2);
            case BINVI -> bitImmediate(LogicImm.EOR, rd, rs1, 1L << imm);
            case BSET -> bit(Alu.ORR, rd, rs1, rs2);
            case BSETI -> bitImmediate(LogicImm.ORR, rd, rs1, 1L << imm);
            case CLMUL, CLMULH, CLMULR -> carryless(op, rd, rs1, rs2);
            case PACK -> pack(size, rd, rs1, rs2);
            case PACKH -> packBytes(rd, rs1, rs2);
            case PACKW -> pack(4, rd, rs1, rs2);
            case BREV8 -> one(One.RBIT, One.REV, size, rd, rs1);
            case ZIP -> zip(rd, rs1);
            case UNZIP -> unzip(rd, rs1);
            case XPERM4 -> permuteNibbles(rd, rs1, rs2);
            case XPERM8 -> permuteBytes(rd, rs1, rs2);
            case CZERO_EQZ -> zeroUnless(Cond.NE, rd, rs1, rs2);
            case CZERO_NEZ -> zeroUnless(Cond.EQ, rd, rs1, rs2);
            default -> throw new AssertionError(op);
        }
    }

    /** The product is twice the register's width: the low part, the high part, or one bit below the high part. */
    private void carryless(Op op, int rd, int rs1, int rs2) {
        into(T0, rs1);
        into(T1, rs2);
        t2(); // bl writes x30
        callStub(stubs.clmul);
        int d = dst(rd, T0);
        if (op == Op.CLMUL) {
            a.mov(size, d, T0);
        } else if (size == 8) {
            if (op == Op.CLMULH) {
                a.mov(8, d, T1);
            } else {
                a.extr(8, d, T1, T0, 63);
            }
        } else {
            a.lsr(8, d, T0, op == Op.CLMULH ? 32 : 31);
        }
        done(rd, d);
    }
}

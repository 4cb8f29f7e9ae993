package dev.rivet.x64;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Chains;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Bit;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Count;
import dev.rivet.x64.X64Assembler.Extend;
import dev.rivet.x64.X64Assembler.Shift;
import dev.rivet.x64.X64Assembler.ShiftX;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Walks a {@link Code} once and has each instruction lowered; then come the cold paths and the constants. One use, one
 * thread.
 */
final class X64Lowering {
    /** A table entry that faults at the very jump: not a canonical address. */
    static final long BAD_ENTRY = 0x8000_dead_8000_deadL;

    /** Instructions this JVM translates before it learns templates: a single small program is faster without. */
    private static final long TRIAL = 30_000;
    private static final AtomicLong TRANSLATED = new AtomicLong();

    private final Code code;
    private final HostCode main;
    private final Backend.Options options;
    private final int[] home;
    private final X64Assembler a;
    private final X64Operands o;
    private final X64Cold cold;
    private final X64Pool pool;
    private final X64Integer integer;
    private final X64MulDiv muldiv;
    private final X64Bits bits;
    private final X64Vector vector;
    private final X64Memory memory;
    private final X64Control control;
    private final X64Fusion fusion;
    private final X64Words words;
    private final X64Carried carried;
    private final int[] offsets;
    private final int[] entries;
    /** What is paid ahead; null without metering and in side entries. */
    private final Chains chains;

    /** Templates for this program; null where there are none. */
    private final X64Templates templates;
    /** Walks the program where there are templates and metering lets it. */
    private X64Quick quick;

    X64Lowering(Code code, HostCode main, Backend.Options options, int[] home, X64Assembler assembler) {
        this(code, main, options, home, assembler,
                main == null && assembler instanceof X64Direct && TRANSLATED.get() >= TRIAL
                        ? X64Templates.of(code.xlen)
                        : null);
    }

    /** With these templates, null for none; only {@link X64Direct} has any. */
    X64Lowering(Code code, HostCode main, Backend.Options options, int[] home, X64Assembler assembler,
            X64Templates templates) {
        this.templates = templates;
        this.code = code;
        this.main = main;
        this.options = options;
        this.home = home;
        a = assembler;
        cold = new X64Cold(code.count);
        pool = new X64Pool(a);
        o = new X64Operands(a, code, home, options.metering());
        integer = new X64Integer(o);
        muldiv = new X64MulDiv(o, cold);
        bits = new X64Bits(o, integer);
        vector = new X64Vector(o, pool);
        memory = new X64Memory(o, cold);
        chains = main == null && options.metering() != Metering.NONE ? new Chains(code, options.costs()) : null;
        control = new X64Control(o, cold, pool, code, main, options.metering(), chains);
        offsets = new int[code.count + 1];
        entries = new int[code.count];
        words = new X64Words(code, o);
        carried = new X64Carried(code, o, offsets);
        fusion = new X64Fusion(code, o, integer, muldiv, bits, memory, control, offsets);
    }

    HostCode run(int origin) {
        int count = code.count;
        Arrays.fill(entries, -1);
        control.stubs();
        boolean metered = options.metering() != Metering.NONE;
        CostModel costs = options.costs();
        if (templates != null && (!metered || chains != null && options.metering() == Metering.SYNC)) {
            X64Memo memo = X64Memo.take(code.xlen, home);
            quick = new X64Quick(this, code, chains, (X64Direct) a, o, cold, control, memo, offsets, entries);
            quick.run();
            X64Memo.giveBack(code.xlen, memo);
        } else {
            for (int i = 0; i < count;) {
                int end = code.nextLeader(i + 1);
                block(i, end, metered && chains == null ? code.blockCost(i, end, costs) : 0);
                i = end;
            }
        }
        offsets[count] = a.here();
        TRANSLATED.addAndGet(count);
        int charges = cold.charges();
        int paths = cold.count();
        int[] coldOffsets = new int[charges + paths + 1];
        int[] coldIndexes = new int[charges + paths + 1];
        if (quick != null) {
            quick.charges(coldOffsets, coldIndexes);
        }
        for (int i = 0; i < charges && quick == null; i++) {
            coldOffsets[i] = a.here();
            coldIndexes[i] = cold.chargeIndex(i);
            a.land(cold.chargeJump(i));
            control.outOfGas(coldIndexes[i], cold.chargeCost(i));
        }
        for (int i = 0; i < paths; i++) {
            coldOffsets[charges + i] = a.here();
            coldIndexes[charges + i] = cold.index(i);
            coldPath(i);
        }
        coldOffsets[charges + paths] = a.here();
        coldIndexes[charges + paths] = HostCode.NO_INSTRUCTION;
        pool.emit();
        a.finish();
        a.resolve(offsets);
        a.resolve(entries);
        a.resolve(coldOffsets);
        return new HostCode(code, options, Target.X86_64, a.bytes(), a.length(), origin,
                offsets, entries, coldOffsets, coldIndexes, home, gasHome(), resolve(control.missStub()),
                resolve(control.finishStub()), resolve(control.enterStub()), BAD_ENTRY, fusion.deferred(), words.low(),
                chains != null);
    }

    /**
     * Lowers the block from {@code i} to {@code end}.
     *
     * @param cost what to charge where nothing is paid ahead
     */
    void block(int i, int end, int cost) {
        cold.at(i);
        control.beforeLeader(i, end);
        offsets[i] = a.here();
        entries[i] = offsets[i];
        control.leader(i, end, cost);
        i = lower(i, end);
        while (i < end) {
            offsets[i] = a.here();
            cold.at(i);
            i = lower(i, end);
        }
    }

    /** Lowers an instruction for {@link X64TemplateLab}; what the flags tell then, as {@link X64Operands#flags}. */
    int lowerAlone(Op op, long inst) {
        o.nextInstruction();
        if (op.kind != Op.Kind.BRANCH) {
            lower(0, op, inst);
            return o.flags(Inst.rd(inst));
        }
        control.branchAlone(inst, condition(op));
        return 0;
    }

    /**
     * How much work the translation was, in steps of bounded length: instructions, cold paths, labels and references,
     * constants. After {@link #run}.
     */
    long steps() {
        return (long) code.count + cold.charges() + cold.count() + a.steps() + pool.steps();
    }

    private int gasHome() {
        return switch (options.metering()) {
            case NONE -> HostCode.IN_MEMORY;
            case SYNC, ASYNC -> X64Registers.GAS;
            case FPU -> HostCode.VECTOR + X64Registers.GAS_XMM;
        };
    }

    private int resolve(int token) {
        return token < 0 ? -1 : a.offset(token);
    }

    private void coldPath(int i) {
        int index = cold.index(i);
        if (quick != null && cold.kind(i) == X64Cold.UNPAID) {
            quick.unpaid(index, cold.jump(i));
            return;
        }
        long inst = code.insts[index];
        if (cold.kind(i) != X64Cold.UNPAID) {
            a.land(cold.jump(i));
        }
        switch (cold.kind(i)) {
            case X64Cold.DIVIDE -> coldDivision(inst, cold.back(i));
            case X64Cold.RETURN -> control.returnByTable();
            case X64Cold.MISALIGNED -> control.misaligned(index);
            case X64Cold.UNPAID -> {
                entries[index] = a.here();
                control.unpaid(index, cold.jump(i));
            }
            case X64Cold.SC_FAILS -> memory.storeConditionalFails(Inst.rd(inst), cold.back(i));
            case X64Cold.AWAY -> control.always(index);
            default -> throw new AssertionError(cold.kind(i));
        }
    }

    private void coldDivision(long inst, int end) {
        Op op = Inst.op(inst);
        boolean word = op == Op.DIVW || op == Op.DIVUW || op == Op.REMW || op == Op.REMUW;
        boolean signed = op == Op.DIV || op == Op.REM || op == Op.DIVW || op == Op.REMW;
        boolean remainder = op == Op.REM || op == Op.REMU || op == Op.REMW || op == Op.REMUW;
        muldiv.divideSpecial(word ? 4 : o.size, Inst.rs1(inst), signed, remainder, end);
    }

    private static Cond condition(Op branch) {
        return switch (branch) {
            case BEQ -> Cond.E;
            case BNE -> Cond.NE;
            case BLT -> Cond.L;
            case BGE -> Cond.GE;
            case BLTU -> Cond.B;
            case BGEU -> Cond.AE;
            default -> throw new AssertionError(branch);
        };
    }

    // @formatter:off
    /**
     * Lowers the instruction at an index, perhaps together with the one behind it.
     *
     * @param end index of the next leader
     * @return index of the first instruction not lowered
     */
    int lower(int i, int end) {
        if (o.wide && X64Words.mayBegin(code.insts[i])) {
            int last = words.last(i, end);
            while (i < last) {
                i = lowerOne(i, end);
                offsets[i] = a.here();
                cold.at(i);
            }
        }
        return lowerOne(i, end);
    }

    private int lowerOne(int i, int end) {
        o.nextInstruction();
        long inst = code.insts[i];
        int rd = Inst.rd(inst);
        Op op = Inst.op(inst);
        if (rd == 0 && op.kind == Op.Kind.ALU) {
            return i + 1; // no effect
        }
        if (o.accumulator != 0) {
            int lowered = carried.lower(i);
            if (lowered != 0) {
                return i + lowered;
            }
            if (i == o.late || i + 1 == o.late) {
                words.setLow(o.late);
            }
        } else if (words.isSpecial(i)) {
            o.lowOnly = words.isLow(i);
            lower(i, op, inst);
            o.lowOnly = false;
            o.forgetFlags(); // they may be those of a wrong upper half
            if (words.isExtended(i)) {
                o.extendWord(rd);
            }
            return i + 1;
        }
        if (i + 1 < end && X64Fusion.mayBegin(inst, code.insts[i + 1]) && fusion.fuse(i, op, inst)) {
            return i + 2;
        }
        lower(i, op, inst);
        return i + 1;
    }

    private void lower(int i, Op op, long inst) {
        int rd = Inst.rd(inst);
        int rs1 = Inst.rs1(inst);
        int rs2 = Inst.rs2(inst);
        int imm = Inst.imm(inst);
        int x = o.size;
        switch (op) {
            case LUI -> o.constant(rd, imm);
            case AUIPC -> o.constant(rd, (code.pcs[i] & 0xffff_ffffL) + imm);
            case JAL -> control.jal(i);
            case JALR -> control.jalr(i);
            case BEQ, BNE, BLT, BGE, BLTU, BGEU -> control.branch(i, condition(op));
            case LB -> memory.load(Extend.SX8, x, rd, rs1, imm);
            case LH -> memory.load(Extend.SX16, x, rd, rs1, imm);
            case LW -> { if (o.wide && i != o.late) memory.load(Extend.SX32, 8, rd, rs1, imm); else memory.load(4, rd, rs1, imm); }
            case LD -> memory.load(8, rd, rs1, imm);
            case LBU -> memory.load(Extend.ZX8, 4, rd, rs1, imm);
            case LHU -> memory.load(Extend.ZX16, 4, rd, rs1, imm);
            case LWU -> memory.load(4, rd, rs1, imm);
            case SB -> memory.store(1, rs1, rs2, imm);
            case SH -> memory.store(2, rs1, rs2, imm);
            case SW -> memory.store(4, rs1, rs2, imm);
            case SD -> memory.store(8, rs1, rs2, imm);
            case ADDI -> integer.addi(rd, rs1, imm);
            case SLTI -> integer.setLessImm(rd, rs1, imm, Cond.L);
            case SLTIU -> integer.setLessImm(rd, rs1, imm, Cond.B);
            case XORI -> integer.logicImm(Alu.XOR, rd, rs1, imm);
            case ORI -> integer.logicImm(Alu.OR, rd, rs1, imm);
            case ANDI -> integer.logicImm(Alu.AND, rd, rs1, imm);
            case SLLI -> integer.shiftImm(Shift.SHL, rd, rs1, imm);
            case SRLI -> integer.shiftImm(Shift.SHR, rd, rs1, imm);
            case SRAI -> integer.shiftImm(Shift.SAR, rd, rs1, imm);
            case ADD -> integer.add(rd, rs1, rs2);
            case SUB -> integer.sub(rd, rs1, rs2);
            case SLL -> integer.shift(ShiftX.SHLX, rd, rs1, rs2);
            case SLT -> integer.setLess(rd, rs1, rs2, Cond.L);
            case SLTU -> integer.setLess(rd, rs1, rs2, Cond.B);
            case XOR -> integer.xor(rd, rs1, rs2);
            case SRL -> integer.shift(ShiftX.SHRX, rd, rs1, rs2);
            case SRA -> integer.shift(ShiftX.SARX, rd, rs1, rs2);
            case OR -> integer.or(rd, rs1, rs2);
            case AND -> integer.and(rd, rs1, rs2);
            case ADDIW -> integer.addiw(rd, rs1, imm);
            case SLLIW -> integer.shiftImmWord(Shift.SHL, rd, rs1, imm);
            case SRLIW -> integer.shiftImmWord(Shift.SHR, rd, rs1, imm);
            case SRAIW -> integer.shiftImmWord(Shift.SAR, rd, rs1, imm);
            case ADDW -> integer.addw(rd, rs1, rs2);
            case SUBW -> integer.subw(rd, rs1, rs2);
            case SLLW -> integer.shiftWord(ShiftX.SHLX, rd, rs1, rs2);
            case SRLW -> integer.shiftWord(ShiftX.SHRX, rd, rs1, rs2);
            case SRAW -> integer.shiftWord(ShiftX.SARX, rd, rs1, rs2);
            case FENCE, FENCE_I -> { }
            case ECALL -> control.ecall(i);
            case EBREAK -> control.breakpoint(i);
            case MUL -> muldiv.mul(rd, rs1, rs2);
            case MULH -> muldiv.mulHigh(rd, rs1, rs2, true);
            case MULHSU -> muldiv.mulHighSigned1(rd, rs1, rs2);
            case MULHU -> muldiv.mulHigh(rd, rs1, rs2, false);
            case DIV -> muldiv.divide(x, rd, rs1, rs2, true, false);
            case DIVU -> muldiv.divide(x, rd, rs1, rs2, false, false);
            case REM -> muldiv.divide(x, rd, rs1, rs2, true, true);
            case REMU -> muldiv.divide(x, rd, rs1, rs2, false, true);
            case MULW -> muldiv.mulw(rd, rs1, rs2);
            case DIVW -> muldiv.divide(4, rd, rs1, rs2, true, false);
            case DIVUW -> muldiv.divide(4, rd, rs1, rs2, false, false);
            case REMW -> muldiv.divide(4, rd, rs1, rs2, true, true);
            case REMUW -> muldiv.divide(4, rd, rs1, rs2, false, true);
            case LR_W -> memory.loadReserved(4, rd, rs1);
            case SC_W -> memory.storeConditional(4, rd, rs1, rs2);
            case AMOSWAP_W -> memory.swap(4, rd, rs1, rs2);
            case AMOADD_W -> memory.add(4, rd, rs1, rs2);
            case AMOXOR_W -> memory.logic(Alu.XOR, 4, rd, rs1, rs2);
            case AMOAND_W -> memory.logic(Alu.AND, 4, rd, rs1, rs2);
            case AMOOR_W -> memory.logic(Alu.OR, 4, rd, rs1, rs2);
            case AMOMIN_W -> memory.select(Cond.LE, 4, rd, rs1, rs2);
            case AMOMAX_W -> memory.select(Cond.GE, 4, rd, rs1, rs2);
            case AMOMINU_W -> memory.select(Cond.BE, 4, rd, rs1, rs2);
            case AMOMAXU_W -> memory.select(Cond.AE, 4, rd, rs1, rs2);
            case LR_D -> memory.loadReserved(8, rd, rs1);
            case SC_D -> memory.storeConditional(8, rd, rs1, rs2);
            case AMOSWAP_D -> memory.swap(8, rd, rs1, rs2);
            case AMOADD_D -> memory.add(8, rd, rs1, rs2);
            case AMOXOR_D -> memory.logic(Alu.XOR, 8, rd, rs1, rs2);
            case AMOAND_D -> memory.logic(Alu.AND, 8, rd, rs1, rs2);
            case AMOOR_D -> memory.logic(Alu.OR, 8, rd, rs1, rs2);
            case AMOMIN_D -> memory.select(Cond.LE, 8, rd, rs1, rs2);
            case AMOMAX_D -> memory.select(Cond.GE, 8, rd, rs1, rs2);
            case AMOMINU_D -> memory.select(Cond.BE, 8, rd, rs1, rs2);
            case AMOMAXU_D -> memory.select(Cond.AE, 8, rd, rs1, rs2);
            case ADD_UW -> bits.shiftAddUnsigned(0, rd, rs1, rs2);
            case SH1ADD -> bits.shiftAdd(1, rd, rs1, rs2);
            case SH2ADD -> bits.shiftAdd(2, rd, rs1, rs2);
            case SH3ADD -> bits.shiftAdd(3, rd, rs1, rs2);
            case SH1ADD_UW -> bits.shiftAddUnsigned(1, rd, rs1, rs2);
            case SH2ADD_UW -> bits.shiftAddUnsigned(2, rd, rs1, rs2);
            case SH3ADD_UW -> bits.shiftAddUnsigned(3, rd, rs1, rs2);
            case SLLI_UW -> bits.shiftUnsigned(rd, rs1, imm);
            case ANDN -> bits.andn(rd, rs1, rs2);
            case ORN -> bits.orn(rd, rs1, rs2);
            case XNOR -> bits.xnor(rd, rs1, rs2);
            case CLZ -> bits.count(Count.LZCNT, x, rd, rs1);
            case CLZW -> bits.count(Count.LZCNT, 4, rd, rs1);
            case CTZ -> bits.count(Count.TZCNT, x, rd, rs1);
            case CTZW -> bits.count(Count.TZCNT, 4, rd, rs1);
            case CPOP -> bits.count(Count.POPCNT, x, rd, rs1);
            case CPOPW -> bits.count(Count.POPCNT, 4, rd, rs1);
            case MAX -> bits.select(Cond.L, rd, rs1, rs2);
            case MAXU -> bits.select(Cond.B, rd, rs1, rs2);
            case MIN -> bits.select(Cond.G, rd, rs1, rs2);
            case MINU -> bits.select(Cond.A, rd, rs1, rs2);
            case SEXT_B -> integer.signExtend(Extend.SX8, rd, rs1);
            case SEXT_H -> integer.signExtend(Extend.SX16, rd, rs1);
            case ZEXT_H -> integer.signExtend(Extend.ZX16, rd, rs1);
            case ROL -> bits.rotate(true, x, rd, rs1, rs2);
            case ROLW -> bits.rotate(true, 4, rd, rs1, rs2);
            case ROR -> bits.rotate(false, x, rd, rs1, rs2);
            case RORW -> bits.rotate(false, 4, rd, rs1, rs2);
            case RORI -> bits.rotateImm(x, rd, rs1, imm);
            case RORIW -> bits.rotateImm(4, rd, rs1, imm);
            case ORC_B -> vector.orBytes(rd, rs1);
            case REV8 -> bits.reverseBytes(rd, rs1);
            case BCLR -> bits.bit(Bit.BTR, rd, rs1, rs2);
            case BCLRI -> bits.bitImm(Bit.BTR, rd, rs1, imm);
            case BEXT -> bits.extractBit(rd, rs1, rs2);
            case BEXTI -> bits.extractBitImm(rd, rs1, imm);
            case BINV -> bits.bit(Bit.BTC, rd, rs1, rs2);
            case BINVI -> bits.bitImm(Bit.BTC, rd, rs1, imm);
            case BSET -> bits.bit(Bit.BTS, rd, rs1, rs2);
            case BSETI -> bits.bitImm(Bit.BTS, rd, rs1, imm);
            case CLMUL -> vector.clmul(rd, rs1, rs2);
            case CLMULH -> vector.clmulh(rd, rs1, rs2);
            case CLMULR -> vector.clmulr(rd, rs1, rs2);
            case PACK -> bits.pack(x * 4, false, rd, rs1, rs2);
            case PACKH -> bits.pack(8, false, rd, rs1, rs2);
            case PACKW -> bits.pack(16, true, rd, rs1, rs2);
            case BREV8 -> vector.reverseBits(rd, rs1);
            case ZIP -> bits.zip(rd, rs1);
            case UNZIP -> bits.unzip(rd, rs1);
            case XPERM4 -> vector.permuteNibbles(rd, rs1, rs2);
            case XPERM8 -> vector.permuteBytes(rd, rs1, rs2);
            case CZERO_EQZ -> bits.zeroIf(Cond.E, rd, rs1, rs2);
            case CZERO_NEZ -> bits.zeroIf(Cond.NE, rd, rs1, rs2);
            case ILLEGAL -> control.illegal(i);
            case END -> control.end(i);
        }
    }
    // @formatter:on
}

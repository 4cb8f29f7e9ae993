package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RDX;
import static dev.rivet.x64.Reg.RSP;
import static dev.rivet.x64.Reg.XMM0;

import dev.rivet.ir.Chains;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Vec;

/**
 * Where control goes: the stubs through which translated code is entered and left, charges at leaders, branches, jumps,
 * calls and returns.
 *
 * <p>A call with the link in ra is a host {@code call}, so that the processor predicts the return. A return compares the
 * dispatch table's entry for ra with what {@code ret} would pop; if they differ (a longjmp, a coroutine, a return stack
 * that started anew) it jumps through the table and pops nothing. A recursion that is too deep runs into the guard page
 * below the return stack; whoever handles the fault gives the stack a fresh start.
 */
final class X64Control {
    /** The link register whose calls and returns use the host return stack. */
    private static final int RA = 1;

    private final X64Assembler a;
    private final X64Operands o;
    private final X64Cold cold;
    private final X64Pool pool;
    private final Code code;
    /** The program a side entry belongs to; null for a whole program. */
    private final HostCode main;
    private final Metering metering;
    /** What is paid ahead; null where each block pays for itself. */
    private final Chains chains;
    /** Label of instruction 0; the others follow, and leaders are those that are bound. Who comes here has paid nothing. */
    private final int labels;
    /** The same for those who have paid what {@link Chains#expected} says, where that is more than nothing. */
    private final int prepaid;
    /** {@link Chains#rest} of the block at hand. */
    private int rest;
    /** Whether control can come to the next leader from the instruction before it. */
    private boolean fallen;
    /** Index of the leader whose block is a loop with an accumulator in rax, and the label of its turns; else −1. */
    private int loop = -1;
    private int turn;
    /** The block that {@link #restAt} was asked for last. */
    private int restStart;
    private int restEnd;

    private int ecallExit;
    private int outOfGasExit;
    private int illegalExit;
    private int breakpointExit;
    private int badJumpExit;
    private int misalignedExit;
    private int enterStub = -1;
    private int missStub = -1;
    private int finishStub = -1;

    X64Control(X64Operands operands, X64Cold cold, X64Pool pool, Code code, HostCode main, Metering metering,
            Chains chains) {
        o = operands;
        a = operands.a;
        this.cold = cold;
        this.pool = pool;
        this.code = code;
        this.main = main;
        this.metering = metering;
        this.chains = chains;
        labels = a.newLabels(code.count);
        prepaid = chains == null ? labels : a.newLabels(code.count);
    }

    /** Token of the stub that enters the guest; −1 in side entries. */
    int enterStub() {
        return enterStub;
    }

    /** Token of the stub for jumps to what is not translated yet; −1 in side entries. */
    int missStub() {
        return missStub;
    }

    /** Token of the stub behind the return-to-host address; −1 in side entries. */
    int finishStub() {
        return finishStub;
    }

    // Stubs

    /** Emits all stubs. The enter stub comes first, at offset 0. */
    void stubs() {
        int common = a.newLabel();
        if (main == null) {
            enterStub = a.here();
            enter();
            missStub = a.here();
            a.store(8, o.control(Control.TARGET), RAX);
            exit(Control.EXIT_MISS, common);
            finishStub = a.here();
            a.movImm(4, RAX, Layout.RETURN_TO_HOST);
            a.movImm(8, RSP, Layout.RETURN_STACK_TOP); // the call is over, whatever the stack holds
            exit(Control.EXIT_FINISHED, common);
        }
        ecallExit = exit(Control.EXIT_ECALL, common);
        outOfGasExit = exit(Control.EXIT_OUT_OF_GAS, common);
        illegalExit = exit(Control.EXIT_ILLEGAL, common);
        breakpointExit = exit(Control.EXIT_BREAKPOINT, common);
        badJumpExit = exit(Control.EXIT_BAD_JUMP, common);
        misalignedExit = exit(Control.EXIT_MISALIGNED, common);
        a.bind(common);
        leave();
    }

    private int exit(int kind, int common) {
        int label = a.newLabel();
        a.bind(label);
        a.storeImm(4, o.control(Control.EXIT), kind);
        a.jmp(common);
        return label;
    }

    private void enter() {
        a.storeImm(8, o.slot(0), 0);
        for (int r = 1; r < 32; r++) {
            if (o.pinned(r)) {
                a.load(8, o.home(r), o.slot(r));
            }
        }
        if (o.gasInRdx) {
            a.load(8, RDX, o.control(Control.GAS));
        } else if (metering == Metering.FPU) {
            a.loadXmm(X64Registers.GAS_XMM, o.control(Control.GAS));
        }
        a.load(8, RSP, o.control(Control.RETURN_SP));
        a.load(4, RAX, o.control(Control.PC));
        a.jmpMem(Mem.gs(RAX, 2, 0));
    }

    /** rax is the pc. */
    private void leave() {
        a.store(8, o.control(Control.PC), RAX);
        for (int r = 1; r < 32; r++) {
            if (o.pinned(r)) {
                a.store(8, o.slot(r), o.home(r));
            }
        }
        if (o.gasInRdx) {
            a.store(8, o.control(Control.GAS), RDX);
        } else if (metering == Metering.FPU) {
            a.storeXmm(o.control(Control.GAS), X64Registers.GAS_XMM);
        }
        a.store(8, o.control(Control.RETURN_SP), RSP);
        a.movImm(8, RAX, Layout.WORKER_PUBLISH);
        a.jmpReg(RAX);
    }

    // Leaders

    /** The label of a leader of this code. */
    private int label(int index) {
        return labels + index;
    }

    /**
     * Ends the block before a leader: what it has paid ahead is given back where the leader does not expect it. A short loop
     * then begins where it lies in one line, since each line costs a cycle a turn.
     *
     * @param end index of the leader after that
     */
    void beforeLeader(int index, int end) {
        if (chains != null) {
            fallen = chains.fallenInto(index);
            if (fallen && rest != 0 && chains.expected(index) == 0) {
                giveBack(rest);
            }
        }
        if (main == null && X64Loops.isShort(code, index, end)) {
            a.keepTogether(X64Loops.bytes(index, end, chargeBytes()));
        }
    }

    /** Bytes of hot code that a charge mostly has. */
    private int chargeBytes() {
        return switch (metering) {
            case NONE -> 0;
            case SYNC -> 10;
            case ASYNC -> 4;
            case FPU -> 14;
        };
    }

    /**
     * Starts the block at a leader (or at the start of a side entry): its labels and its charge.
     *
     * @param end index of the next leader
     * @param cost what to charge where nothing is paid ahead
     */
    void leader(int index, int end, int cost) {
        o.forgetFlags();
        o.accumulate(0, -1);
        loop = -1;
        if (chains == null) {
            a.bind(label(index));
            accumulate(index, end);
            chargeAtHead(cost);
            return;
        }
        int price = chains.price(index);
        int expected = chains.expected(index);
        if (expected == 0 || !fallen || rest == 0) {
            a.bind(label(index)); // whoever falls in has paid nothing, either
            if (expected == 0) {
                accumulate(index, end);
            }
            chargeAtHead(price);
        } else {
            int jump = -1;
            if (price > rest) {
                jump = charge(price - rest);
            } else if (price < rest) {
                giveBack(rest - price);
            }
            cold.add(X64Cold.UNPAID, jump, -1);
        }
        if (expected != 0) {
            a.bind(prepaid + index);
        }
        rest = chains.rest(index);
    }

    /** Where a block is a loop with an accumulator, which then goes to rax once. */
    private void accumulate(int index, int end) {
        if (main == null && X64Loops.isLoop(code, index, end)) {
            int accumulator = X64Loops.accumulator(code, o, index, end);
            if (accumulator != 0) {
                o.accumulate(accumulator, X64Loops.lateLoad(code, index, end, accumulator));
                loop = index;
                o.get(4, RAX, accumulator);
                turn = a.newLabel();
                a.bind(turn);
            }
        }
    }

    /** Charges; SYNC only: returns the jump that is taken when that cannot be paid, else −1. */
    private int charge(int cost) {
        switch (metering) {
            case NONE -> {
            }
            case SYNC -> {
                a.aluImm(Alu.SUB, 8, RDX, cost);
                return a.jccAhead(Cond.B);
            }
            case ASYNC -> a.aluImm(Alu.SUB, 8, RDX, cost);
            case FPU -> {
                a.vecLoad(Vec.PADDQ, X64Registers.GAS_XMM, pool.count(cost));
                a.vec(Vec.UCOMISD, X64Registers.GAS_XMM, X64Registers.GAS_XMM); // traps at a signalling NaN
            }
        }
        return -1;
    }

    /** Charges a price where a leader begins. */
    private void chargeAtHead(int price) {
        if (price != 0) {
            int jump = charge(price);
            if (jump >= 0) {
                cold.charge(jump, price);
            }
        }
    }

    /** The opposite of a charge. */
    private void giveBack(int gas) {
        if (metering == Metering.FPU) {
            a.vecLoad(Vec.PADDQ, X64Registers.GAS_XMM, pool.count(-gas));
        } else {
            a.aluImm(Alu.ADD, 8, RDX, gas);
        }
    }

    /** A leader's cold entry for those who have paid nothing, and what happens when that or the hot charge cannot be paid. */
    void unpaid(int index, int jump) {
        a.bind(label(index));
        int price = chains.price(index);
        if (metering == Metering.SYNC) {
            a.aluImm(Alu.SUB, 8, RDX, price);
            a.jcc(Cond.AE, prepaid + index);
            if (jump >= 0) {
                a.land(jump);
            }
            outOfGas(index, price);
        } else {
            charge(price);
            a.jmp(prepaid + index);
        }
    }

    /** The cold part of a charge: takes it back, leaves. */
    void outOfGas(int index, int cost) {
        a.aluImm(Alu.ADD, 8, RDX, cost);
        leaveAt(index, outOfGasExit);
    }

    private void leaveAt(int index, int exit) {
        a.movImm(4, RAX, code.pcs[index]);
        a.jmpBack(exit);
    }

    void ecall(int index) {
        leaveAt(index, ecallExit);
    }

    void breakpoint(int index) {
        leaveAt(index, breakpointExit);
    }

    void illegal(int index) {
        leaveAt(index, illegalExit);
    }

    /** rax is the address. */
    void misaligned(int index) {
        a.store(8, o.control(Control.TARGET), RAX);
        giveBackRest(index);
        leaveAt(index, misalignedExit);
    }

    // Direct jumps

    private static final int NOWHERE = -1;
    private static final int BY_TABLE = -2;

    /** Index of the leader at a target in the program, BY_TABLE for another valid target, NOWHERE for an invalid one. */
    private int destination(int target) {
        Code program = main == null ? code : main.code;
        int index = program.indexOf(target);
        if (index >= 0 && program.isLeader(index)) {
            return index;
        }
        return program.isJumpTarget(target) ? BY_TABLE : NOWHERE;
    }

    private long mainAddress(int index) {
        return Layout.CODE_BASE + main.entries[index];
    }

    private void jumpTo(int destination) {
        if (main == null) {
            a.jmp(label(destination));
        } else {
            a.jmpNear(mainAddress(destination));
        }
    }

    /**
     * {@link Chains#restAt}, which looks for the start of the block. Cold paths ask by rising index, so each block is looked
     * for once; otherwise one long block full of atomics would take time by the square of its length.
     */
    private int restAt(int index) {
        if (index < restStart || index >= restEnd) {
            restStart = code.previousLeader(index);
            restEnd = code.nextLeader(index + 1);
        }
        return chains.rest(restStart);
    }

    /** Gives back what the block of an instruction has paid ahead; for cold paths. */
    private void giveBackRest(int index) {
        int paid = chains == null ? 0 : restAt(index);
        if (paid != 0) {
            giveBack(paid);
        }
    }

    /** Where a block that has paid ahead can jump to without more ado for a leader, −1 if it must {@link #settle}. */
    private int paidFor(int paid, int destination) {
        if (chains == null || paid == 0) {
            return label(destination);
        }
        return chains.expected(destination) == paid ? prepaid + destination : -1;
    }

    /** Settles the difference between what was paid and what a leader expects; where to jump to then. */
    private int settle(int paid, int destination) {
        int expected = chains.expected(destination);
        if (expected == 0 || expected > paid) {
            giveBack(paid);
            return label(destination);
        }
        giveBack(paid - expected);
        return prepaid + destination;
    }

    /** Jumps to any target that is not NOWHERE. */
    private void jump(int destination, int target) {
        if (destination >= 0) {
            jumpTo(destination);
        } else {
            a.movImm(4, RAX, target);
            a.jmpMem(Mem.gs(RAX, 2, 0));
        }
    }

    private void badJump(int index, int target) {
        a.movImm(4, RAX, target);
        a.store(8, o.control(Control.TARGET), RAX);
        leaveAt(index, badJumpExit);
    }

    /** The comparison and the jump of a branch, to nowhere yet, for {@link X64TemplateLab}. */
    void branchAlone(long inst, Cond cond) {
        int rs1 = Inst.rs1(inst);
        if (rs1 == 0) {
            o.compare(o.size, Inst.rs2(inst), 0);
        } else {
            o.compare(o.size, rs1, Inst.rs2(inst));
        }
        a.jccAhead(rs1 == 0 ? cond.swap() : cond);
    }

    /** What the block at hand has paid for others, for those that {@link X64Quick} starts; they are no loops. */
    void paid(int rest) {
        this.rest = rest;
        o.accumulate(0, -1);
        loop = -1;
    }

    /** Label of the stub for blocks that cannot be paid. */
    int outOfGasExit() {
        return outOfGasExit;
    }

    /** Label of instruction 0, for those who have paid nothing. */
    int labels() {
        return labels;
    }

    /** Label of instruction 0, for those who have paid what is expected. */
    int prepaid() {
        return prepaid;
    }

    void branch(int index, Cond cond) {
        long inst = code.insts[index];
        int rs1 = Inst.rs1(inst);
        int rs2 = Inst.rs2(inst);
        if (rs1 == rs2) {
            if (cond == Cond.E || cond == Cond.GE || cond == Cond.AE) {
                always(index);
            }
            return;
        }
        if (rs1 == 0 || rs2 == 0) {
            Cond known = o.fromFlags(rs1 | rs2, rs1 == 0 ? cond.swap() : cond);
            if (known != null) {
                branchIf(index, known);
                return;
            }
        }
        if (rs1 == 0) {
            o.compare(o.size, rs2, 0);
            branchIf(index, cond.swap());
        } else {
            o.compare(o.size, rs1, rs2);
            branchIf(index, cond);
        }
    }

    /** Takes the branch if the flags say so. */
    void branchIf(int index, Cond cond) {
        int destination = destination(code.pcs[index] + Inst.imm(code.insts[index]));
        if (destination >= 0 && main != null) {
            a.jccNear(cond, mainAddress(destination));
            return;
        }
        int label = destination < 0 ? -1 : destination == loop ? turn : paidFor(rest, destination);
        if (label < 0) {
            cold.add(X64Cold.AWAY, a.jccAhead(cond), -1);
        } else {
            a.jcc(cond, label);
        }
    }

    /** Takes the branch or the jump without link at the index, also as a cold part. */
    void always(int index) {
        int target = code.pcs[index] + Inst.imm(code.insts[index]);
        int destination = destination(target);
        if (destination >= 0 && chains != null) {
            int paid = restAt(index);
            int label = paidFor(paid, destination);
            a.jmp(label >= 0 ? label : settle(paid, destination));
            return;
        }
        giveBackRest(index);
        if (destination == NOWHERE) {
            badJump(index, target);
        } else {
            jump(destination, target);
        }
    }

    void jal(int index) {
        long inst = code.insts[index];
        int rd = Inst.rd(inst);
        if (rd == 0) {
            always(index);
            return;
        }
        int target = code.pcs[index] + Inst.imm(inst);
        int destination = destination(target);
        if (destination == NOWHERE) {
            badJump(index, target);
            return;
        }
        link(index, rd);
        if (rd == RA && destination >= 0 && main == null) {
            a.call(label(destination));
        } else {
            jump(destination, target);
        }
    }

    /** Whether a jump to a target is one to a leader of the program. */
    boolean isDirect(int target) {
        return destination(target) >= 0;
    }

    /** A jalr whose target is known and {@link #isDirect}. */
    void jalrTo(int index, int target) {
        int rd = Inst.rd(code.insts[index]);
        link(index, rd);
        if (rd == RA && main == null) {
            a.call(label(destination(target)));
        } else {
            jumpTo(destination(target));
        }
    }

    /** rd = the address behind the instruction. Keeps rax. */
    private void link(int index, int rd) {
        long inst = code.insts[index];
        long link = (code.pcs[index] & 0xffff_ffffL) + Inst.size(inst);
        if (!o.wide) {
            link &= 0xffff_ffffL;
        }
        if (o.pinned(rd)) {
            a.movImm(link >>> 32 == 0 ? 4 : 8, o.home(rd), link);
        } else if (rd != 0 && link == (int) link) {
            a.storeImm(8, o.slot(rd), (int) link);
        } else if (rd != 0) {
            a.storeImm(4, o.slot(rd), (int) link);
            a.storeImm(4, o.control(Control.REGS + 8 * rd + 4), (int) (link >>> 32));
        }
    }

    /** Behind the last instruction of a text: as if jumped to the END mark's pc, where no instruction of this text lies. */
    void end(int index) {
        int pc = code.pcs[index];
        int destination = destination(pc);
        if (destination == NOWHERE || main == null && destination == index) {
            badJump(index, pc);
        } else {
            jump(destination, pc);
        }
    }

    // Indirect jumps

    void jalr(int index) {
        long inst = code.insts[index];
        int rd = Inst.rd(inst);
        int rs1 = Inst.rs1(inst);
        int imm = Inst.imm(inst);
        if (rd == 0 && rs1 == RA && imm == 0) {
            ret();
            return;
        }
        target(rs1, imm);
        if (rd != 0) {
            if (o.pinned(rd)) {
                a.store(8, o.control(Control.OLD_LINK), o.home(rd));
            } else {
                a.loadXmm(XMM0, o.slot(rd));
                a.storeXmm(o.control(Control.OLD_LINK), XMM0);
            }
            link(index, rd);
        }
        if (rd == RA && main == null) {
            a.callMem(Mem.gs(RAX, 2, 0));
        } else {
            a.jmpMem(Mem.gs(RAX, 2, 0));
        }
    }

    /** eax = (rs1 + imm) with bit 0 cleared. */
    private void target(int rs1, int imm) {
        if (o.pinned(rs1) && imm != 0) {
            a.lea(4, RAX, Mem.at(o.home(rs1), imm));
        } else {
            o.get(4, RAX, rs1);
            if (imm != 0) {
                a.aluImm(Alu.ADD, 4, RAX, imm);
            }
        }
        a.aluImm(Alu.AND, 4, RAX, -2);
    }

    private void ret() {
        target(RA, 0);
        a.load(8, RAX, Mem.gs(RAX, 2, 0));
        a.aluLoad(Alu.CMP, 8, RAX, Mem.at(RSP, 0));
        cold.add(X64Cold.RETURN, a.jccAhead(Cond.NE), -1);
        a.plain(X64Assembler.Plain.RET);
    }

    /** The cold part of a return. */
    void returnByTable() {
        target(RA, 0);
        a.jmpMem(Mem.gs(RAX, 2, 0));
    }
}

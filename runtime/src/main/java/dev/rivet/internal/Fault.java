package dev.rivet.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.rivet.ir.Chains;
import dev.rivet.ir.Code;
import dev.rivet.ir.GasPlan;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.Worker;
import java.lang.foreign.MemorySegment;

/**
 * A signal in translated code, read from the control page once and brought back to guest terms: which instruction, and the
 * registers before it. Nothing in here is trusted; what the guest instruction means is decided by whoever uses this.
 */
final class Fault {
    /** Index of the stack pointer among the general registers of x86-64, which alone uses its host return stack. */
    private static final int HOST_RSP = 4;

    final int signal;
    final long hostPc;
    /** Top of the host return stack; 0 on AArch64, which has none. */
    final long hostSp;
    /** Null when the signal hit no translated code, or a stub. */
    final HostCode host;
    /** Index of the guest instruction in {@link #host}, −1 without one. */
    final int index;
    private final MemorySegment control;
    private final boolean boundary;
    private final long gas;

    private Fault(MemorySegment control, NativeProgram program) {
        this.control = control;
        signal = control.get(JAVA_INT, Control.SIGNAL);
        hostPc = control.get(JAVA_LONG, Control.HOST_PC);
        hostSp = program.main().target == Target.X86_64
                ? control.get(JAVA_LONG, Control.HOST_REGS + 8L * HOST_RSP)
                : 0;
        NativeProgram.Place place = program.at(hostPc);
        host = place == null ? null : place.code();
        index = place == null ? -1 : place.index();
        boundary = nothingDone(program);
        gas = host == null || host.gasHome == HostCode.IN_MEMORY ? 0 : machine(host.gasHome, 0) + unpaid(program);
    }

    /** What a plan lets the register hold less or more than there is. */
    private int unpaid(NativeProgram program) {
        GasPlan plan = index < 0 ? null : program.gasPlan(host);
        // An instruction that faulted has been entered, even if it is a leader's first and nothing had to be paid before.
        boolean interrupted = signal == Worker.REQUEST_SIGNAL || signal == Worker.STEP_SIGNAL;
        return plan == null ? 0 : plan.missing(index, interrupted && atBoundary());
    }

    static Fault read(MemorySegment control, NativeProgram program) {
        return new Fault(control, program);
    }

    /** Guest address of the instruction; only where there is one. */
    int pc() {
        return host.code.pcs[index];
    }

    /** The instruction; only where there is one. */
    long inst() {
        return host.code.insts[index];
    }

    /** Whether {@link #inst} has done nothing yet, so that the guest may be stopped before it. */
    boolean atBoundary() {
        return boundary;
    }

    private boolean nothingDone(NativeProgram program) {
        if (index < 0) {
            return false;
        }
        return program.nothingDone(host, index, (int) (hostPc - Layout.CODE_BASE) - host.origin);
    }

    /** Whether the instruction begins a block. */
    boolean atLeader() {
        return index == 0 || index > 0 && host.code.isLeader(index);
    }

    /**
     * Gas that is charged already, at a boundary, for instructions that have not run: the rest of the block and what is
     * paid for blocks behind it.
     */
    int chargedAhead() {
        Chains chains = host.chains();
        if (atLeader()) { // its own charge is part of its host code
            return chains == null ? 0 : chains.paidBefore(index);
        }
        return host.code.blockCost(index, host.options.costs()) + rest();
    }

    /** Inside a block, whose charge has been made: gas that is charged already for the blocks behind it. */
    int rest() {
        Chains chains = host.chains();
        return chains == null ? 0 : chains.restAt(index);
    }

    /** At a leader whose charge trapped: what gas lacks now, as against before the block. */
    int refused() {
        Chains chains = host.chains();
        return chains == null ? host.code.blockCost(index, host.options.costs()) : chains.price(index);
    }

    /**
     * At any host instruction: gas that is charged already for the blocks behind that of the instruction, or for it and them
     * where control stands before it. At a leader whose charge may have been made or not, the most it can be.
     */
    int ahead() {
        Chains chains = host.chains();
        if (chains == null) {
            return 0;
        }
        int rest = chains.restAt(index);
        if (!atLeader()) {
            return rest;
        }
        int before = chains.paidBefore(index);
        return atBoundary() ? before : Math.max(before, rest);
    }

    /**
     * Gas there was when this was read, the same each time (for FPU metering, the bits of the double); 0 without metering.
     * Exact where the machine had it at home.
     */
    long gas() {
        return gas;
    }

    private long machine(int home, int slot) {
        if (home == HostCode.IN_MEMORY) {
            return control.get(JAVA_LONG, Control.REGS + 8L * slot);
        }
        return home >= HostCode.VECTOR
                ? control.get(JAVA_LONG, Control.HOST_VECTORS + 8L * (home - HostCode.VECTOR))
                : control.get(JAVA_LONG, Control.HOST_REGS + 8L * home);
    }

    /**
     * Fills in the registers before the instruction.
     *
     * @param linked whether the instruction is an indirect jump that has put its link into rd already; the value rd had
     *            before is in the control page
     */
    void registers(long[] regs, boolean linked) {
        Code code = host.code;
        for (int r = 1; r < 32; r++) {
            regs[r] = Hart.canonical(code.xlen, machine(host.homeOf[r], r));
        }
        if (linked) {
            regs[Inst.rd(inst())] = Hart.canonical(code.xlen, control.get(JAVA_LONG, Control.OLD_LINK));
        }
        regs[0] = 0;
        mend(code, index, host.deferred, host.lowOnly, regs);
    }

    /**
     * The walk that {@link HostCode#deferred} describes: from the start of the block of instruction {@code at} to just before
     * it.
     *
     * @param regs the registers as the machine has them; mended in place
     */
    static void mend(Code code, int at, long[] deferred, long[] lowOnly, long[] regs) {
        if (deferred == null && lowOnly == null) {
            return;
        }
        int start = at;
        while (start > 0 && !code.isLeader(start)) {
            start--;
        }
        long[] machine = regs.clone();
        for (int k = start; k < at; k++) {
            int rd = Inst.rd(code.insts[k]);
            if (rd == 0) {
                continue;
            }
            if (bit(deferred, k)) {
                regs[rd] = Interpreter.eval(code.xlen, code.insts[k], code.pcs[k], regs);
            } else if (bit(lowOnly, k)) {
                regs[rd] = Hart.canonical(code.xlen, (int) machine[rd]);
            } else {
                regs[rd] = machine[rd];
            }
        }
    }

    private static boolean bit(long[] bits, int i) {
        return bits != null && (bits[i >>> 6] >>> i & 1) != 0;
    }
}

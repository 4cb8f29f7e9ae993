package dev.rivet.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.rivet.frontend.ProgramText;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerLostException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Runs a guest as translated code in its worker. Owns the conversation with one worker: gives it the hart, lets it run,
 * checks what comes back, and finishes in the interpreter what translated code leaves to it (side entries beyond the
 * budget, the last blocks before gas runs out). Host calls are its caller's business.
 */
public final class NativeRunner implements Runner {
    private static final int SIGILL = 4;
    private static final int SIGBUS = 7;
    private static final int SIGFPE = 8;
    private static final int SIGSEGV = 11;

    /** Blocks to interpret when translated code says that gas is short; then it is asked again. */
    private static final int ENDGAME_BLOCKS = 4096;
    /** How long the guest runs on before a pause that hit the middle of an instruction is tried again. */
    private static final long PAUSE_AGAIN_NANOS = 20_000;
    /** Host instructions to step through before the guest runs on a little instead; no guest instruction has as many. */
    private static final int STEPS = 64;
    /** How long one step may take before the worker is interrupted again, or killed if it does not answer to that. */
    private static final long STEP_NANOS = 100_000_000;
    /** How often asynchronous metering looks whether gas is left. */
    private static final long TICK_NANOS = 10_000_000;
    /** How far from the end of the host return stack a fault of a call may be, in bytes. */
    private static final int RETURN_GUARD = 4096;

    private final NativeProgram program;
    private final ProgramText text;
    private final Supplier<Blocks> blocks;
    private final Metering metering;
    private final GuestMemory memory;
    private final Hart hart;
    private final Worker worker;
    private final MemorySegment control;
    private final Ram ram;
    private Interpreter interpreter; // made when first needed

    /** The worker's own floating-point mode, as it was set up. */
    private final int floatingPoint;

    private long returnSp = Layout.RETURN_STACK_TOP;
    private long allowed; // gas given to the worker at its last entry
    private long held; // gas kept back, because the worker's counter could not hold it
    private long deadline;
    private volatile boolean hurry;
    private volatile boolean pause;
    private Sampler sampler;
    private long everyNanos;
    private long nextSample;
    private long nextTick; // of asynchronous metering

    /**
     * A runner over a worker that has the program and the memory mapped; owns the worker from here on.
     *
     * @param blocks asked for when there is first something to interpret
     */
    public NativeRunner(NativeProgram program, Supplier<Blocks> blocks, Metering metering, Hart hart,
            GuestMemory memory,
            Worker worker) {
        this.program = program;
        this.metering = metering;
        this.memory = memory;
        this.hart = hart;
        this.worker = worker;
        this.blocks = blocks;
        text = program.text();
        control = worker.control();
        if (metering == Metering.FPU) {
            control.set(JAVA_INT, Control.FP_CONTROL, FpuGas.MXCSR);
        }
        floatingPoint = control.get(JAVA_INT, Control.FP_CONTROL);
        ram = new Ram(memory);
    }

    @Override
    public Stop run(Hart hart, long deadline) {
        if (hart != this.hart) {
            throw new IllegalArgumentException("another hart");
        }
        this.deadline = deadline;
        if (hart.fresh) {
            hart.fresh = false;
            returnSp = Layout.RETURN_STACK_TOP;
        }
        hart.address = hart.pc;
        if (!text.isJumpTarget(hart.pc)) {
            return Stop.BAD_JUMP;
        }
        try {
            Stop stop;
            do {
                stop = due() ? Stop.INTERRUPTED : pause ? Stop.PAUSED : visit();
                if (metering == Metering.ASYNC && hart.gas < 0) {
                    hart.gas = 0; // found out late: all used, none left
                    stop = Stop.OUT_OF_GAS;
                }
            } while (stop == Stop.LIMIT);
            hurry = false;
            pause = false;
            return stop;
        } catch (BrokenWorkerException e) {
            believableGas();
            worker.close();
            throw new WorkerLostException(e.getMessage(), 0, -1);
        } catch (WorkerLostException e) {
            believableGas();
            throw e;
        }
    }

    /** What a worker that is lost said of gas may be what it is lost for: at least it becomes an amount that can be. */
    private void believableGas() {
        hart.gas = Math.max(0, Math.min(hart.gas, allowed + held));
    }

    /** Whether the caller wants the guest to stop. */
    private boolean due() {
        return hurry || Thread.currentThread().isInterrupted() || Deadline.isOver(deadline);
    }

    /** Enters translated code once; {@link Stop#LIMIT} when the hart is to go on at its pc. */
    private Stop visit() {
        give();
        if (metering == Metering.ASYNC) {
            nextTick = System.nanoTime() + TICK_NANOS;
        }
        int exit = worker.enter(wakeUp());
        while (exit == Worker.STILL_RUNNING) {
            if (sampler != null && !due() && System.nanoTime() - nextSample >= 0) {
                exit = look();
            } else if (due()) {
                exit = worker.interrupt(Control.REQUEST_STOP);
            } else if (pause || metering == Metering.ASYNC) {
                nextTick = System.nanoTime() + TICK_NANOS;
                exit = worker.interrupt(Control.REQUEST_PAUSE);
                if (exit == Control.EXIT_SIGNAL && !due()) {
                    exit = interrupted(Fault.read(control, program));
                }
            } else {
                exit = worker.await(wakeUp());
            }
        }
        if (exit == Control.EXIT_SIGNAL) {
            return signal(Fault.read(control, program));
        }
        takeRegisters();
        takeGas(control.get(JAVA_LONG, Control.GAS), 0);
        long sp = control.get(JAVA_LONG, Control.RETURN_SP);
        if (sp < Layout.RETURN_STACK_BASE || sp > Layout.RETURN_STACK_TOP || (sp & 7) != 0) {
            throw new BrokenWorkerException("return stack pointer 0x" + Long.toHexString(sp));
        }
        returnSp = sp;
        int pc = (int) control.get(JAVA_LONG, Control.PC);
        int target = (int) control.get(JAVA_LONG, Control.TARGET);
        return switch (exit) {
            case Control.EXIT_ECALL -> at(pc, Op.ECALL, Stop.ECALL);
            case Control.EXIT_ILLEGAL -> at(pc, Op.ILLEGAL, Stop.ILLEGAL);
            case Control.EXIT_BREAKPOINT -> at(pc, Op.EBREAK, Stop.BREAKPOINT);
            case Control.EXIT_OUT_OF_GAS -> outOfGas(pc);
            case Control.EXIT_BAD_JUMP -> badJump(pc, target);
            case Control.EXIT_MISS -> miss(target);
            case Control.EXIT_FINISHED -> {
                hart.pc = Layout.RETURN_TO_HOST;
                yield Stop.FINISHED;
            }
            case Control.EXIT_MISALIGNED -> misaligned(pc);
            default -> throw new BrokenWorkerException("exit " + exit);
        };
    }

    /** Our signal, perhaps, has interrupted the guest: stays there or lets it run on, for a tick or until a better moment. */
    private int interrupted(Fault fault) {
        if (!asked(fault) || pause && fault.atBoundary() || lacksGas(fault)) {
            return Control.EXIT_SIGNAL;
        }
        boolean again = pause || !program.gasIsHome(fault);
        if (!again) {
            return worker.proceed(wakeUp());
        }
        // A signal hits the instructions of a tight loop unevenly, some never; single steps reach them all.
        // A hostile worker may take its time for each.
        // Not in the worker's own code, where the way out leads: the instruction that ends this command must end the next.
        Fault now = fault;
        for (int i = 0; i < STEPS && worker.canStep() && inCode(now) && !due(); i++) {
            int exit = worker.step(System.nanoTime() + STEP_NANOS);
            if (exit != Control.EXIT_SIGNAL) {
                return exit;
            }
            now = Fault.read(control, program);
            if (!asked(now) || pause && now.atBoundary() || lacksGas(now)) {
                return exit;
            }
        }
        return worker.proceed(System.nanoTime() + PAUSE_AGAIN_NANOS);
    }

    private static boolean inCode(Fault fault) {
        return Long.compareUnsigned(fault.hostPc - Layout.CODE_BASE, Layout.CODE_MAX) < 0;
    }

    /** Whether the signal is one that we caused. */
    private boolean asked(Fault fault) {
        return fault.signal == Worker.REQUEST_SIGNAL || fault.signal == Worker.STEP_SIGNAL && worker.canStep();
    }

    /** Asynchronous metering: whether the guest, wherever the signal hit it, has certainly used more than it had. */
    private boolean lacksGas(Fault fault) {
        return metering == Metering.ASYNC && program.gasIsHome(fault) && fault.gas() < 0
                && fault.gas() + fault.ahead() < 0; // without the first, a lie of 2⁶³−1 would become a debt
    }

    /** When to look after the running guest: at its deadline, for the next sample, at asynchronous metering's tick. */
    private long wakeUp() {
        long at = deadline;
        if (sampler != null) {
            at = earlier(at, nextSample);
        }
        if (metering == Metering.ASYNC) {
            at = earlier(at, nextTick);
        }
        return at;
    }

    private static long earlier(long a, long b) {
        return a == Deadline.NEVER || b - a < 0 ? b : a;
    }

    /** Interrupts the guest for one sample; returns the exit that came first, if another did. */
    private int look() {
        nextSample = System.nanoTime() + everyNanos;
        int exit = worker.interrupt(Control.REQUEST_PAUSE);
        if (exit != Control.EXIT_SIGNAL) {
            return exit;
        }
        Fault fault = Fault.read(control, program);
        if (!asked(fault)) {
            return exit;
        }
        if (fault.index >= 0) {
            sampler.at(fault.pc(), callers(fault));
        }
        return worker.proceed(wakeUp());
    }

    @Override
    public void sample(long everyNanos, Sampler sampler) {
        this.everyNanos = everyNanos;
        this.sampler = sampler;
        nextSample = System.nanoTime() + everyNanos;
    }

    @Override
    public int[] callers() {
        return hasReturnStack() ? callers(returnSp) : StackScan.callers(text.code(), hart.pc, hart.regs, ram);
    }

    private int[] callers(Fault fault) {
        if (hasReturnStack()) {
            return callers(fault.hostSp);
        }
        long[] regs = new long[32];
        fault.registers(regs, false);
        return StackScan.callers(text.code(), fault.pc(), regs, ram);
    }

    /** Whether translated code keeps return addresses where we can read them. */
    private boolean hasReturnStack() {
        return program.main().target == Target.X86_64;
    }

    /** The host return stack in guest terms. Whatever the worker wrote there, at worst the addresses are wrong. */
    private int[] callers(long sp) {
        if (!worker.alive() || sp < Layout.RETURN_STACK_BASE || sp > Layout.RETURN_STACK_TOP || (sp & 7) != 0) {
            return new int[0];
        }
        int most = (int) Math.min(CallRecords.DEPTH, (Layout.RETURN_STACK_TOP - sp) / 8);
        int[] calls = new int[most];
        int count = 0;
        for (int i = 0; i < most; i++) {
            long address = control.get(JAVA_LONG, Layout.CONTROL_SIZE + sp - Layout.RETURN_STACK_BASE + 8L * i);
            NativeProgram.Place place = program.at(address - 1); // the call, not where it returns to
            int index = place == null ? -1 : place.index();
            if (index >= 0) {
                calls[count++] = place.code().code.pcs[index];
            }
        }
        return Arrays.copyOf(calls, count);
    }

    private Stop pausedAt(Fault fault) {
        hart.pc = fault.pc();
        fault.registers(hart.regs, false);
        hart.reservation = control.get(JAVA_LONG, Control.RESERVATION);
        takeGas(fault.gas(), fault.chargedAhead());
        if (metering != Metering.NONE && hart.gas < 0) {
            throw new BrokenWorkerException("gas " + hart.gas + " of " + (allowed + held));
        }
        if (fault.hostSp >= Layout.RETURN_STACK_BASE && fault.hostSp <= Layout.RETURN_STACK_TOP
                && (fault.hostSp & 7) == 0) {
            returnSp = fault.hostSp;
        }
        return Stop.PAUSED;
    }

    private void give() {
        for (int r = 0; r < 32; r++) {
            control.set(JAVA_LONG, Control.REGS + 8L * r, hart.regs[r]);
        }
        control.set(JAVA_LONG, Control.PC, Integer.toUnsignedLong(hart.pc));
        control.set(JAVA_LONG, Control.RESERVATION, hart.reservation);
        control.set(JAVA_LONG, Control.RETURN_SP, returnSp);
        control.set(JAVA_LONG, Control.ENTER_ADDRESS, Layout.CODE_BASE + program.main().enterStub);
        allowed = metering == Metering.FPU ? Math.min(hart.gas, FpuGas.MOST) : hart.gas;
        held = hart.gas - allowed;
        control.set(JAVA_LONG, Control.GAS, metering == Metering.FPU ? FpuGas.bits(allowed) : allowed);
    }

    private void takeRegisters() {
        for (int r = 1; r < 32; r++) {
            hart.regs[r] = Hart.canonical(text.xlen(), control.get(JAVA_LONG, Control.REGS + 8L * r));
        }
        hart.reservation = control.get(JAVA_LONG, Control.RESERVATION);
    }

    /** Takes over what is left, in the worker's own form. The worker can only ever have less than it was given. */
    private void takeGas(long raw, int ahead) {
        if (metering == Metering.NONE) {
            return;
        }
        long left = (metering == Metering.FPU ? FpuGas.left(raw) : raw) + ahead;
        if (left > allowed || left < 0 && metering != Metering.ASYNC) {
            throw new BrokenWorkerException("gas " + left + " of " + allowed);
        }
        hart.gas = left + held;
    }

    /** A stop at an instruction that has to be of a kind. */
    private Stop at(int pc, Op op, Stop stop) {
        hart.pc = pc;
        if (opAt(pc) != op) {
            throw new BrokenWorkerException(stop + " at 0x" + Integer.toHexString(pc));
        }
        return stop;
    }

    /** The operation at a pc; also for instructions that only a side entry has. Null where there is none. */
    private Op opAt(int pc) {
        return text.isJumpTarget(pc) ? Inst.op(text.instAt(pc)) : null;
    }

    /** The block at pc costs more than is left, or translated code charges ahead and leaves the rest to us. */
    private Stop outOfGas(int pc) {
        hart.pc = pc;
        if (metering != Metering.NONE && isBehindText(pc)) {
            return badJump(pc, pc); // what costs nothing can be paid; translated code may not look so closely
        }
        if (metering == Metering.NONE || !text.isJumpTarget(pc)) {
            throw new BrokenWorkerException("out of gas at 0x" + Integer.toHexString(pc));
        }
        return held > 0 ? Stop.LIMIT : interpret(ENDGAME_BLOCKS, false);
    }

    private Stop interpret(long most, boolean toLeader) {
        if (interpreter == null) {
            interpreter = new Interpreter(blocks.get(), metering != Metering.NONE, hart, ram);
        }
        Stop stop = interpreter.run(most, toLeader, () -> pause || due());
        return stop == Stop.INTERRUPTED && !due() ? Stop.LIMIT : stop;
    }

    /** Whether control that falls off the end of a segment finds nothing there. */
    private boolean isBehindText(int pc) {
        for (ProgramText.Range t : text.texts()) {
            if (t.end() == pc) {
                return !text.isJumpTarget(pc);
            }
        }
        return false;
    }

    private Stop badJump(int pc, int target) {
        Op op = opAt(pc);
        hart.pc = pc;
        hart.address = target;
        boolean jump = op != null && (op == Op.END || op.kind == Op.Kind.BRANCH || op.kind == Op.Kind.JUMP);
        boolean end = pc == target; // no whole instruction lies there, perhaps behind all text
        if (!jump && !end || op != Op.END && !end && text.isJumpTarget(target)) {
            throw new BrokenWorkerException("bad jump at 0x" + Integer.toHexString(pc));
        }
        return Stop.BAD_JUMP;
    }

    /** A jump has been made to where no translation is yet. */
    private Stop miss(int target) {
        if (!text.isJumpTarget(target)) {
            throw new BrokenWorkerException("a miss at 0x" + Integer.toHexString(target));
        }
        hart.pc = target;
        if (program.translateSide(target, worker)) {
            return Stop.LIMIT;
        }
        return interpret(Long.MAX_VALUE, true);
    }

    private Stop misaligned(int pc) {
        Op op = opAt(pc);
        if (op == null || op.kind != Op.Kind.ATOMIC) {
            throw new BrokenWorkerException("misaligned atomic at 0x" + Integer.toHexString(pc));
        }
        long inst = text.instAt(pc);
        hart.pc = pc;
        hart.address = (int) hart.regs[Inst.rs1(inst)];
        hart.write = op != Op.LR_W && op != Op.LR_D;
        return Stop.MEMORY_ACCESS;
    }

    private Stop signal(Fault fault) {
        if (fault.hostSp >= Layout.RETURN_STACK_BASE && fault.hostSp <= Layout.RETURN_STACK_TOP
                && (fault.hostSp & 7) == 0) {
            returnSp = fault.hostSp;
        }
        if (asked(fault)) {
            if (lacksGas(fault)) {
                hart.pc = fault.pc();
                hart.gas = fault.gas(); // negative
                return Stop.OUT_OF_GAS;
            }
            if (!due() && fault.atBoundary()) {
                return pausedAt(fault);
            }
            if (fault.index >= 0) {
                hart.pc = fault.pc();
                fault.registers(hart.regs, false);
                long gas = fault.gas() + fault.ahead();
                if (metering == Metering.SYNC && gas >= 0 && gas <= allowed) {
                    hart.gas = gas + held;
                }
            }
            return Stop.INTERRUPTED;
        }
        if (fault.index < 0) {
            throw unexplained(fault);
        }
        hart.pc = fault.pc();
        if (fault.signal == SIGFPE && metering == Metering.FPU && fault.atLeader()) {
            fault.registers(hart.regs, false);
            takeGas(fault.gas(), fault.refused());
            return outOfGas(hart.pc);
        }
        if (fault.signal != SIGSEGV && fault.signal != SIGBUS && fault.signal != SIGILL) {
            throw unexplained(fault);
        }
        long inst = fault.inst();
        Op op = Inst.op(inst);
        // On AArch64 a jump links last, when nothing can go wrong with it any more.
        boolean linksFirst = fault.host.target == Target.X86_64;
        fault.registers(hart.regs, linksFirst && op == Op.JALR && Inst.rd(inst) != 0);
        takeGas(fault.gas(), fault.rest());
        return switch (op.kind) {
            case LOAD, STORE, ATOMIC -> access(fault, op, inst);
            case JUMP -> jump(fault, op, inst);
            case ALU, BRANCH, TRAP, NONE -> throw unexplained(fault);
        };
    }

    private static BrokenWorkerException unexplained(Fault fault) {
        return new BrokenWorkerException("signal " + fault.signal + " at host pc 0x" + Long.toHexString(fault.hostPc)
                + (fault.index < 0 ? ", outside guest code" : ", guest pc 0x" + Integer.toHexString(fault.pc())));
    }

    /** A load, store or atomic faulted: its address is computed again and has to be one that may not be touched. */
    private Stop access(Fault fault, Op op, long inst) {
        boolean atomic = op.kind == Op.Kind.ATOMIC;
        hart.address = (int) hart.regs[Inst.rs1(inst)] + (atomic ? 0 : Inst.imm(inst));
        hart.write = op.kind == Op.Kind.STORE || atomic && op != Op.LR_W && op != Op.LR_D;
        long address = Integer.toUnsignedLong(hart.address);
        int size = Accesses.size(op);
        if (hart.write ? memory.writable(address, size) : memory.readable(address, size)) {
            throw unexplained(fault);
        }
        return Stop.MEMORY_ACCESS;
    }

    /** A jump faulted: its target has no place in the table, or it is a call and the host return stack is full. */
    private Stop jump(Fault fault, Op op, long inst) {
        int pc = hart.pc;
        int target = op == Op.JAL ? pc + Inst.imm(inst) : (int) hart.regs[Inst.rs1(inst)] + Inst.imm(inst) & ~1;
        boolean valid = text.isJumpTarget(target) || op == Op.JALR && target == Layout.RETURN_TO_HOST;
        if (!valid) {
            hart.address = target;
            return Stop.BAD_JUMP;
        }
        if (fault.hostSp < Layout.RETURN_STACK_BASE
                || fault.hostSp >= Layout.RETURN_STACK_BASE + RETURN_GUARD || Inst.rd(inst) == 0) {
            throw unexplained(fault);
        }
        returnSp = Layout.RETURN_STACK_TOP;
        hart.regs[Inst.rd(inst)] = Integer.toUnsignedLong(pc) + Inst.size(inst);
        hart.pc = target;
        if (target == Layout.RETURN_TO_HOST) {
            return Stop.FINISHED;
        }
        return Stop.LIMIT;
    }

    @Override
    public void hurry() {
        hurry = true;
        worker.hurry();
    }

    @Override
    public void pause() {
        pause = true;
        worker.hurry();
    }

    @Override
    public void memoryReset() {
        ram.forget();
        if (worker.alive()) {
            // The guest cannot read these, but nothing of one tenant should lie about when the next one comes.
            control.asSlice(Control.REGS, Control.SETUP_COUNT - Control.REGS).fill((byte) 0);
            control.set(JAVA_INT, Control.FP_CONTROL, floatingPoint);
        }
        held = 0;
        allowed = 0;
        returnSp = Layout.RETURN_STACK_TOP;
    }

    @Override
    public boolean alive() {
        return worker.alive();
    }

    @Override
    public int workerPid() {
        return worker.pid();
    }

    /** The worker's control page; for tests that play a hostile worker. */
    MemorySegment control() {
        return control;
    }

    /** What it runs; for tests that plant an attacker's code there. */
    NativeProgram program() {
        return program;
    }

    @Override
    public int hostBytes() {
        return program.hostBytes();
    }

    @Override
    public void close() {
        worker.close();
    }
}

package dev.rivet;

import dev.rivet.internal.Deadline;
import dev.rivet.internal.Events;
import dev.rivet.internal.Hart;
import dev.rivet.internal.Runner;
import dev.rivet.internal.Stop;
import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.sandbox.WorkerLostException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One call of an instance from its start to its {@link Outcome}: limits, host calls, what each stop of the runner means, what
 * is counted and recorded. Used again for each call. Who may use the instance, and when, is {@link Instance}'s business.
 */
final class Execution {
    /** Calls under way on this thread, one within the other. */
    private static final ThreadLocal<int[]> DEPTH = ThreadLocal.withInitial(() -> new int[1]);

    private static final int A0 = 10;
    private static final int ECALL_SIZE = 4;

    private final Instance instance;
    private final Program program;
    private final Machine machine;
    private final Hart hart;
    private final Runner runner;
    private final HostFunctions host;
    private final HostCallContext context;
    private final Tally tally;
    private final boolean metered;
    private final boolean async;

    private Pending pending;
    private volatile boolean pauseAsked;
    private CallOptions limits;
    private long deadline;
    private long given; // gas at the start of the call or resume

    Execution(Instance instance, Machine machine, Pending pending) {
        this.instance = instance;
        this.machine = machine;
        this.pending = pending;
        program = instance.program();
        hart = machine.hart;
        runner = machine.runner;
        host = instance.options().host();
        tally = program.engine().tally();
        metered = instance.options().metering() != Metering.NONE;
        async = instance.options().metering() == Metering.ASYNC;
        context = new HostCallContext(instance, hart, program.text().xlen(), Hart.numberRegister(program.text()),
                metered);
    }

    /** What can be resumed. */
    Pending pending() {
        return pending;
    }

    /** The hart has been put into another state. */
    void pending(Pending now) {
        pending = now;
    }

    /** A call is about to begin; a pause asked for from here on counts. */
    void begin() {
        pauseAsked = false;
    }

    /** From any thread: makes the call under way end soon. */
    void pause() {
        pauseAsked = true;
        runner.pause();
    }

    /** Throws CallDepthException if one more call would be too many within one another. */
    void checkDepth() {
        int most = program.engine().maxCallDepth();
        if (DEPTH.get()[0] > most) {
            throw new CallDepthException(most);
        }
    }

    /** What the call under way has left. */
    CallOptions remaining() {
        CallOptions left = metered ? CallOptions.ofGas(hart.gas) : CallOptions.unlimited();
        return deadline == Deadline.NEVER
                ? left
                : left.withDeadline(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }

    /**
     * Runs the hart from where it stands, or makes its host call again, until it stops for good.
     *
     * @param options limits of this call
     * @param left gas from before that counts too
     */
    Outcome run(CallOptions options, long left) {
        limits = options;
        long sum = left + limits.gas();
        hart.gas = metered ? sum < 0 ? Long.MAX_VALUE : sum : 0;
        given = hart.gas;
        deadline = Deadline.after(limits.deadline());
        boolean again = pending == Pending.HOST_CALL;
        pending = Pending.NOTHING;
        int from = hart.pc;
        Events.Call event = Events.on() ? new Events.Call() : null;
        if (event != null) {
            event.begin();
        }
        int[] depth = DEPTH.get();
        depth[0]++;
        Outcome outcome = null;
        try {
            outcome = again ? hostCall() : null;
            while (outcome == null) {
                outcome = outcome(runner.run(hart, deadline));
            }
        } catch (WorkerLostException e) {
            outcome = lost(e.getMessage());
        } finally {
            depth[0]--;
            tally.calls.increment();
        }
        if (metered) {
            tally.gas.add(outcome.gasUsed());
        }
        if (event != null && event.shouldCommit()) {
            event.program = program.name();
            event.function = program.locate(Integer.toUnsignedLong(from)).toString();
            event.outcome = outcome.message();
            event.gasUsed = outcome.gasUsed();
            event.commit();
        }
        return outcome;
    }

    private Outcome lost(String why) {
        machine.lost = why;
        tally.lost.increment();
        Engine.LOG.log(System.Logger.Level.WARNING, "{0}: worker lost: {1}", program.name(), why);
        if (Events.on()) {
            Events.WorkerLoss event = new Events.WorkerLoss();
            event.program = program.name();
            event.reason = why;
            event.commit();
        }
        return new Outcome.WorkerLost(why, usage());
    }

    private Usage usage() {
        return new Usage(program.locate(Integer.toUnsignedLong(hart.pc)), given - hart.gas, hart.gas);
    }

    /** What a stop means for the caller; null when the guest goes on. */
    private @Nullable Outcome outcome(Stop stop) {
        return switch (stop) {
            case ECALL -> hostCall();
            case OUT_OF_GAS -> {
                // asynchronous metering stops late, where nothing can go on
                tally.outOfGas.increment();
                pending = async ? Pending.NOTHING : Pending.BLOCK;
                yield new Outcome.OutOfGas(usage());
            }
            case FINISHED -> new Outcome.Finished(hart.regs[A0], hart.regs[A0 + 1], new Usage(
                    new Location(Integer.toUnsignedLong(hart.pc), null, 0, null), given - hart.gas, hart.gas));
            case INTERRUPTED -> interrupted();
            case PAUSED -> pauseAsked ? paused() : null; // or it was meant for a call that had just ended
            case LIMIT -> null;
            case ILLEGAL -> trap(Trap.Kind.ILLEGAL_INSTRUCTION, 0, false, illegal(), null);
            case BREAKPOINT -> trap(Trap.Kind.BREAKPOINT, 0, false, "ebreak", null);
            case BAD_JUMP -> {
                long target = Integer.toUnsignedLong(hart.address);
                yield trap(Trap.Kind.BAD_JUMP, target, false,
                        (hart.address == hart.pc ? "no instruction at " : "jump to ")
                                + hex(target),
                        null);
            }
            case MEMORY_ACCESS -> {
                long address = Integer.toUnsignedLong(hart.address);
                yield trap(Trap.Kind.MEMORY_ACCESS, address, hart.write, (hart.write ? "write at " : "read at ")
                        + hex(address), null);
            }
        };
    }

    private static String hex(long value) {
        return "0x%08x".formatted(value);
    }

    /** The bits are in the memory of the guest: text can be read and never changes. */
    private String illegal() {
        Code code = program.code();
        int i = code.indexOf(hart.pc);
        if (i < 0) {
            return "no supported instruction";
        }
        int bits = Inst.imm(code.insts[i]);
        return (Inst.size(code.insts[i]) == 2 ? "0x%04x" : "0x%08x").formatted(bits) + " is no supported instruction";
    }

    private Outcome trap(Trap.Kind kind, long address, boolean write, String detail,
            @Nullable Throwable cause) {
        Usage usage = usage();
        Trap trap = new Trap(kind, usage.at(), address, write, hart.regs, detail, cause);
        tally.traps.increment();
        if (Events.on()) {
            Events.Trap event = new Events.Trap();
            event.program = program.name();
            event.message = trap.message();
            event.commit();
        }
        return new Outcome.Trapped(trap, usage);
    }

    /** Someone asked to stop: the clock, the thread's interrupter, or close(). */
    private @Nullable Outcome interrupted() {
        if (instance.isClosing()) {
            throw new IllegalStateException("the instance was closed during the call");
        }
        if (Deadline.isOver(deadline)) {
            tally.timeouts.increment();
            return new Outcome.TimedOut(limits.deadline(), usage());
        }
        return Thread.currentThread().isInterrupted() ? new Outcome.Interrupted(usage()) : null;
    }

    private Outcome paused() {
        pending = Pending.BLOCK;
        return new Outcome.Paused(usage());
    }

    /** What somebody else's exception says of itself; it may fail even at that. */
    private static String oneLine(Throwable e) {
        try {
            return e.toString().replaceAll("\\s*\\R\\s*", " ");
        } catch (RuntimeException noWord) {
            return e.getClass().getName();
        }
    }

    /** Performs the host call that the hart stands at; null when the guest goes on. */
    private @Nullable Outcome hostCall() {
        long number = hart.regs[Hart.numberRegister(program.text())];
        HostFunction function = host.find(number);
        if (function == null) {
            return trap(Trap.Kind.HOST_ERROR, 0, false, "no host function has number " + number, null);
        }
        tally.hostCalls.increment();
        long gasBefore = hart.gas;
        context.begin();
        try {
            function.call(context);
        } catch (HostCallContext.GasException e) {
            // handled below, where a function that caught it ends up too
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return trap(Trap.Kind.HOST_ERROR, 0, false, "host function " + number + " failed: " + oneLine(e), e);
        } finally {
            context.end();
        }
        if (context.outOfGas()) {
            hart.gas = gasBefore;
            tally.outOfGas.increment();
            pending = Pending.HOST_CALL;
            return new Outcome.OutOfGas(usage());
        }
        context.commit();
        if (context.exitStatus() >= 0) {
            return new Outcome.Exited(context.exitStatus(), usage());
        }
        hart.pc += ECALL_SIZE;
        boolean asked = instance.isClosing() || Thread.currentThread().isInterrupted() || Deadline.isOver(deadline);
        Outcome stopped = asked ? interrupted() : null;
        return stopped == null && pauseAsked ? paused() : stopped;
    }
}

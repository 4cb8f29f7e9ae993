package dev.rivet;

import dev.rivet.internal.Deadline;
import dev.rivet.internal.Events;
import dev.rivet.internal.Hart;
import dev.rivet.internal.InitialStack;
import dev.rivet.internal.Runner;
import dev.rivet.internal.Stop;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.WorkerLostException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One guest: its own memory, its own hart, on the native engine its own worker process. One thread at a time uses it; a
 * second gets {@link IllegalStateException}. {@link #close} may be called by any.
 *
 * <p>Memory lives from call to call until {@link #reset}. Registers start each call as zero, but for the arguments, sp
 * (top of the stack, a multiple of 16), ra (the return-to-host address) and for gp and tp, which keep what the last call
 * left in them.
 */
public final class Instance implements AutoCloseable {
    /**
     * What making and running an instance took.
     *
     * @param engine {@link Engine#label}
     * @param guestInstructions instructions in the program's text, counted statically
     * @param hostBytes bytes of machine code; 0 for the interpreter
     * @param loadNanos reading and decoding the file
     * @param compileNanos translating it (0 when another instance had it translated)
     * @param startNanos making memory and worker
     */
    public record Statistics(String engine, int guestInstructions, int hostBytes, long loadNanos, long compileNanos,
            long startNanos) {
    }

    private enum Pending {
        /** Nothing to resume. */
        NOTHING,
        /** Out of gas before a block, or paused. */
        BLOCK,
        /** Out of gas in a host call, which is to be made again. */
        HOST_CALL
    }

    private static final int IDLE = 0;
    private static final int RUNNING = 1;
    /** Running, and to be closed by the thread that runs. */
    private static final int CLOSING = 2;
    private static final int CLOSED = 3;

    /** Calls under way on this thread, one within the other. */
    private static final ThreadLocal<int[]> DEPTH = ThreadLocal.withInitial(() -> new int[1]);

    private static final int A0 = 10;
    private static final int MOST_ARGUMENTS = 6;
    private static final int ECALL_SIZE = 4;

    private final Program program;
    private final InstanceOptions options;
    private final GuestMemory guest;
    private final Runner runner;
    private final Hart hart;
    private final Memory memory;
    private final boolean metered;
    private final HostCallContext context;
    private final Machine machine;
    private final Runnable home;
    private final Tally tally;
    private final AtomicInteger state = new AtomicInteger(IDLE);

    private Pending pending = Pending.NOTHING;
    private Object attachment;
    private volatile boolean pauseAsked;
    private CallOptions limits;
    private long deadline;
    private long given; // gas at the start of the call or resume

    /**
     * An instance that uses a machine until it is closed.
     *
     * @param pooled whether the machine lives on
     * @param home told once when this is over; by then nothing reaches the machine through this instance any more
     */
    Instance(Program program, InstanceOptions options, Machine machine, boolean pooled, Runnable home) {
        this.program = program;
        this.options = options;
        this.machine = machine;
        this.home = home;
        guest = machine.guest;
        hart = machine.hart;
        runner = machine.runner;
        memory = new Memory(guest, pooled);
        tally = program.engine().tally();
        machine.user = this;
        metered = options.metering() != Metering.NONE;
        context = new HostCallContext(this, hart, program.code().xlen, Hart.numberRegister(program.code()), metered);
    }

    /**
     * Calls a function.
     *
     * @param symbol its name in the file
     * @param arguments up to six, for a0–a5; on RV32 their low 32 bits
     * @throws IllegalArgumentException if there is no such symbol or there are too many arguments, or a gas limit is given
     *             to an instance without metering
     */
    public Outcome call(CallOptions options, String symbol, long... arguments) {
        long address = program.symbol(symbol).orElseThrow(() -> new IllegalArgumentException(
                program.name() + " has no symbol " + symbol + "; call it by address if the file is stripped"));
        return call(options, address, arguments);
    }

    /**
     * Calls the function at a guest address; otherwise as {@link #call(CallOptions, String, long...)}. An address where no
     * code is makes a BAD_JUMP trap at that address.
     */
    public Outcome call(CallOptions options, long address, long... arguments) {
        if (arguments.length > MOST_ARGUMENTS) {
            throw new IllegalArgumentException(
                    arguments.length + " arguments; a call has at most " + MOST_ARGUMENTS
                            + ", pass more through memory");
        }
        if (address < 0 || address > 0xffff_ffffL) {
            throw new IllegalArgumentException("0x" + Long.toHexString(address) + " is no guest address");
        }
        begin(options);
        try {
            hart.startCall(address, guest.plan().stackEnd(), Layout.RETURN_TO_HOST);
            for (int i = 0; i < arguments.length; i++) {
                hart.regs[A0 + i] = Hart.canonical(program.code().xlen, arguments[i]);
            }
            return start(0);
        } finally {
            end();
        }
    }

    /**
     * As {@link #call(CallOptions, String, long...)}, on a virtual thread of its own. The instance is in use until the future
     * is complete; cancelling it interrupts the call, which ends soon after, not at once.
     *
     * <p>What the call would throw the future completes with. Host functions run on that virtual thread.
     */
    public CompletableFuture<Outcome> callAsync(CallOptions options, String symbol, long... arguments) {
        long[] copy = arguments.clone();
        return AsyncCall.start(() -> call(options, symbol, copy));
    }

    /**
     * Runs the program from its entry point, as Linux starts one: argc, argv, envp and auxv on the stack, all registers but
     * sp zero. Memory is taken as it is: {@link #reset} first to run a program twice.
     *
     * @param arguments argv, the program's own name first
     * @param environment lines {@code NAME=value}
     * @throws IllegalArgumentException if they do not fit the stack
     */
    public Outcome run(CallOptions options, List<String> arguments, List<String> environment) {
        begin(options);
        try {
            long sp = InitialStack.lay(guest, program.code().xlen, program.entry(), program.headers(), arguments,
                    environment);
            hart.startProgram(program.entry(), sp);
            return start(0);
        } finally {
            end();
        }
    }

    /**
     * After {@link Outcome.OutOfGas} or {@link Outcome.Paused}: goes on with more gas, which is added to what was left, and
     * a new deadline.
     *
     * @param options limits; gas 0 leaves what was left, without a gas limit the guest has 2⁶³−1 from here on
     * @throws IllegalStateException if the last call ended otherwise, or the instance was reset since, or its metering is
     *             asynchronous and gas ran out
     */
    public Outcome resume(CallOptions options) {
        begin(options);
        try {
            if (pending == Pending.NOTHING) {
                throw new IllegalStateException("nothing to resume: the last call ended neither out of gas nor paused");
            }
            return start(hart.gas);
        } finally {
            end();
        }
    }

    /**
     * From any thread: makes the call under way end soon with {@link Outcome.Paused}, from which {@link #resume} goes on.
     * Without a call under way it does nothing.
     */
    public void pause() {
        if (state.get() == RUNNING) {
            pauseAsked = true;
            runner.pause();
        }
    }

    /**
     * The whole state of the guest after {@link Outcome.OutOfGas} or {@link Outcome.Paused}, to be
     * {@linkplain Program#restore restored} here or elsewhere. This instance can be resumed all the same.
     *
     * @throws IllegalStateException if the last call ended otherwise, or the guest has changed more than 1 GiB
     */
    public Snapshot snapshot() {
        take();
        try {
            if (pending == Pending.NOTHING) {
                throw new IllegalStateException("no snapshot: the last call ended neither out of gas nor paused");
            }
            long[] pages = guest.changedPages();
            if (pages.length > Snapshot.MOST_PAGES) {
                throw new IllegalStateException("no snapshot: the guest has changed more than 1 GiB of memory");
            }
            byte[] contents = new byte[pages.length * MemoryPlan.PAGE];
            for (int i = 0; i < pages.length; i++) {
                MemorySegment.copy(guest.view(), ValueLayout.JAVA_BYTE, pages[i], contents, i * MemoryPlan.PAGE,
                        MemoryPlan.PAGE);
            }
            CostModel costs = options.costs();
            return new Snapshot(program.digest(), program.code().xlen, options.memoryLimit(), options.stackSize(),
                    costs.name(), costs.version(), metered, pending == Pending.HOST_CALL, hart.pc, hart.gas,
                    hart.reservation, guest.heapEnd(), guest.brk(), hart.regs.clone(), pages, contents);
        } finally {
            end();
        }
    }

    /** Takes over a snapshot's state; only in a new instance with the snapshot's limits. */
    void restore(Snapshot from) {
        guest.brk(from.heapEnd);
        if (guest.heapEnd() != from.heapEnd || guest.brk(from.brk) != from.brk) {
            throw new BadSnapshotException("the snapshot's break does not fit its memory limit");
        }
        for (int i = 0; i < from.pages.length; i++) {
            long page = from.pages[i];
            if (page % MemoryPlan.PAGE != 0 || !guest.writable(page, MemoryPlan.PAGE)) {
                throw new BadSnapshotException(
                        "the snapshot has a page at " + hex(page) + ", where the program has none");
            }
            MemorySegment.copy(from.contents, i * MemoryPlan.PAGE, guest.view(), ValueLayout.JAVA_BYTE, page,
                    MemoryPlan.PAGE);
        }
        int xlen = program.code().xlen;
        for (int r = 1; r < 32; r++) {
            if (Hart.canonical(xlen, from.regs[r]) != from.regs[r]) {
                throw new BadSnapshotException("the snapshot's x" + r + " has more than " + xlen + " bits");
            }
            hart.regs[r] = from.regs[r];
        }
        hart.fresh = true;
        hart.pc = from.pc;
        hart.gas = from.gas;
        hart.reservation = from.reservation;
        pending = from.hostCall ? Pending.HOST_CALL : Pending.BLOCK;
    }

    /**
     * Where the last call stopped and through which calls it got there, the innermost first: the place itself, then one
     * place for each call under way, the address of its call instruction. Kept by links in ra, so no frame pointers are
     * needed; after tail calls or a longjmp a few entries may be missing or stale. At most 1024 calls.
     */
    public List<Location> stackTrace() {
        take();
        try {
            return places(hart.pc, runner.callers());
        } finally {
            end();
        }
    }

    private List<Location> places(int pc, int[] callers) {
        Location[] places = new Location[callers.length + 1];
        places[0] = program.locate(Integer.toUnsignedLong(pc));
        for (int i = 0; i < callers.length; i++) {
            places[i + 1] = program.locate(Integer.toUnsignedLong(callers[i]));
        }
        return List.of(places);
    }

    /**
     * Profiles the calls to come: looks where the guest is, again and again, while it runs.
     *
     * @param interval time between two looks, at least 100 µs; null for no more
     * @param sink gets each stack, as {@link #stackTrace} gives it, on the calling thread
     */
    public void profile(Duration interval, Consumer<List<Location>> sink) {
        take();
        try {
            if (interval == null) {
                runner.sample(0, null);
            } else {
                Objects.requireNonNull(sink, "sink");
                runner.sample(Math.max(interval.toNanos(), 100_000), (pc, callers) -> sink.accept(places(pc, callers)));
            }
        } finally {
            end();
        }
    }

    /** The guest's memory. */
    public Memory memory() {
        return memory;
    }

    /** Register 0–31 as the last call left it; zero-extended on RV32. */
    public long register(int number) {
        if (state.get() == CLOSED) {
            throw new IllegalStateException("the instance is closed");
        }
        return hart.regs[number];
    }

    /** Memory and registers back to how they were in a new instance. */
    public void reset() {
        take();
        try {
            machine.reset();
            pending = Pending.NOTHING;
        } finally {
            end();
        }
    }

    /** What runs the guest; for tests. */
    Runner runner() {
        return runner;
    }

    /**
     * Gives host functions something to work with: who calls, on what storage. From the thread that uses the instance,
     * before a call or in a host function; {@link HostCall#attachment} and {@link HostMethod} parameters find it. It stays
     * until the instance is closed.
     */
    public void attach(Object anything) {
        attachment = anything;
    }

    /** What was attached, or null. */
    public Object attachment() {
        return attachment;
    }

    /** What the call under way has left. */
    CallOptions remaining() {
        CallOptions left = metered ? CallOptions.ofGas(hart.gas) : CallOptions.unlimited();
        return deadline == Deadline.NEVER
                ? left
                : left.withDeadline(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }

    /** What it runs on; for tests. */
    Machine machine() {
        return machine;
    }

    /** The program it runs. */
    public Program program() {
        return program;
    }

    /** What it was made with. */
    public InstanceOptions options() {
        return options;
    }

    /** What making this instance took. */
    public Statistics statistics() {
        return machine.statistics;
    }

    /**
     * Ends the worker and gives the memory back; an instance from an {@link InstancePool} goes back to it, as new. A call
     * under way on another thread ends. Closing twice does nothing.
     */
    @Override
    public void close() {
        while (true) {
            int now = state.get();
            switch (now) {
                case IDLE -> {
                    if (state.compareAndSet(IDLE, CLOSED)) {
                        release();
                        return;
                    }
                }
                case RUNNING -> {
                    if (state.compareAndSet(RUNNING, CLOSING)) {
                        runner.hurry();
                        return;
                    }
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void release() {
        memory.close();
        machine.user = null;
        home.run();
    }

    private void take() {
        if (!state.compareAndSet(IDLE, RUNNING)) {
            throw new IllegalStateException(state.get() == RUNNING
                    ? "the instance is in use, by another thread or by the call this one is in"
                    : "the instance is closed");
        }
    }

    private void end() {
        if (!state.compareAndSet(RUNNING, IDLE)) {
            state.set(CLOSED);
            release();
        }
    }

    /** Takes the instance for one call and checks its limits; if it throws, the instance is as before. */
    private void begin(CallOptions options) {
        Objects.requireNonNull(options, "options");
        if (options.hasGas() && !metered) {
            throw new IllegalArgumentException(
                    "a gas limit for an instance with metering none; make the instance with another metering");
        }
        int most = program.engine().maxCallDepth();
        if (DEPTH.get()[0] > most) {
            throw new CallDepthException(most);
        }
        take();
        if (machine.lost != null) {
            end();
            throw new IllegalStateException("the instance lost its worker (" + machine.lost + "); make another");
        }
        pauseAsked = false;
        limits = options;
    }

    /** Sets the limits; {@code left} is gas from before that counts too. */
    private Outcome start(long left) {
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
    private Outcome outcome(Stop stop) {
        return switch (stop) {
            case ECALL -> hostCall();
            case OUT_OF_GAS -> {
                // asynchronous metering stops late, where nothing can go on
                tally.outOfGas.increment();
                pending = options.metering() == Metering.ASYNC ? Pending.NOTHING : Pending.BLOCK;
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

    private Outcome trap(Trap.Kind kind, long address, boolean write, String detail, Throwable cause) {
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
    private Outcome interrupted() {
        if (state.get() == CLOSING) {
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

    private static String oneLine(Throwable e) {
        return e.toString().replaceAll("\\s*\\R\\s*", " ");
    }

    /** Performs the host call that the hart stands at; null when the guest goes on. */
    private Outcome hostCall() {
        long number = hart.regs[Hart.numberRegister(program.code())];
        HostFunction function = options.host().find(number);
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
        boolean asked = state.get() == CLOSING || Thread.currentThread().isInterrupted() || Deadline.isOver(deadline);
        Outcome stopped = asked ? interrupted() : null;
        return stopped == null && pauseAsked ? paused() : stopped;
    }
}

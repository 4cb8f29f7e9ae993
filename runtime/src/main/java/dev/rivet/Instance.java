package dev.rivet;

import dev.rivet.internal.Hart;
import dev.rivet.internal.InitialStack;
import dev.rivet.internal.Runner;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.MemoryState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
     * @param loadNanos reading the file and, unless its translation may come from the code cache, decoding it
     * @param compileNanos translating it (0 when another instance had it translated)
     * @param startNanos making memory and worker
     */
    public record Statistics(String engine, int guestInstructions, int hostBytes, long loadNanos, long compileNanos,
            long startNanos) {
    }

    private static final int IDLE = 0;
    private static final int RUNNING = 1;
    /** Running, and to be closed by the thread that runs. */
    private static final int CLOSING = 2;
    private static final int CLOSED = 3;

    /** As good as never; {@link System#nanoTime} can be added to it. */
    private static final Duration LONGEST_INTERVAL = Duration.ofDays(36_500);

    private static final int A0 = 10;
    private static final int MOST_ARGUMENTS = 6;

    private final Program program;
    private final InstanceOptions options;
    private final GuestMemory guest;
    private final Runner runner;
    private final Hart hart;
    private final Memory memory;
    private final Machine machine;
    private final Execution execution;
    private final Runnable home;
    private final AtomicInteger state = new AtomicInteger(IDLE);
    private @Nullable Object attachment;

    /**
     * An instance that uses a machine until it is closed.
     *
     * @param pooled whether the machine lives on
     * @param pending what the machine's state has before it
     * @param home told once when this is over; by then nothing reaches the machine through this instance any more
     */
    Instance(Program program, InstanceOptions options, Machine machine, boolean pooled, Pending pending,
            Runnable home) {
        this.program = program;
        this.options = options;
        this.machine = machine;
        this.home = home;
        guest = machine.guest;
        hart = machine.hart;
        runner = machine.runner;
        memory = new Memory(guest, pooled);
        execution = new Execution(this, machine, pending);
        machine.user = this;
    }

    /**
     * Calls a function.
     *
     * @param options limits of the call
     * @param symbol its name in the file
     * @param arguments up to six, for a0–a5; on RV32 their low 32 bits
     * @return how the call ended
     * @throws IllegalArgumentException if there is no such symbol or there are too many arguments, or a gas limit is given
     *             to an instance without metering
     */
    public Outcome call(CallOptions options, String symbol, long... arguments) {
        Objects.requireNonNull(symbol, "symbol");
        long address = program.symbol(symbol).orElseThrow(() -> new IllegalArgumentException(
                program.name() + " has no symbol " + symbol + "; call it by address if the file is stripped"));
        return call(options, address, arguments);
    }

    /**
     * Calls the function at a guest address; otherwise as {@link #call(CallOptions, String, long...)}. An address where no
     * code is makes a BAD_JUMP trap at that address.
     *
     * @param options limits of the call
     * @param address guest address of the function, 0 to 2³²−1
     * @param arguments up to six, for a0–a5; on RV32 their low 32 bits
     * @return how the call ended
     */
    public Outcome call(CallOptions options, long address, long... arguments) {
        Objects.requireNonNull(arguments, "arguments");
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
                hart.regs[A0 + i] = Hart.canonical(program.text().xlen(), arguments[i]);
            }
            return execution.run(options, 0);
        } finally {
            end();
        }
    }

    /**
     * As {@link #call(CallOptions, String, long...)}, on a virtual thread of its own. The instance is in use from when
     * that thread begins until the future is complete. Cancelling it, or completing it otherwise ({@link CompletableFuture#orTimeout}), interrupts the call, which
     * ends soon after, not at once.
     *
     * <p>What the call would throw the future completes with. Host functions run on that virtual thread.
     *
     * @param options limits of the call
     * @param symbol the function's name in the file
     * @param arguments up to six, for a0–a5; on RV32 their low 32 bits
     * @return completed with how the call ended
     */
    public CompletableFuture<Outcome> callAsync(CallOptions options, String symbol, long... arguments) {
        long[] copy = Objects.requireNonNull(arguments, "arguments").clone();
        return AsyncCall.start(() -> call(options, symbol, copy));
    }

    /**
     * Runs the program from its entry point, as Linux starts one: argc, argv, envp and auxv on the stack, all registers but
     * sp zero. Memory is taken as it is: {@link #reset} first to run a program twice.
     *
     * @param options limits of the call
     * @param arguments argv, the program's own name first
     * @param environment lines {@code NAME=value}
     * @return how the call ended
     * @throws IllegalArgumentException if they do not fit the stack
     */
    public Outcome run(CallOptions options, List<String> arguments, List<String> environment) {
        Objects.requireNonNull(arguments, "arguments");
        Objects.requireNonNull(environment, "environment");
        begin(options);
        try {
            long sp = InitialStack.lay(guest, program.text().xlen(), program.entry(), program.headers(), arguments,
                    environment);
            hart.startProgram(program.entry(), sp);
            return execution.run(options, 0);
        } finally {
            end();
        }
    }

    /**
     * After {@link Outcome.OutOfGas} or {@link Outcome.Paused}: goes on with more gas, which is added to what was left, and
     * a new deadline.
     *
     * @param options limits; gas 0 leaves what was left, without a gas limit the guest has 2⁶³−1 from here on
     * @return how the call ended
     * @throws IllegalStateException if the last call ended otherwise, or the instance was reset since, or its metering is
     *             asynchronous and gas ran out
     */
    public Outcome resume(CallOptions options) {
        begin(options);
        try {
            if (execution.pending() == Pending.NOTHING) {
                throw new IllegalStateException("nothing to resume: the last call ended neither out of gas nor paused");
            }
            return execution.run(options, hart.gas);
        } finally {
            end();
        }
    }

    /**
     * From any thread: makes the call under way end soon with {@link Outcome.Paused}, from which {@link #resume} goes on.
     * Without a call under way it does nothing; who cannot know whether the call has begun yet asks again.
     */
    public void pause() {
        if (state.get() == RUNNING) {
            execution.pause();
        }
    }

    /**
     * The whole state of the guest, to be {@linkplain Program#restore restored} here or elsewhere, as often as you like.
     * After {@link Outcome.OutOfGas} or {@link Outcome.Paused} a restored instance is resumed, otherwise it is called. This
     * instance goes on all the same.
     *
     * @return the state
     * @throws IllegalStateException if a call is under way, the guest has changed more than 1 GiB of memory, or its worker
     *             is lost
     */
    public Snapshot snapshot() {
        take();
        try {
            checkWorker();
            MemoryState memory = guest.state(Snapshot.MOST_PAGES);
            if (memory == null) {
                throw new IllegalStateException("no snapshot: the guest has changed more than 1 GiB of memory");
            }
            CostModel costs = options.costs();
            return new Snapshot(program.digest(), program.text().xlen(), options.memoryLimit(), options.stackSize(),
                    costs.name(), costs.version(), costs.digest(), options.metering() != Metering.NONE,
                    execution.pending(), hart.pc,
                    hart.gas, hart.reservation, hart.regs.clone(), memory);
        } finally {
            end();
        }
    }

    /**
     * Where the last call stopped and through which calls it got there, the innermost first: the place itself, then one
     * place for each call under way, the address of its call instruction. Kept by links in ra, so no frame pointers are
     * needed; after tail calls or a longjmp a few entries may be missing or stale. At most 1024 calls.
     *
     * @return the places, the innermost first
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
     * @param interval time between two looks; less than 100 µs is as 100 µs; null for no more
     * @param sink gets each stack, as {@link #stackTrace} gives it, on the calling thread; what it throws ends the call and
     *            is thrown by it
     */
    public void profile(@Nullable Duration interval, @Nullable Consumer<List<Location>> sink) {
        take();
        try {
            if (interval == null) {
                runner.sample(0, null);
            } else {
                Objects.requireNonNull(sink, "sink");
                long nanos = interval.compareTo(LONGEST_INTERVAL) > 0 ? LONGEST_INTERVAL.toNanos() : interval.toNanos();
                runner.sample(Math.max(nanos, 100_000), (pc, callers) -> sink.accept(places(pc, callers)));
            }
        } finally {
            end();
        }
    }

    /** {@return the guest's memory} */
    public Memory memory() {
        return memory;
    }

    /**
     * A register as the last call left it; zero-extended on RV32.
     *
     * @param number 0 to 31
     * @return its value
     * @throws IllegalArgumentException if there is no such register
     */
    public long register(int number) {
        Trap.checkRegister(number);
        if (state.get() == CLOSED) {
            throw new IllegalStateException("the instance is closed");
        }
        return hart.regs[number];
    }

    /**
     * Memory and registers back to how they were in a new instance.
     *
     * @throws IllegalStateException if a call is under way, or the instance is closed
     */
    public void reset() {
        take();
        try {
            machine.reset();
            execution.pending(Pending.NOTHING);
        } finally {
            end();
        }
    }

    /**
     * Memory and registers to what a snapshot has, whatever they were: much cheaper than {@link Program#restore}, because the
     * worker stays.
     *
     * @param to the state to have
     * @throws BadSnapshotException if the snapshot is of another program, was metered otherwise, has other limits of memory
     *             or stack than this instance, or is inconsistent
     * @throws IllegalStateException if a call is under way, or the instance is closed
     */
    public void reset(Snapshot to) {
        Objects.requireNonNull(to, "snapshot");
        InstanceOptions wanted = program.optionsFor(to, options);
        if (!wanted.equals(options)) {
            throw new BadSnapshotException(
                    "the snapshot has a memory limit of " + to.memoryLimit + " bytes and a stack of "
                            + to.stackSize + ", the instance " + options.memoryLimit() + " and " + options.stackSize()
                            + "; use Program.restore");
        }
        take();
        try {
            machine.reset(to);
            execution.pending(to.pending);
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
     *
     * @param anything what host functions are to find; null for nothing
     */
    public void attach(@Nullable Object anything) {
        attachment = anything;
    }

    /** {@return what was attached, or null} */
    public @Nullable Object attachment() {
        return attachment;
    }

    /** What the call under way has left. */
    CallOptions remaining() {
        return execution.remaining();
    }

    /** What it runs on; for tests. */
    Machine machine() {
        return machine;
    }

    /** {@return the program it runs} */
    public Program program() {
        return program;
    }

    /** {@return what it was made with} */
    public InstanceOptions options() {
        return options;
    }

    /** {@return what making this instance took} */
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
    private void begin(CallOptions limits) {
        Objects.requireNonNull(limits, "options");
        if (limits.hasGas() && options.metering() == Metering.NONE) {
            throw new IllegalArgumentException(
                    "a gas limit for an instance with metering none; make the instance with another metering");
        }
        execution.checkDepth();
        take();
        try {
            checkWorker();
        } catch (IllegalStateException e) {
            end();
            throw e;
        }
        execution.begin();
    }

    private void checkWorker() {
        if (machine.lost != null) {
            throw new IllegalStateException("the instance lost its worker (" + machine.lost + "); make another");
        }
    }

    /** Whether somebody has closed it while it runs. */
    boolean isClosing() {
        return state.get() == CLOSING;
    }
}

package dev.rivet;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Instances of one program, used again and again. {@link #borrow} gives one that nobody can tell from a new one (or
 * from one {@linkplain Builder#from restored} from a snapshot); its {@link Instance#close} gives it back. Safe for many threads, virtual ones too.
 *
 * <pre>{@code
 * try (InstancePool pool = InstancePool.builder(program).size(16).build()) {
 *     try (Instance instance = pool.borrow()) {
 *         Outcome outcome = instance.call(CallOptions.ofGas(1_000_000), "transfer", 7, 100);
 *     }
 * }
 * }</pre>
 *
 * <p><strong>Nothing is left behind</strong>: when an instance comes back, its memory, registers, reservation and break are
 * put back to their first state; the old {@code Instance}, its {@link Memory} and slices of it throw
 * {@link IllegalStateException} from then on. One whose worker is gone is replaced.
 *
 * <p><strong>No storms</strong>: a pool never has more than {@link Builder#size} machines, an engine never more than its
 * limits, and few are started at the same time. Who finds none free waits, first come, first served; who waits too long, or
 * finds too many waiting, gets {@link CapacityException}. Idle machines of other pools make way when the engine is full.
 *
 * <p><strong>Trust</strong>: tenants of one pool follow one another in the same worker process. Translated code cannot
 * leave its sandbox's memory, but who wants a second line of defence between tenants sets {@link Builder#maxUses} to 1 and
 * pays for a new process each time.
 */
public final class InstancePool implements AutoCloseable {
    /** Settings of a pool. */
    public static final class Builder {
        private final Program program;
        private InstanceOptions options = InstanceOptions.defaults();
        private int size = 2 * Runtime.getRuntime().availableProcessors();
        private Duration maxWait = Duration.ofSeconds(1);
        private int maxWaiting = 1000;
        private int maxUses = Integer.MAX_VALUE;
        private @Nullable Snapshot from;

        private Builder(Program program) {
            this.program = Objects.requireNonNull(program, "program");
        }

        /**
         * What the instances are made with; default {@link InstanceOptions#defaults}.
         *
         * @param options metering, costs, limits and host functions
         * @return this builder
         */
        public Builder options(InstanceOptions options) {
            this.options = Objects.requireNonNull(options, "options");
            return this;
        }

        /**
         * What instances begin with and go back to, instead of the program's first state: clones of a guest that has already
         * prepared what every call needs. Memory limit and stack are the snapshot's. A resumable one makes instances that are
         * to be {@linkplain Instance#resume resumed}. Each return of an instance copies the snapshot's memory.
         *
         * @param snapshot the state to begin with
         * @return this builder
         */
        public Builder from(Snapshot snapshot) {
            from = Objects.requireNonNull(snapshot, "snapshot");
            return this;
        }

        /**
         * Most instances at a time, 1 or more; default two for each processor.
         *
         * @param size 1 or more
         * @return this builder
         */
        public Builder size(int size) {
            this.size = atLeastOne("size", size);
            return this;
        }

        /**
         * How long {@link #borrow} waits for one; default 1 s, zero for not at all.
         *
         * @param wait zero or more
         * @return this builder
         */
        public Builder maxWait(Duration wait) {
            if (Objects.requireNonNull(wait, "wait").isNegative()) {
                throw new IllegalArgumentException("the longest wait is " + wait + "; it must not be negative");
            }
            maxWait = wait;
            return this;
        }

        /**
         * How many may wait at a time, 1 or more; whoever comes then is turned away at once. Default 1000.
         *
         * @param count 1 or more
         * @return this builder
         */
        public Builder maxWaiting(int count) {
            maxWaiting = atLeastOne("maxWaiting", count);
            return this;
        }

        /**
         * How many tenants a worker has before another replaces it, 1 or more; by default there is no limit.
         *
         * @param count 1 or more
         * @return this builder
         */
        public Builder maxUses(int count) {
            maxUses = atLeastOne("maxUses", count);
            return this;
        }

        private static int atLeastOne(String what, int count) {
            if (count < 1) {
                throw new IllegalArgumentException(what + " is " + count + "; it must be 1 or more");
            }
            return count;
        }

        /**
         * The pool. It makes instances when they are needed.
         *
         * @return the pool
         * @throws IllegalStateException if the program is closed
         * @throws BadSnapshotException if the snapshot given to {@link #from} is of another program, or is resumable and was
         *             metered otherwise
         */
        public InstancePool build() {
            InstancePool pool = new InstancePool(this);
            program.opened(pool);
            return pool;
        }
    }

    /** One machine of this pool. Its identity counts, not its contents. */
    static final class Seat {
        private final InstancePool pool;
        private final Machine machine;

        Seat(InstancePool pool, Machine machine) {
            this.pool = pool;
            this.machine = machine;
        }

        InstancePool pool() {
            return pool;
        }

        Machine machine() {
            return machine;
        }
    }

    private final Program program;
    private final InstanceOptions options;
    private final Capacity capacity;
    private final Tally tally;
    private final int size;
    private final long waitNanos;
    private final WaitingLine line;
    private final int maxUses;
    private final int worker;
    /** What machines begin with; null: as new. */
    private final @Nullable Snapshot from;

    // guarded by the capacity's lock
    private final Deque<Seat> idle = new ArrayDeque<>(); // used last = first, its pages are still in the caches
    private final Set<Seat> all = new HashSet<>();
    private int live; // machines there are or are being made
    private int stuck;
    private boolean closed;
    private boolean left;

    private InstancePool(Builder builder) {
        program = builder.program;
        from = builder.from;
        options = from == null ? builder.options : program.optionsFor(from, builder.options);
        capacity = program.engine().capacity();
        tally = program.engine().tally();
        size = builder.size;
        line = new WaitingLine(this, capacity, tally, builder.maxWaiting);
        maxUses = builder.maxUses;
        worker = program.engine().isNative() ? 1 : 0;
        long nanos;
        try {
            nanos = builder.maxWait.toNanos();
        } catch (ArithmeticException forever) {
            nanos = Long.MAX_VALUE;
        }
        waitNanos = nanos;
    }

    /**
     * A pool's settings.
     *
     * @param program what to make instances of
     * @return settings to change before {@link Builder#build}
     */
    public static Builder builder(Program program) {
        return new Builder(program);
    }

    /** {@return what it makes instances of} */
    public Program program() {
        return program;
    }

    /** {@return what instances are made with} */
    public InstanceOptions options() {
        return options;
    }

    /**
     * An instance as new, to be given back by {@link Instance#close}. Waits when none is free.
     *
     * @return the instance, to be closed
     * @throws CapacityException if none became free in time, or too many wait
     * @throws InterruptedException if the thread is interrupted while it waits
     * @throws UnsupportedHostException if one has to be made and the host lacks something
     * @throws IllegalStateException if the pool is closed
     */
    public Instance borrow() throws InterruptedException {
        Seat seat = takeIdle();
        if (seat == null) {
            seat = queue(waitNanos);
        }
        return lend(seat);
    }

    /**
     * As {@link #borrow}, but null when there is none free and none can be made now.
     *
     * @return the instance, to be closed, or null
     */
    public @Nullable Instance tryBorrow() {
        Seat seat = takeIdle();
        try {
            if (seat == null) {
                seat = queue(0);
            }
        } catch (CapacityException busy) {
            return null;
        } catch (InterruptedException impossible) {
            throw new IllegalStateException(impossible); // nobody waits for zero nanoseconds
        }
        return lend(seat);
    }

    /**
     * Borrows an instance, calls a function by its name, and gives the instance back.
     *
     * @param limits limits of the call
     * @param symbol the function's name in the file
     * @param arguments up to six, for a0–a5; on RV32 their low 32 bits
     * @return how the call ended
     * @throws InterruptedException if the thread is interrupted while it waits for an instance; during the call an
     *             interrupt ends it with {@link Outcome.Interrupted} instead
     */
    public Outcome call(CallOptions limits, String symbol, long... arguments) throws InterruptedException {
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(symbol, "symbol");
        Objects.requireNonNull(arguments, "arguments");
        try (Instance instance = borrow()) {
            return instance.call(limits, symbol, arguments);
        }
    }

    /**
     * As {@link #call}, on a virtual thread of its own, on which it also waits for an instance. Cancelling the future, or
     * completing it otherwise ({@link CompletableFuture#orTimeout}), ends the wait or the call soon after.
     *
     * @param limits limits of the call
     * @param symbol the function's name in the file
     * @param arguments up to six, for a0–a5; on RV32 their low 32 bits
     * @return completed with how the call ended
     */
    public CompletableFuture<Outcome> callAsync(CallOptions limits, String symbol, long... arguments) {
        long[] copy = Objects.requireNonNull(arguments, "arguments").clone();
        return AsyncCall.start(() -> call(limits, symbol, copy));
    }

    private Instance lend(Seat seat) {
        seat.machine.uses++;
        tally.borrowed.increment();
        return new Instance(program, options, seat.machine, true, from == null ? Pending.NOTHING : from.pending,
                () -> giveBack(seat));
    }

    private @Nullable Seat takeIdle() {
        Seat seat;
        capacity.lock.lock();
        try {
            checkOpen();
            seat = line.length() == 0 ? pollIdle() : null;
        } finally {
            capacity.lock.unlock();
        }
        return seat;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the pool is closed");
        }
    }

    /** A free machine that can be used, or null. */
    private @Nullable Seat pollIdle() {
        for (Seat seat = idle.poll(); seat != null; seat = idle.poll()) {
            capacity.busy(seat);
            if (seat.machine.usable()) {
                return seat;
            }
            capacity.condemn(seat);
        }
        return null;
    }

    private Seat queue(long nanos) throws InterruptedException {
        WaitingLine.Waiter waiter;
        capacity.lock.lock();
        try {
            checkOpen();
            waiter = line.join();
            capacity.dispatch();
        } finally {
            capacity.lock.unlock();
        }
        capacity.bury();
        line.await(waiter, nanos);
        return waiter.seat() == null ? make() : waiter.seat();
    }

    /** Under the lock. */
    boolean isClosed() {
        return closed;
    }

    /** Under the lock: what is said to whoever is turned away. */
    CapacityException refused(String what) {
        tally.refused.increment();
        return new CapacityException(program.name() + ": " + what + "; all " + live + " of at most " + size
                + " are in use or the engine is full; retry later, or raise the pool's size or the engine's limits");
    }

    private Machine machine() {
        Machine machine = program.machine(options);
        try {
            if (from != null) {
                machine.reset(from);
            }
            return machine;
        } catch (RuntimeException e) {
            machine.close();
            throw e;
        }
    }

    private Seat make() {
        Machine machine = null;
        Seat seat = null;
        boolean doomed = false;
        try {
            machine = machine();
            seat = new Seat(this, machine);
            capacity.lock.lock();
            try {
                doomed = left;
                if (!doomed) {
                    all.add(seat);
                }
            } finally {
                capacity.lock.unlock();
            }
        } finally {
            if (doomed) {
                machine.close();
            }
            capacity.started(this, machine != null && !doomed);
        }
        if (doomed) {
            throw new IllegalStateException("the program was closed meanwhile");
        }
        return seat;
    }

    /** By the thread that closes the borrowed instance. */
    private void giveBack(Seat seat) {
        boolean clean = false;
        try {
            if (seat.machine.usable() && seat.machine.uses < maxUses) {
                if (from == null) {
                    seat.machine.reset();
                } else {
                    seat.machine.reset(from);
                }
                clean = true;
            }
        } catch (RuntimeException e) {
            Engine.LOG.log(System.Logger.Level.WARNING, "a machine of {0} cannot be reset, another replaces it: {1}",
                    program.name(), e);
        } finally {
            capacity.lock.lock();
            try {
                if (clean && !closed) {
                    idle.push(seat);
                    capacity.idle(seat);
                } else {
                    capacity.condemn(seat);
                }
                capacity.dispatch();
            } finally {
                capacity.lock.unlock();
            }
            capacity.bury();
        }
    }

    /** {@return how many callers wait for an instance} */
    public int waiting() {
        capacity.lock.lock();
        try {
            return line.length();
        } finally {
            capacity.lock.unlock();
        }
    }

    /** Ends the machines nobody uses now; more are made when they are needed. */
    public void trim() {
        capacity.lock.lock();
        try {
            condemnIdle();
        } finally {
            capacity.lock.unlock();
        }
        capacity.bury();
    }

    private void condemnIdle() {
        for (Seat seat = idle.poll(); seat != null; seat = idle.poll()) {
            capacity.busy(seat);
            capacity.condemn(seat);
        }
    }

    /**
     * Ends the machines nobody uses and turns away who waits. Borrowed instances live on until they are closed. Closing
     * twice does nothing.
     */
    @Override
    public void close() {
        boolean over;
        capacity.lock.lock();
        try {
            closed = true;
            condemnIdle();
            line.wakeAll();
            over = over();
        } finally {
            capacity.lock.unlock();
        }
        capacity.bury();
        if (over) {
            leave();
        }
    }

    /** The program is closed: borrowed instances end too. */
    void closeAll() {
        List<Seat> seats;
        capacity.lock.lock();
        try {
            left = true;
            seats = List.copyOf(all);
        } finally {
            capacity.lock.unlock();
        }
        close();
        for (Seat seat : seats) {
            Instance user = seat.machine.user;
            if (user != null) {
                user.close();
            }
        }
    }

    // What the capacity asks and tells, under its lock.

    int worker() {
        return worker;
    }

    long bytes() {
        return options.memoryLimit();
    }

    int stuckIn() {
        return stuck;
    }

    void stuck(int round) {
        stuck = round;
    }

    long head() {
        return line.head();
    }

    boolean mayGrow() {
        return live < size && !closed;
    }

    void dropIdle(Seat seat) {
        idle.remove(seat);
    }

    boolean serveIdle() {
        Seat seat = pollIdle();
        if (seat == null) {
            return false;
        }
        line.serve(seat);
        return true;
    }

    void servePermit() {
        live++;
        line.serve(null);
    }

    /** A machine is gone, or could not be made (null). Returns whether that was the last of a closed pool. */
    boolean ended(@Nullable Seat seat) {
        live--;
        all.remove(seat);
        return over();
    }

    private boolean over() {
        return closed && live == 0;
    }

    /** Without the lock: nothing is left of this pool. */
    void leave() {
        program.closed(this);
    }
}

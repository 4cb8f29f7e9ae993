package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * One worker process and its control page. One thread at a time gives commands; {@link #hurry} and {@link #close} may be
 * called by others at any time.
 *
 * <p>Deadlines are values of {@link System#nanoTime}; {@link #NO_DEADLINE} means none.
 *
 * <p>A call is handed over by counting up {@link Control#COMMAND_SEQ}; each side first spins for some ten microseconds, then
 * sleeps on a futex. A side that finds the other on its own CPU does not spin, since the other cannot run meanwhile.
 */
public final class Worker implements AutoCloseable {
    /** Deadline that never comes. */
    public static final long NO_DEADLINE = Long.MIN_VALUE;
    /** Returned instead of an EXIT_ value: the deadline passed or somebody is in a hurry; the guest still runs. */
    public static final int STILL_RUNNING = 0;
    /** Number of the signal that requests arrive by (SIGUSR1). */
    public static final int REQUEST_SIGNAL = Native.SIGUSR1;

    /** Number of the signal that ends a step (SIGTRAP). */
    public static final int STEP_SIGNAL = 5;

    private static final VarHandle INT = JAVA_INT.varHandle();
    private static final VarHandle USE;
    static {
        try {
            USE = MethodHandles.lookup().findVarHandle(Worker.class, "use", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** How long the JVM spins before it sleeps. */
    private static final long SPIN_NANOS = 50_000;
    /** Turns the worker spins; one is 15 to 50 ns, depending on the processor's pause. */
    private static final int SPIN_TURNS = 1500;
    /** Longest sleep: bounds how late an interrupt of the thread is noticed. */
    private static final long SLICE_NANOS = 20_000_000;
    /** How long a worker may take to answer a request before it is killed. */
    private static final long ANSWER_NANOS = 1_000_000_000;
    /** How much longer it may take when the host is so busy that the worker does not get to run. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    /** Time on a processor, in hundredths of a second, in which any worker can answer. */
    private static final long FAIR_TICKS = 5;
    /** How often a request is signalled again; it may have hit the worker outside guest code. */
    private static final long RESEND_NANOS = 1_000_000;

    /** Processor time between two looks of the spawner that a worker may use while nothing is asked of it. */
    private static final long IDLE_NANOS = 500_000_000;

    private static final int FREE = 0;
    private static final int BUSY = 1;
    private static final int CLOSED = 2;

    private final boolean canStep;
    private final Spawner spawner = Spawner.get();
    private final Arena arena = Arena.ofShared();
    private final boolean separateInstructionCache;
    private final SharedMemory page;
    private final MemorySegment control;
    private SetupList setup;
    private final long commandWord;
    private final long doneWord;
    private int socket = -1;
    private int pid;
    private int pidfd = -1;
    private long watchId;
    /** Number of the last command; wraps. Set-up is the first. */
    private int seq = 1;
    /** Number of the last command that is over. */
    private int over;
    /** What the spawner saw when it looked last: that number, and the processor time used. */
    private int overAtLook;
    private long nanosAtLook;
    /** Whether set-up is the command under way. */
    private boolean settingUp = true;
    /** Whether the last command was COMMAND_SYNC. */
    private boolean synchronizing;
    @SuppressWarnings("unused") // through USE
    private volatile int use;
    private long ticksAtFirstLook;
    private volatile boolean hurried;
    /** Set before the waiter is woken for good: the process has ended or is to be treated so. */
    private volatile WorkerLostException lost;
    private Spawner.Ending ending;
    private boolean closed;

    /**
     * A bare worker: hardened as far as possible without a program, waiting for {@link #load}. Only on the spawner's thread.
     *
     * @param policy what it gives up
     * @param executable the worker's ELF file
     * @param missing layers not to ask for
     */
    Worker(WorkerProgram program, WorkerLauncher launcher, Hardening.Policy policy, SharedMemory executable,
            Set<Hardening.Layer> missing) {
        separateInstructionCache = program.separateInstructionCache();
        canStep = program.canStep();
        page = new SharedMemory("control", Layout.CONTROL_SIZE + Layout.RETURN_STACK_SIZE);
        try {
            page.seal(SharedMemory.FIXED_SIZE);
            control = page.map(arena, true);
            commandWord = control.address() + Control.COMMAND_SEQ;
            doneWord = control.address() + Control.DONE_SEQ;
            control.set(JAVA_INT, Control.COMMAND_SEQ, seq);
            control.set(JAVA_INT, Control.COMMAND, Control.COMMAND_SETUP);
            control.set(JAVA_INT, Control.SPIN_TURNS, SPIN_TURNS);
            control.set(JAVA_INT, Control.JVM_CPU, -1);
            control.set(JAVA_INT, Control.FP_CONTROL, program.floatingPointControl());
            control.set(JAVA_LONG, Control.RETURN_SP, Layout.RETURN_STACK_TOP);
            Hardening.writeData(control, policy, program, WorkerFactory.DESCRIPTORS);
            setup = new SetupList(program.syscalls());
            Hardening.addRows(setup, policy, Hardening.Phase.BARE, program, missing);
            if (launcher.isEmulated()) {
                setup.adaptToEmulator();
            }
            setup.write(control, 0);
            spawn(launcher, executable);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void spawn(WorkerLauncher launcher, SharedMemory executable) {
        int[] pair = Native.socketPair();
        socket = pair[0];
        int first;
        try {
            first = Spawner.spawn(launcher, page.fd(), pair[1], executable.fd());
        } finally {
            Native.close(pair[1]);
        }
        if (launcher.isEmulated()) {
            begun(first);
            return;
        }
        // The process that was started forks into its pid namespace and leaves the child's number behind.
        int fork = setup.forkRow();
        Spawner.Ending end = null;
        long child;
        try {
            end = Spawner.reapSoon(first, WorkerFactory.READY_NANOS);
        } finally {
            child = SetupList.result(control, fork);
            if (child > 0 && child <= Integer.MAX_VALUE) {
                begun((int) child);
            }
        }
        if (end == null) {
            throw late();
        }
        if (pid == 0) {
            throw setupFailure(end);
        }
        if (end.status() > 0 || end.signal() != 0) {
            throw setupFailure(end); // killed after it forked: close() ends the child
        }
    }

    private void begun(int child) {
        pid = child;
        try {
            pidfd = Spawner.pidfd(child);
        } catch (SandboxException e) {
            Spawner.killPid(child); // nobody else knows of it
            throw e;
        }
        watchId = spawner.watch(pidfd, new Spawner.Watched() {
            @Override
            public void ended() {
                Worker.this.ended();
            }

            @Override
            public void look() {
                Worker.this.look();
            }
        });
    }

    /** Why set-up did not come to its end. */
    private SandboxException setupFailure(Spawner.Ending end) {
        long row = control.get(JAVA_LONG, Control.SETUP_DONE);
        if (row < 0 || row >= setup.size()) {
            return new WorkerLostException("the worker ended during set-up (" + end + ")", end.signal(), end.status());
        }
        long result = SetupList.result(control, (int) row);
        String how = end.signal() != 0
                ? end.toString()
                : result < 0 && result > -4096 ? Errno.name((int) -result) : "it gave " + result;
        Hardening.Layer layer = setup.layer((int) row);
        String call = setup.call((int) row) + " (step " + row + ")";
        if (layer == null) {
            return new SandboxException("the worker cannot start: " + call + " failed: " + how);
        }
        return new HardeningException(layer, call + ": " + how);
    }

    /** A copy of the list so far, for the program's rows to be added. */
    SetupList setupSoFar() {
        return setup.copy();
    }

    /** Gives a bare worker its program, and waits until it is ready. */
    void load(SetupList program, int[] descriptors) {
        awaitTied();
        int bare = setup.size();
        setup = program;
        program.write(control, bare);
        try {
            Native.sendDescriptors(socket, descriptors);
            Native.close(socket);
            socket = -1;
            acquire();
            try {
                if (waitDone(System.nanoTime() + WorkerFactory.READY_NANOS, true) == STILL_RUNNING) {
                    throw late();
                }
            } finally {
                release();
            }
        } catch (WorkerLostException | NativeException e) {
            // Rows of a spare worker may fail long before; then the socket has nobody at its other end.
            Spawner.Ending end = endingSoon();
            throw end == null ? e : setupFailure(end);
        }
    }

    /**
     * Waits until the worker has asked to be killed with the JVM. Were it sent its descriptors before, and the JVM ended in
     * that moment, it would find them waiting and stay for ever.
     */
    private void awaitTied() {
        int row = setup.lastRow(Hardening.Layer.PARENT_DEATH);
        long deadline = System.nanoTime() + WorkerFactory.READY_NANOS;
        while ((long) JAVA_LONG.varHandle().getAcquire(control, (long) Control.SETUP_DONE) <= row && lost == null) {
            if (System.nanoTime() - deadline > 0) {
                throw late();
            }
            LockSupport.parkNanos(20_000);
        }
    }

    private static SandboxException late() {
        return new SandboxException("the worker does not come up within " + WorkerFactory.READY_NANOS / 1_000_000_000
                + " s; the host is overloaded, or something stops its processes");
    }

    /** How the process ended; null if it has not within a second. */
    private Spawner.Ending endingSoon() {
        for (int i = 0; i < 10_000; i++) {
            synchronized (this) {
                if (ending != null) {
                    return ending;
                }
            }
            LockSupport.parkNanos(100_000);
        }
        return null;
    }

    /**
     * The control page, see {@link Control}, and from {@link Layout#CONTROL_SIZE} on the host return stack, which lets the
     * JVM see who called whom. Hostile input: read each field once and check it. Throws
     * {@link IllegalStateException} once the worker is closed.
     */
    public MemorySegment control() {
        return control;
    }

    /** Process id, for statistics and tests. */
    public int pid() {
        return pid;
    }

    /** Whether the process is there, as far as is known. */
    public boolean alive() {
        return lost == null && (int) USE.getVolatile(this) != CLOSED;
    }

    /**
     * Runs the guest from {@link Control#PC} with the registers of the control page until it exits.
     *
     * @return an EXIT_ value of {@link Control} from 2 up (any other is a broken protocol and loses the worker), or
     *         {@link #STILL_RUNNING}; then {@link #await} or {@link #interrupt} must follow
     * @throws WorkerLostException if the process dies
     */
    public int enter(long deadline) {
        return command(Control.COMMAND_ENTER, deadline);
    }

    /** After {@link Control#EXIT_SIGNAL}: goes back to what the signal interrupted. Otherwise as {@link #enter}. */
    public int proceed(long deadline) {
        return command(Control.COMMAND_CONTINUE, deadline);
    }

    /**
     * Makes code written since the last entry visible to instruction fetches, of all workers. To be called before anything
     * leads there, while the guest stands still.
     *
     * @throws WorkerLostException if the process dies
     */
    public void synchronizeCode(long start, long end) {
        if (!separateInstructionCache) {
            return;
        }
        control.set(JAVA_LONG, Control.SYNC_START, start);
        control.set(JAVA_LONG, Control.SYNC_END, end);
        if (command(Control.COMMAND_SYNC, System.nanoTime() + ANSWER_NANOS) == STILL_RUNNING) {
            throw disown("the worker did not answer within a second");
        }
    }

    /** Whether {@link #step} may be called. */
    public boolean canStep() {
        return canStep;
    }

    /** After {@link Control#EXIT_SIGNAL}: goes on for one host instruction; ends with the signal {@link #STEP_SIGNAL}. */
    public int step(long deadline) {
        return command(Control.COMMAND_STEP, deadline);
    }

    private int command(int command, long deadline) {
        acquire();
        try {
            MemorySegment c = control;
            c.set(JAVA_INT, Control.COMMAND, command);
            c.set(JAVA_INT, Control.REQUEST, Control.REQUEST_TICK);
            c.set(JAVA_INT, Control.JVM_CPU, Native.currentCpu());
            int next = seq + 1;
            seq = next;
            settingUp = false;
            synchronizing = command == Control.COMMAND_SYNC;
            INT.setVolatile(c, (long) Control.COMMAND_SEQ, next);
            if ((int) INT.getVolatile(c, (long) Control.WORKER_SLEEPS) != 0) {
                Native.futexWake(commandWord);
            }
            return waitDone(deadline, synchronizing);
        } finally {
            release();
        }
    }

    /** After {@link #STILL_RUNNING}: waits on. */
    public int await(long deadline) {
        acquire();
        try {
            return waitDone(deadline, false);
        } finally {
            release();
        }
    }

    /**
     * After {@link #STILL_RUNNING}: asks the guest to stop and waits for it; kills a worker that does not answer within a
     * second (ten on a host so busy that the worker does not get to run).
     *
     * @param request {@link Control#REQUEST_STOP} or {@link Control#REQUEST_PAUSE}
     * @return {@link Control#EXIT_SIGNAL} with {@link Control#SIGNAL} = {@link #REQUEST_SIGNAL}, or the exit that came first
     * @throws WorkerLostException if the process dies or had to be killed
     */
    public int interrupt(int request) {
        acquire();
        try {
            INT.setVolatile(control, (long) Control.REQUEST, request);
            long start = System.nanoTime();
            long now = start;
            ticksAtFirstLook = -1;
            do {
                Spawner.signal(pidfd, REQUEST_SIGNAL);
                int exit = waitDone(now + RESEND_NANOS, true);
                if (exit != STILL_RUNNING) {
                    return exit;
                }
                now = System.nanoTime();
            } while (now - start < ANSWER_NANOS || starved(now - start));
            throw disown("the worker did not answer within a second");
        } finally {
            release();
        }
    }

    /**
     * Whether the worker cannot answer because this overloaded host gives it no processor: it wants to run, but has not
     * had {@link #FAIR_TICKS} since the first look.
     */
    private boolean starved(long waited) {
        if (waited > PATIENCE_NANOS) {
            return false;
        }
        try {
            // /proc/PID/stat: number, name in parentheses, state, …, user and system time as fields 14 and 15
            String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            if (ticksAtFirstLook < 0) {
                ticksAtFirstLook = ticks;
            }
            return fields[0].equals("R") && ticks - ticksAtFirstLook < FAIR_TICKS;
        } catch (IOException e) {
            return false; // the process is gone, or /proc is not mounted
        }
    }

    /**
     * From any thread: makes the command under way (or else the next one) return {@link #STILL_RUNNING} within
     * milliseconds, as if its deadline had passed.
     */
    public void hurry() {
        hurried = true;
        synchronized (this) {
            if (!closed) { // the page is mapped until then
                Native.futexWake(doneWord);
            }
        }
    }

    private void acquire() {
        if (!USE.compareAndSet(this, FREE, BUSY)) {
            if ((int) USE.getVolatile(this) == CLOSED) {
                throw new IllegalStateException("the worker is closed");
            }
            throw new IllegalStateException("another thread is using the worker");
        }
        WorkerLostException gone = lost;
        if (gone != null) {
            release();
            throw again(gone);
        }
    }

    private void release() {
        USE.setRelease(this, FREE);
    }

    /**
     * Waits for the end of the command under way.
     *
     * @param patient whether interrupts of the thread and hurries are left for later
     */
    private int waitDone(long deadline, boolean patient) {
        MemorySegment c = control;
        int mine = seq;
        long start = System.nanoTime();
        // Nobody else's business who runs where: a wrong CPU number only costs time.
        if ((int) INT.getOpaque(c, (long) Control.WORKER_CPU) != Native.currentCpu()) {
            do {
                for (int i = 0; i < 16; i++) {
                    if ((int) INT.getAcquire(c, (long) Control.DONE_SEQ) == mine) {
                        return finish();
                    }
                    Thread.onSpinWait();
                }
            } while (System.nanoTime() - start < SPIN_NANOS);
        }
        while (true) {
            INT.setVolatile(c, (long) Control.JVM_SLEEPS, 1);
            int done = (int) INT.getVolatile(c, (long) Control.DONE_SEQ);
            if (done == mine) {
                INT.setOpaque(c, (long) Control.JVM_SLEEPS, 0);
                return finish();
            }
            WorkerLostException gone = lost;
            if (gone != null) {
                throw again(gone);
            }
            if (done != mine - 1) {
                throw disown("the worker broke the protocol: it finished command " + done + " instead of " + mine);
            }
            long left = deadline == NO_DEADLINE ? SLICE_NANOS : deadline - System.nanoTime();
            if (left <= 0 || !patient && (hurried || Thread.currentThread().isInterrupted())) {
                hurried = hurried && patient;
                INT.setOpaque(c, (long) Control.JVM_SLEEPS, 0);
                return STILL_RUNNING;
            }
            Sleeper.futexWait(doneWord, done, Math.min(left, SLICE_NANOS));
            INT.setOpaque(c, (long) Control.JVM_SLEEPS, 0);
        }
    }

    private int finish() {
        int exit = (int) INT.getOpaque(control, (long) Control.EXIT);
        boolean sane = settingUp
                ? exit == Control.EXIT_SETUP
                : synchronizing
                        ? exit == Control.EXIT_SYNCED
                        : exit >= Control.EXIT_ECALL && exit <= Control.EXIT_SIGNAL;
        if (!sane) {
            throw disown("the worker broke the protocol: exit " + exit);
        }
        over = seq;
        return exit;
    }

    /** Kills a worker that cannot be trusted any more. */
    private WorkerLostException disown(String why) {
        WorkerLostException e = new WorkerLostException(why + "; it was killed", Native.SIGKILL, -1);
        lost = e;
        Spawner.signal(pidfd, Native.SIGKILL);
        return e;
    }

    private static WorkerLostException again(WorkerLostException gone) {
        return new WorkerLostException(gone.getMessage(), gone.signal(), gone.exitStatus());
    }

    /**
     * On the spawner's thread: ends a worker that computes between calls, which translated code never does. The fields are
     * read as they happen to be; a command that is given meanwhile does not excuse the time before it.
     */
    private synchronized void look() {
        if (closed || lost != null) {
            return;
        }
        int now = over;
        long nanos = Native.processorNanos(pid);
        boolean idle = now == overAtLook && seq == now;
        if (idle && nanos - nanosAtLook > IDLE_NANOS) {
            disown("the worker computes although nothing is asked of it");
        }
        overAtLook = now;
        nanosAtLook = nanos;
    }

    /** On the spawner's thread: the process has ended. */
    private synchronized void ended() {
        if (closed || ending != null) {
            return;
        }
        ending = Spawner.reap(pidfd, false);
        if (ending == null) {
            return;
        }
        spawner.forget(pidfd, watchId);
        if (lost == null) {
            lost = new WorkerLostException("the worker process " + pid + " ended unexpectedly: " + ending,
                    ending.signal(), ending.status());
        }
        wakeWaiter();
    }

    /** Lets the waiting thread find {@link #lost}. The word is changed first, so that it cannot fall asleep again. */
    private void wakeWaiter() {
        INT.setVolatile(control, (long) Control.DONE_SEQ, ~seq);
        Native.futexWake(doneWord);
    }

    /**
     * Kills the process, reaps it, unmaps the control page. A command under way in another thread ends with
     * {@link WorkerLostException}. Closing twice does nothing.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            if (pidfd >= 0 && ending == null) {
                spawner.forget(pidfd, watchId);
                Spawner.signal(pidfd, Native.SIGKILL);
                ending = Spawner.reap(pidfd, true);
            }
            if (lost == null) {
                lost = new WorkerLostException("the worker was closed", Native.SIGKILL, -1);
            }
        }
        while (!USE.compareAndSet(this, FREE, CLOSED)) {
            wakeWaiter();
            LockSupport.parkNanos(50_000);
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
        if (socket >= 0) {
            Native.close(socket);
        }
        if (pidfd >= 0) {
            Native.close(pidfd);
        }
        page.close();
    }
}

package dev.rivet.sandbox;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.function.IntFunction;

/**
 * Makes workers for one architecture and one policy, and keeps some spare ones that are set up as far as possible without
 * knowing the program, so that an instance starts in a tenth of a millisecond instead of a whole one. Safe for several
 * threads.
 *
 * <p>A worker serves one program: what it needs to take on another (mmap, munmap, receiving descriptors) stays outside its
 * system call filter, and whatever a guest has done to its worker dies with it.
 */
public final class WorkerFactory implements AutoCloseable {
    /** What to do when this host cannot grant a layer of protection. */
    public enum Mode {
        /** Refuse to start a worker, naming the layer and the remedy. */
        STRICT,
        /** Go on without it; {@link WorkerFactory#report} says what is missing. */
        RELAXED
    }

    /** Most descriptors sent to a worker: code, table, guest memory, heap, image, a profiler's marker. */
    static final int DESCRIPTORS = 6;
    /** A worker that is not ready by then counts as failed. */
    static final long READY_NANOS = 10_000_000_000L;

    private final WorkerProgram program;
    private final WorkerLauncher launcher;
    private final Hardening.Policy policy;
    private final Mode mode;
    private final int spares;
    private final SharedMemory executable;
    private final Deque<Worker> pool = new ArrayDeque<>();
    private final Map<Hardening.Layer, String> missing = new EnumMap<>(Hardening.Layer.class);
    private int coming;
    private boolean closed;

    /**
     * A factory; starts making spare workers at once, without waiting for them.
     *
     * @param spares how many spare workers to keep, 0 or more
     */
    public WorkerFactory(WorkerProgram program, Mode mode, int spares) {
        this(program, WorkerLauncher.DIRECT, mode, spares);
    }

    /**
     * A factory that starts its workers in a given way.
     *
     * @throws SandboxException in strict mode if workers started so cannot have every layer
     */
    public WorkerFactory(WorkerProgram program, WorkerLauncher launcher, Mode mode, int spares) {
        this(program, launcher, Hardening.policy(program.syscalls()), mode, spares);
    }

    /** A factory with another policy, for tests. */
    WorkerFactory(WorkerProgram program, WorkerLauncher launcher, Hardening.Policy policy, Mode mode, int spares) {
        this.program = program;
        this.policy = policy;
        this.launcher = launcher;
        for (Hardening.Layer l : launcher.absent()) {
            missing.put(l, "not to be had under an emulator");
        }
        if (mode == Mode.STRICT && !missing.isEmpty()) {
            throw new SandboxException("a worker under an emulator has neither system call filter nor namespaces;"
                    + " allow that with --sandbox relaxed, or use a host of the target's own architecture");
        }
        this.mode = mode;
        this.spares = spares;
        byte[] elf = program.elf();
        executable = SharedMemory.executable("worker", elf.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment file = executable.map(arena, true);
            SharedMemory.copy(elf, 0, file, 0, elf.length);
        } catch (SandboxException e) {
            executable.close();
            throw e;
        }
        try {
            executable.seal(SharedMemory.READ_ONLY);
            refill();
        } catch (SandboxException e) {
            executable.close();
            throw e;
        }
    }

    /** Orders spare workers from the spawner. What fails then fails again, with a message, in {@link #start}. */
    private synchronized void refill() {
        while (!closed && pool.size() + coming < spares) {
            Spawner spawner = Spawner.get();
            coming++;
            spawner.submit(new FutureTask<>(() -> {
                Worker worker = null;
                try {
                    worker = bare();
                } finally {
                    keep(worker);
                }
                return null;
            }));
        }
    }

    private void keep(Worker worker) {
        synchronized (this) {
            coming--;
            if (worker != null && !closed && pool.size() < spares) {
                pool.add(worker);
                return;
            }
        }
        if (worker != null) {
            worker.close();
        }
    }

    /** Only on the spawner's thread. */
    private Worker bare() {
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the factory is closed");
            }
        }
        return new Worker(program, launcher, policy, executable, missing());
    }

    private synchronized Set<Hardening.Layer> missing() {
        return missing.isEmpty() ? Set.of() : Set.copyOf(missing.keySet());
    }

    private synchronized Worker takeSpare() {
        if (closed) {
            throw new IllegalStateException("the factory is closed");
        }
        return pool.poll();
    }

    /**
     * A worker with this program and this memory mapped, waiting for its first command. {@link Control#ENTER_ADDRESS} must
     * be set before that. Close the worker before the memory and the code.
     *
     * @throws HardeningException in strict mode when a layer cannot be had
     * @throws SandboxException when the host lacks something every worker needs
     */
    public Worker start(CodeSpace code, GuestMemory memory) {
        return start(code, memory, null);
    }

    /**
     * The same for a worker that a profiler is to recognize.
     *
     * @param marker gives the file for a worker's process id: during set-up its first page is mapped, readable and
     *            executable, and unmapped again; null for no such thing
     */
    public Worker start(CodeSpace code, GuestMemory memory, IntFunction<Path> marker) {
        int attempts = 3;
        while (true) {
            Worker worker = null;
            boolean spare = false;
            try {
                worker = takeSpare();
                spare = worker != null;
                if (worker == null) {
                    worker = Spawner.get().call(this::bare);
                } else {
                    refill();
                }
                load(worker, code, memory, marker);
                return worker;
            } catch (HardeningException e) {
                close(worker);
                if (mode == Mode.STRICT || !learn(e)) {
                    throw e;
                }
            } catch (SandboxException e) {
                close(worker);
                // A spare worker may have died while it waited.
                if (!spare || --attempts == 0) {
                    throw e;
                }
            } catch (RuntimeException | Error e) {
                close(worker);
                throw e;
            }
        }
    }

    private static void close(Worker worker) {
        if (worker != null) {
            worker.close();
        }
    }

    /** Remembers a missing layer; false if it was known before, so that going on would not help. */
    private boolean learn(HardeningException e) {
        List<Worker> stale;
        synchronized (this) {
            if (missing.putIfAbsent(e.layer(), e.detail()) != null) {
                // Another thread may have learnt it meanwhile; its retry shows.
                return !pool.isEmpty() || coming > 0;
            }
            stale = new ArrayList<>(pool);
            pool.clear();
        }
        stale.forEach(Worker::close);
        refill();
        return true;
    }

    private void load(Worker worker, CodeSpace code, GuestMemory memory, IntFunction<Path> marker) {
        int mark = marker == null ? -1 : Native.open(marker.apply(worker.pid()).toString());
        try {
            SetupList list = worker.setupSoFar();
            // 0 is the control page, 1 the socket, 2 the worker's ELF file unless it was closed; the kernel gives the next.
            int first = Hardening.possible(Hardening.Layer.DESCRIPTORS, missing()) ? 2 : 3;
            if (mark >= 0) {
                mmap(list, Layout.CODE_BASE, MemoryPlan.PAGE, Native.PROT_READ | Native.PROT_EXEC,
                        Native.MAP_PRIVATE | Native.MAP_FIXED_NOREPLACE, first + 5, 0);
                list.add("munmap", 0, Layout.CODE_BASE, MemoryPlan.PAGE);
            }
            map(list, code, memory, first);
            program.addRows(list);
            Hardening.addRows(list, policy, Hardening.Phase.LAST, program, missing());
            int[] descriptors = {code.code().fd(), code.table().fd(), memory.memory().fd(), memory.heap().fd(),
                    memory.plan().image().memory().fd(), mark};
            worker.load(list, mark < 0 ? Arrays.copyOf(descriptors, 5) : descriptors);
        } finally {
            if (mark >= 0) {
                Native.close(mark);
            }
        }
    }

    private void map(SetupList list, CodeSpace code, GuestMemory memory, int first) {
        int read = Native.PROT_READ;
        int write = read | Native.PROT_WRITE;
        int shared = Native.MAP_SHARED | Native.MAP_FIXED_NOREPLACE | Native.MAP_NORESERVE;
        int own = Native.MAP_PRIVATE | Native.MAP_FIXED_NOREPLACE;
        mmap(list, Layout.CODE_BASE, code.code().size(), read | Native.PROT_EXEC, shared, first, 0);
        for (CodeSpace.TablePages p : code.tablePages()) {
            mmap(list, p.hostStart(), p.hostEnd() - p.hostStart(), read, shared, first + 1, p.fileOffset());
        }
        mmap(list, Layout.RETURN_STACK_BASE, Layout.RETURN_STACK_SIZE, write, shared, 0, Layout.CONTROL_SIZE);
        long base = program.guestBase();
        MemoryPlan plan = memory.plan();
        for (ProgramImage.Region r : plan.image().regions()) {
            long length = r.end() - r.start();
            if (r.writable()) {
                mmap(list, base + r.start(), length, write, shared, first + 2, r.start());
            } else {
                mmap(list, base + r.start(), length, read, own, first + 4, r.start());
            }
        }
        if (plan.heapLimit() > plan.heapStart()) {
            mmap(list, base + plan.heapStart(), plan.heapLimit() - plan.heapStart(), write, shared, first + 3, 0);
        }
        if (plan.stackEnd() > plan.stackStart()) {
            mmap(list, base + plan.stackStart(), plan.stackEnd() - plan.stackStart(), write, shared, first + 2,
                    plan.stackStart());
        }
    }

    private static void mmap(SetupList list, long address, long length, int prot, int flags, int fd, long offset) {
        list.add("mmap", address, address, length, prot, flags, fd, offset);
    }

    /**
     * Every layer and whether it is in force for the workers made so far. In relaxed mode a layer counts as missing once a
     * worker had to do without it; {@link #start} one first.
     */
    public synchronized List<Hardening.Status> report() {
        List<Hardening.Status> result = new ArrayList<>();
        for (Hardening.Layer l : Hardening.Layer.values()) {
            boolean granted = Hardening.possible(l, missing.keySet());
            result.add(new Hardening.Status(l, granted,
                    granted ? null : missing.getOrDefault(l, "needs a layer that is missing")));
        }
        return result;
    }

    /** Ends the spare workers. Workers handed out live on until they are closed themselves. */
    @Override
    public void close() {
        List<Worker> left;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            left = new ArrayList<>(pool);
            pool.clear();
        }
        left.forEach(Worker::close);
        // Whatever the spawner has begun for this factory is over when this returns.
        Spawner.get().call(() -> null);
        executable.close();
    }
}

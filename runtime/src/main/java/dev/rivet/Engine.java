package dev.rivet;

import dev.rivet.frontend.ElfException;
import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.ElfReader;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.NativeAccess;
import dev.rivet.sandbox.SandboxException;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerLauncher;
import dev.rivet.sandbox.WorkerProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way into Rivet: holds the backend, the sandbox and the spare worker processes. One a process is enough. Safe for
 * use by several threads.
 *
 * <p>Closing an engine closes its programs; closing a program closes its instances.
 */
public final class Engine implements AutoCloseable {
    /** Which engine runs guests. Results, gas included, are the same. */
    public enum Kind {
        /** Translated code in a worker process. */
        NATIVE,
        /** The interpreter in this JVM. */
        INTERPRETER,
        /** {@link #NATIVE} where this host has all it needs, else {@link #INTERPRETER}. */
        AUTO
    }

    /** What to do when the host cannot grant a layer of the worker's sandbox. */
    public enum Sandbox {
        /** Refuse to run, naming the layer and the remedy. */
        STRICT,
        /** Go on without the layer. */
        RELAXED
    }

    static final System.Logger LOG = System.getLogger("dev.rivet");

    /** Settings of an engine. */
    public static final class Builder {
        private Kind kind = Kind.AUTO;
        private Sandbox sandbox = Sandbox.STRICT;
        private String assembler = "direct";
        private @Nullable Target target = Target.host();
        private @Nullable List<String> emulator;
        private int spareWorkers = 1;
        private @Nullable CodeCache codeCache;
        private int maxWorkers = 256;
        private long maxMemory = Capacity.hostMemory();
        private int maxCallDepth = 32;
        private @Nullable Path perf;
        private long maxCode = ElfReader.MAX_EXECUTABLE;

        private Builder() {
        }

        /**
         * Which engine runs guests; default {@link Kind#AUTO}.
         *
         * @param kind which
         * @return this builder
         */
        public Builder kind(Kind kind) {
            this.kind = Objects.requireNonNull(kind, "kind");
            return this;
        }

        /**
         * How strict the worker's sandbox is; default {@link Sandbox#STRICT}.
         *
         * @param sandbox how strict
         * @return this builder
         */
        public Builder sandbox(Sandbox sandbox) {
            this.sandbox = Objects.requireNonNull(sandbox, "sandbox");
            return this;
        }

        /**
         * Who makes the machine code's bytes: {@code "direct"} (default) or {@code "llvm-mc"}.
         *
         * @param assembler its name
         * @return this builder
         */
        public Builder assembler(String assembler) {
            this.assembler = Objects.requireNonNull(assembler, "assembler");
            return this;
        }

        /**
         * Where translations are kept from one process to the next; by default nowhere.
         *
         * @param cache where; null for nowhere
         * @return this builder
         */
        public Builder codeCache(@Nullable CodeCache cache) {
            codeCache = cache;
            return this;
        }

        /**
         * Which architecture guests are translated to; default this host's. Another one runs under an emulator where one is
         * installed, for development, and needs {@link Sandbox#RELAXED}.
         *
         * @param target the architecture
         * @return this builder
         */
        public Builder target(Target target) {
            this.target = Objects.requireNonNull(target, "target");
            return this;
        }

        /**
         * Starts workers under an emulator: an absolute path and options, behind which the worker's file is put. Without
         * it, workers of this host's architecture start by themselves, and for others an emulator is looked for on the
         * PATH. For development: under an emulator {@link Sandbox#RELAXED} has to be allowed.
         *
         * @param command path and options
         * @return this builder
         */
        public Builder emulator(List<String> command) {
            emulator = List.copyOf(Objects.requireNonNull(command, "command"));
            return this;
        }

        /**
         * How many workers to keep ready, 0 or more; default 1.
         *
         * @param count how many
         * @return this builder
         */
        public Builder spareWorkers(int count) {
            if (count < 0) {
                throw new IllegalArgumentException("spare workers: " + count + "; give 0 or more");
            }
            spareWorkers = count;
            return this;
        }

        /**
         * Most worker processes at a time, spare ones not counted, 1 or more; default 256.
         *
         * @param count how many
         * @return this builder
         */
        public Builder maxWorkers(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("maxWorkers is " + count + "; it must be 1 or more");
            }
            maxWorkers = count;
            return this;
        }

        /**
         * Most guest memory: what the memory limits of all instances may come to, in bytes. Default: the memory of this
         * machine or container, so that guests alone can never use it up.
         *
         * @param bytes sum of memory limits
         * @return this builder
         */
        public Builder maxMemory(long bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("maxMemory is " + bytes + "; give a positive number of bytes");
            }
            maxMemory = bytes;
            return this;
        }

        /**
         * Most bytes of code a program may have; beyond, {@link BadProgramException}, on every machine alike. Default and
         * most: 32 MiB. Whoever takes programs from strangers gives less: while a program is translated, a byte of its code
         * needs up to 150 bytes of heap and half a microsecond, if it is made to.
         *
         * @param bytes from 1 to 32 MiB
         * @return this builder
         */
        public Builder maxCode(long bytes) {
            if (bytes < 1 || bytes > ElfReader.MAX_EXECUTABLE) {
                throw new IllegalArgumentException(
                        "maxCode is " + bytes + "; it must be from 1 to " + ElfReader.MAX_EXECUTABLE);
            }
            maxCode = bytes;
            return this;
        }

        /**
         * How deep calls may nest: a host function that calls another instance is one deep. Beyond,
         * {@link CallDepthException}. Default 32.
         *
         * @param depth 0 or more
         * @return this builder
         */
        public Builder maxCallDepth(int depth) {
            if (depth < 0) {
                throw new IllegalArgumentException("maxCallDepth is " + depth + "; it must be 0 or more");
            }
            maxCallDepth = depth;
            return this;
        }

        /**
         * Has Linux's {@code perf} name guest functions: for each worker a file {@code jit-PID.dump} is written, and the
         * worker maps its first page for a moment, before it is locked up. Then
         * {@code perf record -k 1 …; perf inject --jit -i perf.data -o named.data; perf report -i named.data}, the second
         * when the engine is closed. Files stay until somebody deletes them. Nothing for the interpreter.
         *
         * @param directory where; there, and on a file system that is not mounted {@code noexec}. Null (default) for nothing
         * @return this builder
         */
        public Builder perf(@Nullable Path directory) {
            if (directory != null && !Files.isDirectory(directory)) {
                throw new IllegalArgumentException("perf directory " + directory + " is not there; make it first");
            }
            perf = directory == null ? null : directory.toAbsolutePath();
            return this;
        }

        /**
         * The engine.
         *
         * @return the engine
         * @throws UnsupportedHostException if {@link Kind#NATIVE} was asked for and this host cannot
         */
        public Engine build() {
            return new Engine(this);
        }
    }

    private final @Nullable Backend backend; // null: interpreter
    private final @Nullable WorkerFactory workers; // null: interpreter
    private final String assembler;
    private final @Nullable String unavailable; // why the native engine is not used
    private final @Nullable CodeCache codeCache;
    private final Capacity capacity;
    private final Tally tally = new Tally();
    private final int maxCallDepth;
    private final @Nullable Path perf;
    private final long maxCode;
    private final Set<Program> programs = new HashSet<>();
    private boolean closed;

    private Engine(Builder builder) {
        try {
            NativeAccess.require();
        } catch (SandboxException e) {
            throw new UnsupportedHostException(e.getMessage(), e);
        }
        assembler = builder.assembler;
        codeCache = builder.codeCache;
        capacity = new Capacity(builder.maxWorkers, builder.maxMemory,
                Math.max(2, Runtime.getRuntime().availableProcessors()));
        maxCallDepth = builder.maxCallDepth;
        perf = builder.perf;
        maxCode = builder.maxCode;
        Backend found = null;
        WorkerProgram worker = null;
        String missing = "the interpreter was asked for";
        if (builder.kind != Kind.INTERPRETER) {
            found = findBackend(builder.target);
            worker = found == null ? null : findWorker(found.target());
            missing = missing(builder.target, found, worker);
        }
        if (missing != null && builder.kind == Kind.NATIVE) {
            throw new UnsupportedHostException(missing);
        }
        unavailable = missing;
        backend = missing == null ? found : null;
        workers = missing == null ? factory(builder, worker) : null;
    }

    private static WorkerFactory factory(Builder builder, WorkerProgram worker) {
        try {
            WorkerLauncher launcher = builder.emulator == null
                    ? WorkerLauncher.forTarget(worker.target())
                    : WorkerLauncher.emulator(builder.emulator);
            if (launcher.isEmulated() && builder.perf != null) {
                throw new UnsupportedHostException("perf would see the emulator, not the guest; leave perf out");
            }
            return new WorkerFactory(worker, launcher,
                    builder.sandbox == Sandbox.STRICT
                            ? WorkerFactory.Mode.STRICT
                            : WorkerFactory.Mode.RELAXED,
                    builder.spareWorkers);
        } catch (SandboxException e) {
            throw new UnsupportedHostException(e.getMessage(), e);
        }
    }

    /** One line that says why there is no native engine here, or null if there is one. */
    private static @Nullable String missing(@Nullable Target target, @Nullable Backend backend,
            @Nullable WorkerProgram worker) {
        String advice = "; use the interpreter";
        if (!System.getProperty("os.name").equals("Linux")) {
            return "the native engine needs Linux, this is " + System.getProperty("os.name") + advice;
        }
        if (backend == null || worker == null) {
            return "there is no native engine for "
                    + (target == null ? System.getProperty("os.arch") : target.label() + " on the class or module path")
                    + advice;
        }
        String lacking = target == Target.host() ? backend.missing() : null;
        return lacking == null ? null : lacking + advice;
    }

    private static @Nullable Backend findBackend(@Nullable Target target) {
        for (Backend backend : ServiceLoader.load(Backend.class, Engine.class.getClassLoader())) {
            if (backend.target() == target) {
                return backend;
            }
        }
        return null;
    }

    private static @Nullable WorkerProgram findWorker(Target target) {
        for (WorkerProgram worker : ServiceLoader.load(WorkerProgram.class, Engine.class.getClassLoader())) {
            if (worker.target().equals(target.label())) {
                return worker;
            }
        }
        return null;
    }

    /** {@return an engine with the defaults} */
    public static Engine create() {
        return builder().build();
    }

    /** {@return settings to change before {@link Builder#build}} */
    public static Builder builder() {
        return new Builder();
    }

    /** The backend for a target, for tools. */
    static Backend backend(Target target) {
        Backend backend = findBackend(target);
        if (backend == null) {
            throw new UnsupportedHostException(
                    "there is no backend for " + target.label() + "; add its module to the class or module path");
        }
        return backend;
    }

    /** The backend that translates guests, or null. */
    @Nullable
    Backend backend() {
        return backend;
    }

    @Nullable
    WorkerFactory workers() {
        return workers;
    }

    String assembler() {
        return assembler;
    }

    /**
     * {@code "x86-64"}, {@code "aarch64"} or {@code "interpreter"}.
     *
     * @return the name
     */
    public String label() {
        return isNative() ? backend.target().label() : "interpreter";
    }

    Capacity capacity() {
        return capacity;
    }

    Tally tally() {
        return tally;
    }

    /** {@return what this engine has done so far and what it holds now} */
    public Counters counters() {
        return new Counters(tally.calls.sum(), tally.hostCalls.sum(), tally.traps.sum(), tally.outOfGas.sum(),
                tally.timeouts.sum(), tally.gas.sum(), tally.translations.sum(), tally.translationNanos.sum(),
                codeCache == null ? 0 : codeCache.hits(), codeCache == null ? 0 : codeCache.misses(),
                tally.started.sum(), tally.lost.sum(), capacity.workers(), capacity.memory(), tally.borrowed.sum(),
                tally.waits.sum(), tally.refused.sum());
    }

    int maxCallDepth() {
        return maxCallDepth;
    }

    /** Where perf's files go, or null. */
    @Nullable
    Path perf() {
        return perf;
    }

    @Nullable
    CodeCache codeCache() {
        return codeCache;
    }

    /** {@return whether guests run as translated code in worker processes} */
    public boolean isNative() {
        return backend != null;
    }

    /**
     * Why this engine is not native.
     *
     * @return one line; null if it is
     */
    public @Nullable String whyNotNative() {
        return unavailable;
    }

    /**
     * Loads a static RISC-V ELF file.
     *
     * @param path the file
     * @return the program
     * @throws IOException if the file cannot be read
     * @throws BadProgramException if it is no program Rivet runs
     */
    public Program load(Path path) throws IOException {
        Objects.requireNonNull(path, "path");
        return load(Files.readAllBytes(path), path.toString());
    }

    /**
     * Loads a static RISC-V ELF file's bytes; a copy is made.
     *
     * @param elf the file's contents
     * @param name what messages call it
     * @return the program
     * @throws BadProgramException if it is no program Rivet runs
     * @throws UnsupportedHostException if the heap is too small for it
     */
    public Program load(byte[] elf, String name) {
        Objects.requireNonNull(elf, "elf");
        Objects.requireNonNull(name, "name");
        long startedAt = System.nanoTime();
        Program program;
        try {
            ElfFile file = ElfReader.read(elf, Long.MAX_VALUE);
            if (file.executableBytes() > maxCode) {
                throw new BadProgramException(name + ": " + file.executableBytes() + " bytes of code are more than "
                        + maxCode + ", this engine's maxCode; make the program smaller: -Os, -Wl,--gc-sections");
            }
            program = new Program(this, name, elf, file, startedAt);
        } catch (ElfException e) {
            throw new BadProgramException(name + ": " + e.getMessage(), e);
        } catch (SandboxException e) {
            throw new UnsupportedHostException(e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw tooLittleHeap(name, elf.length, e);
        }
        synchronized (this) {
            if (!closed) {
                programs.add(program);
                return program;
            }
        }
        program.close();
        throw new IllegalStateException("the engine is closed");
    }

    /**
     * What is said instead of an error that callers do not expect. The arrays of a large program are what did not fit, so
     * there is room again when this is thrown.
     */
    static UnsupportedHostException tooLittleHeap(String name, long size, OutOfMemoryError e) {
        return new UnsupportedHostException(name + ": this JVM's heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                + " MiB is too small for a program of " + size + " bytes; raise -Xmx, or lower the engine's maxCode",
                e);
    }

    /** A program has been closed. */
    synchronized void closed(Program program) {
        programs.remove(program);
    }

    /** Closes all programs and with them all instances, and ends all workers. Closing twice does nothing. */
    @Override
    public void close() {
        List<Program> open;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = List.copyOf(programs);
        }
        open.forEach(Program::close);
        if (workers != null) {
            workers.close();
        }
    }
}

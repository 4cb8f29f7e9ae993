package dev.rivet;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.LineTable;
import dev.rivet.frontend.ProgramText;
import dev.rivet.frontend.Symbols;
import dev.rivet.internal.Blocks;
import dev.rivet.internal.Events;
import dev.rivet.internal.Fingerprint;
import dev.rivet.internal.Hart;
import dev.rivet.internal.Image;
import dev.rivet.internal.InitialStack;
import dev.rivet.internal.InterpreterRunner;
import dev.rivet.internal.JitDump;
import dev.rivet.internal.MachineCode;
import dev.rivet.internal.NativeProgram;
import dev.rivet.internal.NativeRunner;
import dev.rivet.internal.Runner;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.ProgramImage;
import dev.rivet.sandbox.SandboxException;
import dev.rivet.sandbox.Worker;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A loaded program: its memory image, its decoded code, and its translations, one for each pair of metering and cost model
 * that an instance asked for. Immutable as far as anybody can see; safe for use by several threads.
 */
public final class Program implements AutoCloseable {
    /** Cost models are the same if they charge the same. */
    private record Costs(String name, int version, List<Integer> table) {
        static Costs of(CostModel model) {
            List<Integer> table = new ArrayList<>(Op.count());
            for (int op = 0; op < Op.count(); op++) {
                table.add(model.cost(op));
            }
            return new Costs(model.name(), model.version(), table);
        }
    }

    /** What one translation is for. */
    private record Variant(Metering metering, Costs costs) {
    }

    // Classes, not lambdas, for what every program needs: linking a lambda is slower in a JVM that has just started.

    /** What is said when the heap is too small to decode it. */
    private record TooLarge(String name, long size) implements Function<OutOfMemoryError, RuntimeException> {
        @Override
        public RuntimeException apply(OutOfMemoryError e) {
            return Engine.tooLittleHeap(name, size, e);
        }
    }

    /** What the interpreter needs, when it is needed. */
    private record BlocksOf(Program program, CostModel costs) implements Supplier<Blocks> {
        @Override
        public Blocks get() {
            return program.blocks(costs);
        }
    }

    private final Engine engine;
    private final String name;
    private final ElfFile file;
    private final ProgramText text;
    private final InitialStack.Headers headers;
    private final ProgramImage image;
    private volatile byte @Nullable [] digest;
    private final long loadNanos;
    private final Map<Costs, Blocks> blocks = new HashMap<>();
    private final Map<Variant, NativeProgram> translations = new HashMap<>();
    private final Set<Instance> instances = new HashSet<>();
    /** Symbols that have been asked for: the table itself is searched from its start. */
    private final Map<String, Long> addresses = new ConcurrentHashMap<>();
    private volatile @Nullable LineTable lines;
    private final Set<InstancePool> pools = new HashSet<>();
    private boolean closed;

    Program(Engine engine, String name, byte[] elf, ElfFile file, long startedAt) {
        this.engine = engine;
        this.name = name;
        this.file = file;
        headers = InitialStack.Headers.of(elf);
        text = new ProgramText(file, new TooLarge(name, elf.length));
        if (!engine.isNative() || engine.codeCache() == null) {
            text.code(); // needed soon
        }
        image = Image.of(file);
        loadNanos = System.nanoTime() - startedAt;
    }

    /** {@return what messages call it} */
    public String name() {
        return name;
    }

    /** {@return the decoded code, for tools} */
    public Code code() {
        return text.code();
    }

    /** What can be said of the code before it is decoded. */
    ProgramText text() {
        return text;
    }

    /** {@return guest address of the entry point} */
    public long entry() {
        return file.entry();
    }

    /**
     * Guest address of a symbol, if the file has it.
     *
     * @param symbol its name in the file
     * @return its address; empty if there is no such symbol
     */
    public OptionalLong symbol(String symbol) {
        Objects.requireNonNull(symbol, "symbol");
        Long known = addresses.get(symbol);
        if (known != null) {
            return OptionalLong.of(known);
        }
        Symbols.Symbol found = file.symbols().named(symbol);
        if (found == null) {
            return OptionalLong.empty();
        }
        addresses.put(symbol, found.address());
        return OptionalLong.of(found.address());
    }

    /**
     * A guest address with the function symbol it lies in and, if the file has debug information, the source line.
     *
     * @param pc guest address, 0 to 2³²−1
     * @return the place
     */
    public Location locate(long pc) {
        Symbols.Symbol found = file.symbols().at(pc);
        LineTable.Location line = lines().find((int) pc);
        String source = line == null ? null : line.toString();
        return found == null
                ? new Location(pc, null, 0, source)
                : new Location(pc, found.name(), pc - found.address(), source);
    }

    /** Read when first asked for; most programs never trap. */
    private LineTable lines() {
        LineTable known = lines;
        if (known == null) {
            try {
                known = LineTable.read(file.section(".debug_line"), file.section(".debug_line_str"),
                        file.section(".debug_str"));
            } catch (OutOfMemoryError e) { // its arrays are what did not fit; a trap is told without a line then
                known = LineTable.EMPTY;
            }
            lines = known;
        }
        return known;
    }

    /** {@return nanoseconds loading took} */
    public long loadNanos() {
        return loadNanos;
    }

    InitialStack.Headers headers() {
        return headers;
    }

    /**
     * The translation for any target that a backend on the class or module path has, whether this host can run it or not;
     * for tools. Nothing is cached.
     *
     * @param target an architecture
     * @param options metering, costs and assembler
     * @return the machine code and what it is about
     * @throws UnsupportedHostException if there is no such backend
     * @throws UnsupportedOperationException if it does not know the options
     */
    public HostCode translate(Target target, Backend.Options options) {
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(options, "options");
        return Engine.backend(target).translate(text.code(), options);
    }

    /**
     * Translates ahead, so that the first instance with this metering and these costs need not; with a
     * {@link Engine.Builder#codeCache code cache}, for later processes too. The interpreter has nothing to do.
     *
     * @param options metering, costs, limits and host functions
     * @return bytes of machine code; 0 for the interpreter
     * @throws UnsupportedHostException if the host lacks something
     */
    public int compile(InstanceOptions options) {
        Objects.requireNonNull(options, "options");
        checkOpen();
        if (engine.isNative()) {
            return translation(options).hostBytes();
        }
        blocks(options.costs());
        return 0;
    }

    /**
     * An instance with {@link InstanceOptions#defaults}.
     *
     * @return the instance
     */
    public Instance instantiate() {
        return instantiate(InstanceOptions.defaults());
    }

    /**
     * An instance: memory of its own, a worker of its own. Translates the program if this is the first instance with its
     * metering and costs. An {@link InstancePool} has instances at hand in microseconds.
     *
     * @param options metering, costs, limits and host functions
     * @return the instance
     * @throws CapacityException if the engine's workers or memory are all in use
     * @throws BadProgramException if the program does not fit the memory limit
     * @throws UnsupportedHostException if the host lacks something
     */
    public Instance instantiate(InstanceOptions options) {
        Objects.requireNonNull(options, "options");
        int worker = engine.isNative() ? 1 : 0;
        long bytes = options.memoryLimit();
        engine.capacity().take(worker, bytes);
        Machine machine;
        try {
            machine = machine(options);
        } catch (RuntimeException | Error e) {
            engine.capacity().free(worker, bytes);
            throw e;
        }
        Instance[] self = new Instance[1];
        Instance instance = new Instance(this, options, machine, false, Pending.NOTHING, () -> {
            machine.close();
            engine.capacity().free(worker, bytes);
            closed(self[0]);
        });
        self[0] = instance;
        synchronized (this) {
            if (!closed) {
                instances.add(instance);
                return instance;
            }
        }
        instance.close();
        throw new IllegalStateException("the program is closed");
    }

    /** Memory, hart and runner for one guest. */
    Machine machine(InstanceOptions options) {
        checkOpen();
        long compileAt = System.nanoTime();
        NativeProgram translation = engine.isNative() ? translation(options) : null;
        long startedAt = System.nanoTime();
        GuestMemory memory = memory(options);
        Hart hart = new Hart();
        Runner runner = null;
        try {
            runner = translation == null
                    ? new InterpreterRunner(blocks(options.costs()), options.metering() != Metering.NONE, hart, memory)
                    : new NativeRunner(translation, new BlocksOf(this, options.costs()), options.metering(), hart,
                            memory,
                            worker(translation, memory));
        } catch (SandboxException e) {
            throw new UnsupportedHostException(e.getMessage(), e);
        } finally {
            if (runner == null) {
                memory.close();
            }
        }
        Instance.Statistics statistics = new Instance.Statistics(engine.label(),
                translation == null ? text.code().count - text.texts().size() : translation.instructions(),
                runner.hostBytes(), loadNanos, startedAt - compileAt, System.nanoTime() - startedAt);
        return new Machine(memory, hart, runner, statistics);
    }

    private Worker worker(NativeProgram translation, GuestMemory memory) {
        Events.WorkerStart event = Events.on() ? new Events.WorkerStart() : null;
        if (event != null) {
            event.begin();
        }
        Worker worker = engine.workers().start(translation.space(), memory,
                engine.perf() == null ? null : pid -> jitDump(pid, translation));
        engine.tally().started.increment();
        if (event != null) {
            event.program = name;
            event.pid = worker.pid();
            event.commit();
        }
        return worker;
    }

    private Path jitDump(int pid, NativeProgram translation) {
        try {
            return JitDump.write(engine.perf(), pid, translation, file.symbols());
        } catch (IOException e) {
            String reason = e instanceof FileSystemException f && f.getReason() != null
                    ? f.getReason()
                    : e.getClass().getSimpleName();
            throw new UnsupportedHostException(
                    "cannot write what perf is to read into " + engine.perf() + " (" + reason + ")", e);
        }
    }

    /** A pool has been made. */
    synchronized void opened(InstancePool pool) {
        if (closed) {
            throw new IllegalStateException("the program is closed");
        }
        pools.add(pool);
    }

    /** A pool is closed and has no machines any more. */
    void closed(InstancePool pool) {
        boolean last;
        synchronized (this) {
            last = pools.remove(pool) && closed && instances.isEmpty() && pools.isEmpty();
        }
        if (last) {
            release();
        }
    }

    Engine engine() {
        return engine;
    }

    /**
     * An instance in a snapshot's state, to be {@linkplain Instance#resume resumed} or, if the guest was between two calls,
     * called. Memory limit and stack are the snapshot's: whoever takes snapshots from strangers looks at
     * {@link Snapshot#memoryLimit} first. To resume, costs must be the same, and metering as well, though it
     * may be another way of counting.
     *
     * @param snapshot the state to have
     * @param options metering, costs and host functions
     * @return the instance
     * @throws BadSnapshotException if the snapshot is of another program, was metered otherwise or is inconsistent
     */
    public Instance restore(Snapshot snapshot, InstanceOptions options) {
        Objects.requireNonNull(snapshot, "snapshot");
        Objects.requireNonNull(options, "options");
        Instance instance;
        try {
            instance = instantiate(optionsFor(snapshot, options));
        } catch (BadProgramException e) { // whose limits are the snapshot's
            throw new BadSnapshotException("the snapshot does not fit its program: " + e.getMessage(), e);
        }
        try {
            instance.reset(snapshot);
            return instance;
        } catch (RuntimeException e) {
            instance.close();
            throw e;
        }
    }

    /** The options with the snapshot's limits; throws BadSnapshotException if it cannot be restored with them. */
    InstanceOptions optionsFor(Snapshot snapshot, InstanceOptions options) {
        if (!Arrays.equals(snapshot.program, digest()) || snapshot.xlen != text.xlen()) {
            throw new BadSnapshotException("the snapshot is of another program than " + name + " (SHA-256 "
                    + snapshot.programDigest() + ")");
        }
        if (snapshot.isResumable() && (snapshot.metered != (options.metering() != Metering.NONE)
                || snapshot.metered && !snapshot.hasCosts(options.costs()))) {
            throw new BadSnapshotException("the snapshot was taken " + (snapshot.metered
                    ? "with metering and costs " + snapshot.costs + " version " + snapshot.costsVersion
                    : "without metering") + "; restore it the same way");
        }
        return options.withMemoryLimit(snapshot.memoryLimit).withStackSize(snapshot.stackSize);
    }

    /**
     * SHA-256 of the file, to be copied by whoever hands it out. Computed when first asked for: a JVM that has just started
     * takes ten milliseconds to find out who computes digests.
     */
    byte[] digest() {
        byte[] known = digest;
        if (known == null) {
            known = Fingerprint.sha256(file.contents());
            digest = known;
        }
        return known;
    }

    /** The translation for a way of metering; made by the first who asks, while the others wait. */
    private NativeProgram translation(InstanceOptions options) {
        synchronized (translations) {
            Variant variant = new Variant(options.metering(), Costs.of(options.costs()));
            NativeProgram known = translations.get(variant);
            if (known == null) {
                try {
                    known = new NativeProgram(engine.backend(),
                            machineCode(
                                    new Backend.Options(options.metering(), options.costs(), engine.assembler())),
                            text);
                } catch (UnsupportedOperationException e) {
                    throw new UnsupportedHostException(engine.label() + " has no metering "
                            + options.metering().label() + " or no assembler " + engine.assembler() + ": "
                            + e.getMessage(), e);
                } catch (SandboxException e) {
                    throw new UnsupportedHostException(e.getMessage(), e);
                }
                translations.put(variant, known);
            }
            return known;
        }
    }

    private @Nullable MachineCode cached(CodeCache cache, Backend.Options options) {
        Events.CacheLookup event = Events.on() ? new Events.CacheLookup() : null;
        if (event != null) {
            event.begin();
        }
        MachineCode found = cache.load(digest(), text, engine.backend(), options);
        if (event != null) {
            event.program = name;
            event.hit = found != null;
            event.commit();
        }
        return found;
    }

    /** From the cache, or translated and kept there. */
    private MachineCode machineCode(Backend.Options options) {
        CodeCache cache = engine.codeCache();
        MachineCode found = cache == null ? null : cached(cache, options);
        if (found != null) {
            return found;
        }
        HostCode host = translated(options);
        if (cache != null) {
            cache.store(digest(), host, engine.backend());
        }
        return MachineCode.of(host);
    }

    private HostCode translated(Backend.Options options) {
        Code code = text.code();
        Events.Translation event = Events.on() ? new Events.Translation() : null;
        if (event != null) {
            event.begin();
        }
        long from = System.nanoTime();
        HostCode host;
        try {
            host = engine.backend().translate(code, options);
        } catch (OutOfMemoryError e) {
            throw Engine.tooLittleHeap(name, file.contents().remaining(), e);
        }
        engine.tally().translations.increment();
        engine.tally().translationNanos.add(System.nanoTime() - from);
        if (event != null) {
            event.program = name;
            event.metering = options.metering().label();
            event.instructions = code.count - code.texts.length;
            event.bytes = host.length;
            event.commit();
        }
        return host;
    }

    private GuestMemory memory(InstanceOptions options) {
        MemoryPlan plan;
        try {
            plan = Image.plan(file, image, options.stackSize(), options.memoryLimit());
        } catch (SandboxException e) {
            throw new BadProgramException(name + ": " + e.getMessage(), e);
        }
        try {
            return new GuestMemory(plan);
        } catch (SandboxException e) {
            throw new UnsupportedHostException(e.getMessage(), e);
        }
    }

    private synchronized void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the program is closed");
        }
    }

    private Blocks blocks(CostModel costs) {
        Code code = text.code();
        synchronized (blocks) {
            return blocks.computeIfAbsent(Costs.of(costs), same -> new Blocks(code, costs,
                    pc -> text.side(pc, Integer.MAX_VALUE)));
        }
    }

    /** An instance has been closed. */
    private void closed(Instance instance) {
        boolean last;
        synchronized (this) {
            last = instances.remove(instance) && closed && instances.isEmpty() && pools.isEmpty();
        }
        if (last) {
            release();
        }
    }

    private void release() {
        synchronized (translations) {
            translations.values().forEach(NativeProgram::close);
            translations.clear();
        }
        image.close();
    }

    /** Closes its instances and gives memory back. Closing twice does nothing. */
    @Override
    public void close() {
        List<Instance> open;
        List<InstancePool> openPools;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = List.copyOf(instances);
            openPools = List.copyOf(pools);
        }
        if (open.isEmpty() && openPools.isEmpty()) {
            release();
        }
        open.forEach(Instance::close);
        openPools.forEach(InstancePool::closeAll);
        engine.closed(this);
    }
}

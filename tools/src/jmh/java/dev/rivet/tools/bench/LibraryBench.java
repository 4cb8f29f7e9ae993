package dev.rivet.tools.bench;

import dev.rivet.CallOptions;
import dev.rivet.CodeCache;
import dev.rivet.Engine;
import dev.rivet.HostFunctions;
import dev.rivet.HostMethod;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.InstancePool;
import dev.rivet.Memory;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.Snapshot;
import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.ElfReader;
import dev.rivet.frontend.Segment;
import dev.rivet.tools.conform.Image;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the library's own steps cost: a call, a host call, an instance from a pool, a reset, loading a program whose
 * translation is in the cache or is not. From the top directory, on a quiet machine:
 *
 * <pre>
 * mvn -q -Dquickly -Pjmh -pl tools -am verify
 * mvn -q -Dquickly -Pjmh -pl tools -am verify -Djmh="-f 1 -wi 3 -i 5 -p kind=NATIVE load"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LibraryBench {
    private static final CallOptions GAS = CallOptions.ofGas(1_000_000);
    private static final InstanceOptions SMALL = InstanceOptions.defaults().withMemoryLimit(1 << 20)
            .withStackSize(1 << 16);
    private static final int LARGE = 100 << 10;

    @Param({"NATIVE", "INTERPRETER"})
    private Engine.Kind kind;

    private Path directory;
    private Engine engine;
    private Program plugin;
    private Program shop;
    private InstancePool pool;
    private Instance instance;
    private Instance caller;
    private Instance prepared;
    private Snapshot state;
    private Engine forgetful;
    private byte[] large;

    private static final class Host {
        /** What shop.c calls first: there is no input, so it ends at once. */
        @HostMethod(5)
        long input(long to, int size) {
            return 0;
        }
    }

    @Setup
    public void start() throws Exception {
        directory = Files.createTempDirectory("bench");
        engine = Engine.builder().kind(kind).sandbox(Engine.Sandbox.RELAXED)
                .codeCache(CodeCache.open(directory.resolve("code"), 1 << 28)).build();
        Path examples = Path.of(Files.isDirectory(Path.of("examples")) ? "examples" : "../examples");
        forgetful = Engine.builder().kind(kind).sandbox(Engine.Sandbox.RELAXED).build();
        large = large(examples);
        plugin = engine.load(examples.resolve("plugin.elf"));
        shop = engine.load(examples.resolve("shop.elf"));
        pool = InstancePool.builder(plugin).options(SMALL).size(1).build();
        instance = plugin.instantiate(SMALL);
        prepared = plugin.instantiate(SMALL.withMemoryLimit(4 << 20));
        Memory memory = prepared.memory();
        long heap = memory.brk();
        memory.brk(heap + (1 << 20));
        memory.slice(heap, 1 << 20).fill((byte) 7);
        state = prepared.snapshot();
        caller = shop.instantiate(SMALL.withHost(HostFunctions.of(MethodHandles.lookup(), new Host())));
    }

    /**
     * 100 KiB of what compilers make: the text of the examples, one after the other, again and again, with a
     * function in front that returns 42.
     */
    private static byte[] large(Path examples) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(LARGE);
        while (text.hasRemaining()) {
            for (String name : List.of("cpu", "hello", "ledger", "primes", "sha256", "token")) {
                ElfFile file = ElfReader.read(Files.readAllBytes(examples.resolve(name + ".elf")), Long.MAX_VALUE);
                for (Segment s : file.segments()) {
                    if (s.executable()) {
                        text.put(s.image(), s.offset(), Math.min(s.length(), text.remaining()));
                    }
                }
            }
        }
        // li a0, 42; ret
        text.order(ByteOrder.LITTLE_ENDIAN).putInt(0, 0x02a00513).putInt(4, 0x00008067);
        return new Image(64, Image.RVE | Image.RVC).entry(0x10000).add(0x10000, text.array(), LARGE, Image.R | Image.X)
                .bytes();
    }

    @TearDown
    public void stop() throws Exception {
        engine.close();
        forgetful.close();
        try (var files = Files.walk(directory)) {
            for (Path f : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(f);
            }
        }
    }

    @Benchmark
    public Outcome call() {
        return instance.call(GAS, "count");
    }

    /** A call with one host call in it. */
    @Benchmark
    public Outcome hostCall() {
        return caller.call(GAS, "entry");
    }

    /** Borrow and give back, reset included. */
    @Benchmark
    public Object borrow() throws InterruptedException {
        try (Instance borrowed = pool.borrow()) {
            return borrowed.memory();
        }
    }

    /** Borrow, call, give back. */
    @Benchmark
    public Outcome tenancy() throws InterruptedException {
        return pool.call(GAS, "count");
    }

    @Benchmark
    public void reset() {
        instance.memory().writeLong(plugin.symbol("line").getAsLong(), 1);
        instance.reset();
    }

    /** To a prepared state of 1 MiB, after a call that wrote a little. */
    @Benchmark
    public void rewind() {
        prepared.memory().writeLong(plugin.symbol("line").getAsLong(), 1);
        prepared.reset(state);
    }

    /** A program that a benchmark has loaded; closing it is not measured. */
    @State(Scope.Thread)
    public static class Loaded {
        Program program;

        @TearDown(Level.Invocation)
        public void close() {
            program.close();
        }
    }

    /** The same with a pause before, in which a spare worker gets ready. */
    @State(Scope.Thread)
    public static class Rested extends Loaded {
        @Setup(Level.Invocation)
        public void rest() throws InterruptedException {
            Thread.sleep(5);
        }
    }

    /** From a file's bytes to a program that is ready for instances, its translation from the cache; 100 KiB of code. */
    @Benchmark
    public int load(Loaded loaded) {
        loaded.program = engine.load(large, "large");
        return loaded.program.compile(InstanceOptions.defaults());
    }

    /** The same, then an instance of it with a spare worker, then its first call's result. */
    @Benchmark
    public Outcome firstCall(Rested loaded) {
        loaded.program = engine.load(large, "large");
        return loaded.program.instantiate(SMALL).call(GAS, 0x10000);
    }

    /** The same as {@link #load} without the cache: decodes and translates. */
    @Benchmark
    public int translate(Loaded loaded) {
        loaded.program = forgetful.load(large, "large");
        return loaded.program.compile(InstanceOptions.defaults());
    }

    /** An instance outside a pool: memory and, natively, a worker process of its own. */
    @Benchmark
    public Instance instantiate() {
        try (Instance made = plugin.instantiate(SMALL)) {
            return made;
        }
    }
}

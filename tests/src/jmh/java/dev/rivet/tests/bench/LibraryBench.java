package dev.rivet.tests.bench;

import dev.rivet.CallOptions;
import dev.rivet.CodeCache;
import dev.rivet.Engine;
import dev.rivet.HostFunctions;
import dev.rivet.HostMethod;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.InstancePool;
import dev.rivet.Outcome;
import dev.rivet.Program;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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
 * What the library's own steps cost: a call, a host call, an instance from a pool, a reset, a translation from the cache. By
 * hand, from the top directory, on a quiet machine:
 *
 * <pre>
 * mvn -q -Pjmh -pl tests -am -Dquickly -Dmaven.test.skip=false -DskipTests test-compile
 * mvn -q -Pjmh -pl tests exec:exec -Dexec.executable=java -Dexec.classpathScope=test \
 *   -Dexec.args="-cp %classpath --enable-native-access=ALL-UNNAMED org.openjdk.jmh.Main"
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

    @Param({"NATIVE", "INTERPRETER"})
    private Engine.Kind kind;

    private Path directory;
    private Engine engine;
    private Program plugin;
    private Program shop;
    private InstancePool pool;
    private Instance instance;
    private Instance caller;
    private byte[] elf;

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
        elf = Files.readAllBytes(examples.resolve("plugin.elf"));
        plugin = engine.load(elf, "plugin");
        shop = engine.load(examples.resolve("shop.elf"));
        InstanceOptions small = InstanceOptions.defaults().withMemoryLimit(1 << 20).withStackSize(1 << 16);
        pool = InstancePool.builder(plugin).options(small).size(1).build();
        instance = plugin.instantiate(small);
        caller = shop.instantiate(small.withHost(HostFunctions.of(MethodHandles.lookup(), new Host())));
    }

    @TearDown
    public void stop() throws Exception {
        engine.close();
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

    /** Reads the file, decodes it and takes the translation from the cache. */
    @Benchmark
    public int load() {
        try (Program program = engine.load(elf, "plugin")) {
            return program.compile(InstanceOptions.defaults());
        }
    }
}

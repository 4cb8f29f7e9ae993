package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.InstancePool;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.Trap;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Very many calls from eight threads, traps and empty gas among them: no wrong result, and nothing left behind. */
@Isolated("counts what this JVM holds")
class ManyCallsTest {
    private static final Path PLUGIN = Path.of("..", "examples", "plugin.elf");
    private static final int THREADS = 8;
    private static final int INSTANCES = 4;
    private static final String[] LINES = {"", "all is well", "an error occurred", "permission denied", "timeout",
            "time out, and out of time, but nothing else", "x".repeat(300) + "error"};
    private static final CallOptions GAS = CallOptions.ofGas(1_000_000);

    /** What a line must give. */
    private record Expected(boolean accepted, long gas) {
    }

    private static List<Expected> expected() throws IOException {
        List<Expected> all = new ArrayList<>();
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
                Program program = engine.load(PLUGIN);
                Instance instance = program.instantiate()) {
            for (String line : LINES) {
                Outcome o = accept(program, instance, line);
                all.add(new Expected(line.matches(".*(error|denied|timeout).*"), o.gasUsed()));
            }
        }
        return all;
    }

    private static Outcome accept(Program program, Instance instance, String line) {
        byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
        instance.memory().write(program.symbol("line").orElseThrow(), bytes);
        return instance.call(GAS, "accept", bytes.length);
    }

    /** A call that is as it must be; null then, else what is wrong. */
    private static String wrong(Program program, Instance i, SplittableRandom random, List<Expected> expected) {
        int kind = random.nextInt(10);
        if (kind == 0 || kind == 1) {
            Outcome o = i.call(GAS, "crash", kind * 2L);
            Trap.Kind wanted = kind == 0 ? Trap.Kind.MEMORY_ACCESS : Trap.Kind.ILLEGAL_INSTRUCTION;
            return o instanceof Outcome.Trapped t && t.trap().kind() == wanted ? null : o.toString();
        }
        if (kind == 2) {
            Outcome o = i.call(CallOptions.ofGas(500), "crash", 1);
            return o instanceof Outcome.OutOfGas && o.gasLeft() < 10 ? null : o.toString();
        }
        int line = random.nextInt(LINES.length);
        Outcome o = accept(program, i, LINES[line]);
        boolean accepted = expected.get(line).accepted;
        if (!(o instanceof Outcome.Finished f) || f.result() != (accepted ? 1 : 0)
                || o.gasUsed() != expected.get(line).gas) {
            return "line " + line + ": " + o;
        }
        // An instance as new has accepted nothing before.
        return i.call(GAS, "count") instanceof Outcome.Finished c && c.result() == (accepted ? 1 : 0)
                ? null
                : "somebody else's count";
    }

    private static void calls(int borrowings) throws Exception {
        List<Expected> expected = expected();
        InstanceOptions options = InstanceOptions.defaults().withMemoryLimit(1 << 20).withStackSize(64 << 10);
        try (Engine engine = Engine.builder().sandbox(Engine.Sandbox.RELAXED).build();
                Program program = engine.load(PLUGIN);
                InstancePool pool = InstancePool.builder(program).options(options).size(INSTANCES)
                        .maxWait(Duration.ofMinutes(5)).build();
                ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            long start = System.nanoTime();
            List<Future<List<String>>> all = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                SplittableRandom random = new SplittableRandom(t);
                all.add(threads.submit(() -> {
                    List<String> bad = new ArrayList<>();
                    for (int n = 0; n < borrowings / THREADS; n++) {
                        try (Instance i = pool.borrow()) {
                            String wrong = wrong(program, i, random, expected);
                            if (wrong != null) {
                                bad.add(wrong);
                            }
                        }
                    }
                    return bad;
                }));
            }
            for (Future<List<String>> f : all) {
                assertEquals(List.of(), f.get());
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf("%s: %,d calls in %,d tenancies, %,.0f calls/s; %s%n", engine.label(),
                    engine.counters().calls(), borrowings, engine.counters().calls() / seconds, engine.counters());
            assertEquals(borrowings, engine.counters().borrowed());
            assertEquals(0, engine.counters().workersLost());
        }
    }

    /** Descriptors, worker processes and shared mappings of this JVM. */
    private record Holdings(long descriptors, long processes, long mappings) {
        static Holdings now() throws IOException {
            try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"));
                    Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                return new Holdings(fds.count(), ProcessHandle.current().children().count(),
                        maps.filter(line -> line.contains("memfd:rivet")).count());
            }
        }
    }

    /** What arenas and direct buffers hold, as the JVM's native memory tracking has it (category "Other"). */
    private static long directBytes() throws Exception {
        System.gc();
        String summary = (String) ManagementFactory.getPlatformMBeanServer().invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"), "vmNativeMemory",
                new Object[]{new String[]{"summary", "scale=B"}}, new String[]{String[].class.getName()});
        Matcher other = Pattern.compile("Other \\(reserved=(\\d+)").matcher(summary);
        assertTrue(other.find(), "the test needs -XX:NativeMemoryTracking=summary: " + summary);
        return Long.parseLong(other.group(1));
    }

    private static void nothingIsLeft(int borrowings) throws Exception {
        calls(80); // the spawner and what else is made once
        Holdings before = Holdings.now();
        long bytes = directBytes();
        calls(borrowings);
        assertEquals(before, Holdings.now());
        long more = directBytes() - bytes;
        System.out.printf("direct memory: %,d bytes before, %,d more after%n", bytes, more);
        assertTrue(more < 64 << 10, more + " bytes");
    }

    @Test
    void fourThousandTenancies() throws Exception {
        nothingIsLeft(4_000);
    }

    @Test
    @Tag("exhaustive")
    void aMillionTenancies() throws Exception {
        nothingIsLeft(1_000_000);
    }
}

package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Location;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.ir.Target;
import dev.rivet.tools.llvm.CTarget;
import dev.rivet.tools.llvm.Toolchain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names and lines of guest code, in traps, stack traces and profiles, the same from both engines. */
class StackTraceTest {
    private static final String SOURCE = """
            __attribute__((noinline)) int inner(int *p) {
                return *p + 1;
            }
            __attribute__((noinline)) int middle(int *p) {
                return inner(p) * 3;
            }
            int outer(int *p) {
                return middle(p) + middle(p);
            }
            __attribute__((noinline)) unsigned spin(unsigned n) {
                unsigned x = 1;
                for (unsigned i = 0; i < n; i++)
                    x = x * 1664525u + (x >> 7);
                return x;
            }
            unsigned busy(unsigned n) {
                return spin(n) + 1;
            }
            void _start(void) {
            }
            """;

    @TempDir
    Path directory;

    private Path build() throws IOException {
        Path source = directory.resolve("lines.c");
        Files.writeString(source, SOURCE);
        Path object = directory.resolve("lines.o");
        Path elf = directory.resolve("lines.elf");
        Toolchain.get().compile(CTarget.RV64E, source, object, List.of("-O1", "-g", "-ffreestanding"));
        Toolchain.get().link(CTarget.RV64E, List.of(object), elf, List.of("--no-gc-sections"));
        return elf;
    }

    private static String name(Location l) {
        String file = l.source() == null ? "?" : l.source().substring(l.source().lastIndexOf('/') + 1);
        return l.symbol() + " " + file;
    }

    private static Engine engine(String name) {
        Engine.Builder builder = Engine.builder().sandbox(Engine.Sandbox.RELAXED);
        return (name.equals("interpreter")
                ? builder.kind(Engine.Kind.INTERPRETER)
                : builder.kind(Engine.Kind.NATIVE).target(Target.valueOf(name))).build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"X86_64", "AARCH64", "interpreter"})
    void aTrapNamesEveryCallOnTheWay(String kind) throws IOException {
        try (Engine engine = engine(kind);
                Program program = engine.load(build());
                Instance instance = program.instantiate()) {
            Outcome outcome = instance.call(CallOptions.ofGas(1000), "outer", 8);
            assertInstanceOf(Outcome.Trapped.class, outcome, outcome::message);
            List<String> stack = instance.stackTrace().stream().map(StackTraceTest::name).toList();
            assertEquals(List.of("inner lines.c:2", "middle lines.c:5", "outer lines.c:8"), stack);
        }
    }

    @ParameterizedTest
    @CsvSource({"X86_64, 300000000", "AARCH64, 60000000", "interpreter, 20000000"})
    void aProfileFindsTheBusyFunction(String kind, long rounds) throws IOException {
        Map<String, Integer> seen = new TreeMap<>();
        try (Engine engine = engine(kind);
                Program program = engine.load(build());
                Instance instance = program.instantiate(InstanceOptions.defaults())) {
            instance.profile(Duration.ofMillis(1), stack -> {
                List<Location> copy = List.copyOf(stack);
                seen.merge(copy.get(0).symbol() + "<" + (copy.size() > 1 ? copy.get(1).symbol() : ""), 1, Integer::sum);
            });
            Outcome outcome = instance.call(CallOptions.ofGas(1L << 50), "busy", rounds);
            assertInstanceOf(Outcome.Finished.class, outcome, outcome::message);
        }
        int all = seen.values().stream().mapToInt(Integer::intValue).sum();
        assertTrue(all >= 10, seen.toString());
        assertTrue(seen.getOrDefault("spin<busy", 0) >= all * 9 / 10, seen.toString());
    }

    @Test
    void withoutDebugInformationThereIsNoLine() throws IOException {
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
                Program program = engine.load(Path.of("..", "examples", "hello.elf"))) {
            assertEquals(null, program.locate(program.entry()).source());
        }
    }
}

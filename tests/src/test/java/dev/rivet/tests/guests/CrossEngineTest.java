package dev.rivet.tests.guests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.Trap;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.tools.llvm.CTarget;
import dev.rivet.tools.llvm.Guest;
import dev.rivet.tools.llvm.GuestBuild;
import dev.rivet.tools.llvm.Guests;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * All guests in all variants on every engine and with every way of metering: output, exit status (or trap with its pc and registers) and gas are the same
 * on all of them, and output and status are those of the native build of the same source.
 */
class CrossEngineTest {
    private static final GuestBuild BUILD = new GuestBuild(Path.of("target/guests"));
    private static final Map<String, GuestBuild.NativeRun> NATIVE = new ConcurrentHashMap<>();
    private static final List<Engine> ENGINES = new ArrayList<>();

    @BeforeAll
    static void prepare() {
        BUILD.buildAll(Guests.all(), CTarget.GUESTS);
        BUILD.buildAll(Guests.all(), List.of(CTarget.host()));
        ENGINES.add(Engine.builder().kind(Engine.Kind.INTERPRETER).build());
        // The architecture that is not this host's runs under qemu-aarch64, which these tests need installed.
        for (Target target : Target.values()) {
            ENGINES.add(Engine.builder().kind(Engine.Kind.NATIVE).target(target).sandbox(Engine.Sandbox.RELAXED)
                    .build());
        }
    }

    @AfterAll
    static void close() {
        ENGINES.forEach(Engine::close);
    }

    static List<Arguments> runs() {
        List<Arguments> all = new ArrayList<>();
        Guests.all().forEach(
                g -> CTarget.GUESTS.forEach(t -> all.add(Arguments.argumentSet(g.name() + " " + t.label(), g, t))));
        return all;
    }

    /** What one run gave, everything that must be the same on every engine. */
    private record Result(String stdout, String stderr, Outcome outcome) {
        int status() {
            return outcome instanceof Outcome.Exited e ? e.status() : -1;
        }

        Trap trap() {
            return outcome instanceof Outcome.Trapped t ? t.trap() : null;
        }
    }

    private static Result run(Engine engine, Metering metering, Guest guest, Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        InstanceOptions options = InstanceOptions.defaults().withMetering(metering).withHost(
                LinuxHost.functions(new ByteArrayInputStream(guest.stdin().getBytes(StandardCharsets.UTF_8)), out,
                        err));
        List<String> arguments = new ArrayList<>(List.of(guest.program()));
        arguments.addAll(guest.args());
        try (Program program = engine.load(file); Instance instance = program.instantiate(options)) {
            Outcome outcome = instance.run(CallOptions.ofDeadline(Duration.ofSeconds(100)), arguments, List.of());
            return new Result(out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8), outcome);
        }
    }

    @ParameterizedTest
    @MethodSource("runs")
    void sameEverywhere(Guest guest, CTarget target) throws IOException {
        Path file = BUILD.build(guest, target);
        Result first = run(ENGINES.getFirst(), Metering.SYNC, guest, file);
        if (guest.trap() == null) {
            GuestBuild.NativeRun expected = NATIVE.computeIfAbsent(guest.name(), n -> BUILD.runNative(guest));
            assertEquals(new String(expected.stdout(), StandardCharsets.UTF_8), first.stdout());
            assertEquals(expected.stderr(), first.stderr());
            assertEquals("exit " + expected.status(), first.outcome().message());
        } else {
            assertEquals("before\n", first.stdout());
            assertEquals(guest.trap(), first.trap() == null ? first.outcome().message() : first.trap().kind().name());
        }
        assertTrue(first.outcome().gasUsed() > 0);
        for (Engine other : ENGINES.subList(1, ENGINES.size())) {
            for (Metering metering : Metering.values()) {
                if (metering == Metering.FPU && other.label().equals(Target.AARCH64.label())) {
                    continue; // x86-64 only, see ForeignTargetTest
                }
                check(first, run(other, metering, guest, file), metering, other.label() + " " + metering.label());
            }
        }
    }

    private static void check(Result first, Result r, Metering metering, String who) {
        assertEquals(first.stdout(), r.stdout(), who);
        assertEquals(first.stderr(), r.stderr(), who);
        assertEquals(first.outcome().message(), r.outcome().message(), who);
        if (metering == Metering.NONE) {
            assertEquals(first.outcome().usage().at(), r.outcome().usage().at(), who);
        } else {
            assertEquals(first.outcome().usage(), r.outcome().usage(), who);
        }
        if (first.trap() != null) {
            assertArrayEquals(first.trap().registers(), r.trap().registers(), who);
            assertEquals(first.trap(), r.trap(), who);
        }
    }
}

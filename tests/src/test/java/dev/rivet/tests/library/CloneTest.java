package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.BadSnapshotException;
import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.InstancePool;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.Snapshot;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A guest that has been prepared once, as often as you like: restored, rewound to, and from a pool. */
class CloneTest {
    private static final Path PLUGIN = Path.of("..", "examples", "plugin.elf");
    private static final Path PRIMES = Path.of("..", "examples", "primes.elf");
    private static final CallOptions GAS = CallOptions.ofGas(1_000_000);
    private static final InstanceOptions SMALL = InstanceOptions.defaults().withMemoryLimit(1 << 20)
            .withStackSize(1 << 16);

    private static List<Engine> engines;

    @BeforeAll
    static void start() {
        engines = List.of(Engine.builder().kind(Engine.Kind.INTERPRETER).build(),
                Engine.builder().sandbox(Engine.Sandbox.RELAXED).build());
    }

    @AfterAll
    static void stop() {
        engines.forEach(Engine::close);
    }

    private static void accept(Instance instance) {
        byte[] line = "an error".getBytes(StandardCharsets.US_ASCII);
        instance.memory().write(instance.program().symbol("line").orElseThrow(), line);
        assertEquals(1, result(instance.call(GAS, "accept", line.length)));
    }

    private static long result(Outcome outcome) {
        return assertInstanceOf(Outcome.Finished.class, outcome, outcome::message).result();
    }

    private static long count(Instance instance) {
        return result(instance.call(GAS, "count"));
    }

    private static Snapshot throughAFile(Snapshot snapshot) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        snapshot.write(file);
        return Snapshot.read(new ByteArrayInputStream(file.toByteArray()));
    }

    /** A plug-in that has accepted two lines. */
    private static Snapshot prepared(Program program) throws IOException {
        try (Instance instance = program.instantiate(SMALL)) {
            accept(instance);
            accept(instance);
            Snapshot snapshot = throughAFile(instance.snapshot());
            assertFalse(snapshot.isResumable());
            assertEquals(2, count(instance)); // and goes on
            return snapshot;
        }
    }

    @Test
    void aPreparedGuestIsRestoredAnywhere() throws IOException {
        for (Engine from : engines) {
            for (Engine to : engines) {
                try (Program there = from.load(PLUGIN); Program here = to.load(PLUGIN)) {
                    Snapshot snapshot = prepared(there);
                    // Nothing is under way, so metering and costs are free.
                    for (InstanceOptions options : List.of(SMALL, SMALL.withCosts(CostModel.WEIGHTED),
                            InstanceOptions.defaults().withMetering(Metering.ASYNC))) {
                        try (Instance clone = here.restore(snapshot, options)) {
                            assertEquals(1 << 20, clone.options().memoryLimit());
                            assertEquals(2, count(clone));
                            accept(clone);
                            assertEquals(3, count(clone));
                            assertThrows(IllegalStateException.class, () -> clone.resume(GAS));
                            clone.reset();
                            assertEquals(0, count(clone));
                        }
                    }
                }
            }
        }
    }

    @Test
    void rewinding() throws IOException {
        for (Engine engine : engines) {
            try (Program program = engine.load(PLUGIN);
                    Program other = engine.load(PRIMES);
                    Instance instance = program.instantiate(SMALL)) {
                Snapshot fresh = instance.snapshot();
                Snapshot two = prepared(program);
                for (int i = 0; i < 3; i++) {
                    instance.reset(two);
                    accept(instance);
                    assertEquals(3, count(instance));
                    instance.reset(fresh);
                    assertEquals(0, count(instance));
                }
                // In the middle of a call, and out of a trap.
                assertInstanceOf(Outcome.OutOfGas.class, instance.call(CallOptions.ofGas(500), "crash", 1));
                Snapshot middle = throughAFile(instance.snapshot());
                assertTrue(middle.isResumable());
                assertInstanceOf(Outcome.Trapped.class, instance.call(GAS, "crash", 0));
                instance.reset(middle);
                assertInstanceOf(Outcome.OutOfGas.class, instance.resume(CallOptions.ofGas(10_000)));
                instance.reset(two);
                assertThrows(IllegalStateException.class, () -> instance.resume(GAS));
                assertEquals(2, count(instance));

                String message = assertThrows(BadSnapshotException.class, () -> {
                    try (Instance larger = program.instantiate()) {
                        larger.reset(two);
                    }
                }).getMessage();
                assertTrue(message.startsWith("the snapshot has a memory limit of 1048576 bytes and a stack of 65536"),
                        message);
                try (Instance stranger = other.instantiate(SMALL)) {
                    assertThrows(BadSnapshotException.class, () -> stranger.reset(two));
                }
            }
        }
    }

    @Test
    void aPoolOfClones() throws Exception {
        for (Engine engine : engines) {
            try (Program program = engine.load(PLUGIN); Program other = engine.load(PRIMES)) {
                Snapshot two = prepared(program);
                try (InstancePool pool = InstancePool.builder(program).from(two).size(2).build()) {
                    for (int round = 0; round < 5; round++) {
                        List<Instance> tenants = new ArrayList<>(List.of(pool.borrow(), pool.borrow()));
                        for (Instance tenant : tenants) {
                            assertEquals(2, count(tenant));
                            accept(tenant);
                            assertEquals(3, count(tenant));
                            if (round == 3) {
                                tenant.reset();
                                assertEquals(0, count(tenant));
                            }
                            tenant.close();
                        }
                    }
                    assertEquals(engine.isNative() ? 2 : 0, engine.counters().workers());
                }
                assertThrows(BadSnapshotException.class, () -> InstancePool.builder(other).from(two).build());
            }
        }
    }

    /** Each tenant goes on where the one guest was stopped: with its heap, its gas, and the same end. */
    @Test
    void aPoolOfStoppedGuests() throws Exception {
        for (Engine engine : engines) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            InstanceOptions options = InstanceOptions.defaults()
                    .withHost(LinuxHost.functions(InputStream.nullInputStream(), out, out));
            try (Program program = engine.load(PRIMES); Instance one = program.instantiate(options)) {
                assertInstanceOf(Outcome.OutOfGas.class,
                        one.run(CallOptions.ofGas(40_000), List.of("primes", "10000"), List.of()));
                Snapshot middle = one.snapshot();
                Outcome expected = one.resume(CallOptions.ofGas(1L << 30));
                String text = out.toString();
                assertInstanceOf(Outcome.Exited.class, expected);
                try (InstancePool pool = InstancePool.builder(program).from(middle).options(options).size(1).build()) {
                    for (int i = 0; i < 4; i++) {
                        out.reset();
                        try (Instance tenant = pool.borrow()) {
                            Outcome outcome = tenant.resume(CallOptions.ofGas(1L << 30));
                            assertEquals(expected, outcome);
                            assertEquals(text, out.toString());
                        }
                    }
                }
            }
        }
    }
}

package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.BadSnapshotException;
import dev.rivet.CallOptions;
import dev.rivet.CapacityException;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.Snapshot;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;
import dev.rivet.tools.conform.Image;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A guest stopped anywhere goes on elsewhere as if nothing had happened: gas, memory, output, registers. */
class SnapshotTest {
    private static final Path EXAMPLES = Path.of("..", "examples");
    private static final CallOptions MUCH = CallOptions.ofGas(1L << 40);

    private static Engine[] engines;

    @BeforeAll
    static void start() {
        engines = new Engine[]{Engine.builder().kind(Engine.Kind.INTERPRETER).build(),
                Engine.builder().kind(Engine.Kind.AUTO).sandbox(Engine.Sandbox.RELAXED).build(),
                Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).target(Target.AARCH64)
                        .build()};
    }

    @AfterAll
    static void stop() {
        for (Engine e : engines) {
            e.close();
        }
    }

    private static InstanceOptions options(ByteArrayOutputStream out) {
        return InstanceOptions.defaults().withHost(LinuxHost.functions(InputStream.nullInputStream(), out, out));
    }

    /** How a whole run ends. */
    private record End(int status, String output, long gas, List<Long> registers) {
        static End of(Outcome outcome, Instance instance, ByteArrayOutputStream out, long gasBefore) {
            Outcome.Exited exited = assertInstanceOf(Outcome.Exited.class, outcome, outcome::message);
            Long[] registers = new Long[32];
            Arrays.setAll(registers, instance::register);
            return new End(exited.status(), out.toString(), gasBefore + exited.gasUsed(), List.of(registers));
        }
    }

    private static End straight(Program program, List<String> arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Instance instance = program.instantiate(options(out))) {
            return End.of(instance.run(MUCH, arguments, List.of()), instance, out, 0);
        }
    }

    private static Snapshot throughAFile(Snapshot snapshot) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        snapshot.write(file);
        return Snapshot.read(new ByteArrayInputStream(file.toByteArray()));
    }

    /** Runs with random stops; each goes on in an engine drawn by lot. Returns the number of stops. */
    private static int stops(String example, List<String> arguments, long seed, int rounds, long longest)
            throws IOException {
        Random random = new Random(seed);
        int stops = 0;
        try (Program interpreted = engines[0].load(EXAMPLES.resolve(example));
                Program translated = engines[1].load(EXAMPLES.resolve(example));
                Program foreign = engines[2].load(EXAMPLES.resolve(example))) {
            Program[] programs = {interpreted, translated, foreign};
            End expected = straight(interpreted, arguments);
            assertEquals(expected, straight(translated, arguments));
            for (int round = 0; round < rounds; round++) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                Instance instance = programs[random.nextInt(programs.length)].instantiate(options(out));
                long used = 0;
                try {
                    Outcome outcome = instance.run(CallOptions.ofGas(random.nextLong(longest)), arguments, List.of());
                    while (outcome instanceof Outcome.OutOfGas) {
                        used += outcome.gasUsed();
                        Snapshot snapshot = throughAFile(instance.snapshot());
                        instance.close();
                        instance = programs[random.nextInt(programs.length)].restore(snapshot, options(out));
                        stops++;
                        outcome = instance.resume(CallOptions.ofGas(random.nextLong(longest)));
                    }
                    assertEquals(expected, End.of(outcome, instance, out, used), "seed " + seed + " round " + round);
                } finally {
                    instance.close();
                }
            }
        }
        return stops;
    }

    @Test
    void outOfGasAnywhereGoesOnElsewhere() throws IOException {
        int stops = stops("primes.elf", List.of("primes", "300"), 1, 12, 2000)
                + stops("hello.elf", List.of("hello", "you"), 2, 12, 400);
        System.out.println("snapshots: " + stops + " stops resumed elsewhere");
        assertTrue(stops > 100, stops + " stops");
    }

    @Test
    @Tag("exhaustive")
    void outOfGasAnywhereGoesOnElsewhereTenThousandTimes() throws IOException {
        int stops = 0;
        for (long seed = 10; stops < 10_000; seed++) {
            stops += stops("primes.elf", List.of("primes", "2000"), seed, 5, 3000);
            stops += stops("hello.elf", List.of("hello", "you"), seed, 20, 200);
        }
        System.out.println("snapshots: " + stops + " stops resumed elsewhere");
    }

    @Test
    void pausedAnywhereGoesOnElsewhere() throws Exception {
        List<String> arguments = List.of("primes", "3000000");
        int pauses = 0;
        for (Metering metering : new Metering[]{Metering.SYNC, Metering.NONE}) {
            try (Program interpreted = engines[0].load(EXAMPLES.resolve("primes.elf"));
                    Program translated = engines[1].load(EXAMPLES.resolve("primes.elf"));
                    Program foreign = engines[2].load(EXAMPLES.resolve("primes.elf"))) {
                ByteArrayOutputStream plain = new ByteArrayOutputStream();
                CallOptions limit = metering == Metering.NONE ? CallOptions.ofDeadline(Duration.ofMinutes(1)) : MUCH;
                CallOptions more = metering == Metering.NONE ? limit : CallOptions.ofGas(0);
                End expected;
                try (Instance instance = translated.instantiate(options(plain).withMetering(metering))) {
                    expected = End.of(instance.run(limit, arguments, List.of()), instance, plain, 0);
                }
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                Instance[] now = {translated.instantiate(options(out).withMetering(metering))};
                boolean[] over = {false};
                Thread pauser = Thread.ofPlatform().start(() -> {
                    while (!over[0]) {
                        synchronized (now) {
                            now[0].pause();
                        }
                        java.util.concurrent.locks.LockSupport.parkNanos(300_000);
                    }
                });
                long used = 0;
                try {
                    Outcome outcome = now[0].run(limit, arguments, List.of());
                    while (outcome instanceof Outcome.Paused) {
                        used += outcome.gasUsed();
                        Snapshot snapshot = throughAFile(now[0].snapshot());
                        pauses++;
                        Program next = pauses % 3 == 0 ? interpreted : pauses % 4 == 1 ? foreign : translated;
                        synchronized (now) {
                            now[0].close();
                            now[0] = next.restore(snapshot, options(out).withMetering(metering));
                        }
                        outcome = now[0].resume(more);
                    }
                    assertEquals(expected, End.of(outcome, now[0], out, used), metering + " after " + pauses);
                } finally {
                    over[0] = true;
                    pauser.join();
                    now[0].close();
                }
            }
        }
        System.out.println("snapshots: " + pauses + " pauses resumed elsewhere");
        assertTrue(pauses > 4, pauses + " pauses");
    }

    /** A host function asks for the pause: the guest stops behind the call, whose result it has. */
    @Test
    void pausedByAHostFunctionGoesOnElsewhere() throws IOException {
        List<String> arguments = List.of("primes", "3000");
        try (Program interpreted = engines[0].load(EXAMPLES.resolve("primes.elf"));
                Program translated = engines[1].load(EXAMPLES.resolve("primes.elf"))) {
            End expected = straight(interpreted, arguments);
            for (Program first : List.of(interpreted, translated)) {
                Program next = first == interpreted ? translated : interpreted;
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                InstanceOptions options = options(out);
                options = options.withHost(options.host().with(214, call -> { // brk
                    call.setResult(call.memory().brk(call.argument(0)));
                    call.instance().pause();
                }));
                int pauses = 0;
                Instance now = first.instantiate(options);
                try {
                    Outcome outcome = now.run(MUCH, arguments, List.of());
                    long used = outcome.gasUsed();
                    while (outcome instanceof Outcome.Paused) {
                        pauses++;
                        Snapshot snapshot = throughAFile(now.snapshot());
                        assertTrue(snapshot.isResumable());
                        now.close();
                        now = (pauses % 2 == 1 ? next : first).restore(snapshot, options);
                        outcome = now.resume(CallOptions.ofGas(0));
                        used += outcome.gasUsed();
                    }
                    assertEquals(expected, End.of(outcome, now, out, used - outcome.gasUsed()));
                } finally {
                    now.close();
                }
                assertTrue(pauses > 0, "primes asks for memory");
            }
        }
    }

    /** Seven host instructions for ever, of which a signal hits mostly the slow one. */
    @Test
    void aTightLoopPauses() throws Exception {
        int[] loop = {0x02b55533, // divu a0, a0, a1
                0x00150513, // addi a0, a0, 1
                0xff9ff06f}; // j -8
        for (Metering metering : Metering.values()) {
            tightLoop(engines[1], metering, loop);
            if (metering != Metering.FPU) {
                tightLoop(engines[2], metering, loop);
            }
        }
    }

    private static void tightLoop(Engine engine, Metering metering, int[] loop) throws Exception {
        ByteBuffer text = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        text.asIntBuffer().put(loop);
        byte[] elf = new Image(64, Image.RVE).entry(0x10000).add(0x10000, text.array(), 12, Image.R | Image.X)
                .bytes();
        try (Program program = engine.load(elf, "loop");
                Instance instance = program.instantiate(InstanceOptions.defaults().withMetering(metering))) {
            CallOptions limit = metering == Metering.NONE
                    ? CallOptions.ofDeadline(Duration.ofMinutes(5))
                    : CallOptions.ofGas(1L << 50);
            for (int i = 0; i < 20; i++) {
                boolean[] over = {false};
                Thread pauser = Thread.ofPlatform().start(() -> {
                    do { // again, for on a busy machine the call may not have begun
                        java.util.concurrent.locks.LockSupport.parkNanos(3_000_000);
                        instance.pause();
                    } while (!over[0]);
                });
                Outcome outcome = i == 0
                        ? instance.call(limit, program.entry(), 1000, 7)
                        : instance.resume(limit);
                over[0] = true;
                pauser.join();
                assertInstanceOf(Outcome.Paused.class, outcome, outcome::message);
            }
        }
    }

    @Test
    void aSnapshotOfSomethingElseIsRefused() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Program primes = engines[1].load(EXAMPLES.resolve("primes.elf"));
                Program hello = engines[1].load(EXAMPLES.resolve("hello.elf"));
                Instance instance = primes.instantiate(options(out))) {
            assertInstanceOf(Outcome.OutOfGas.class,
                    instance.run(CallOptions.ofGas(1000), List.of("primes", "100"), List.of()));
            Snapshot snapshot = instance.snapshot();
            assertThrows(BadSnapshotException.class, () -> hello.restore(snapshot, options(out)));
            assertThrows(BadSnapshotException.class,
                    () -> primes.restore(snapshot, options(out).withCosts(CostModel.WEIGHTED)));
            assertThrows(BadSnapshotException.class,
                    () -> primes.restore(snapshot, options(out).withMetering(Metering.NONE)));

            ByteArrayOutputStream file = new ByteArrayOutputStream();
            snapshot.write(file);
            byte[] whole = file.toByteArray();
            Random random = new Random(3);
            for (int i = 0; i < 500; i++) {
                byte[] damaged = i % 2 == 0 ? whole.clone() : Arrays.copyOf(whole, random.nextInt(whole.length));
                if (i % 2 == 0) {
                    damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                }
                assertThrows(BadSnapshotException.class, () -> Snapshot.read(new ByteArrayInputStream(damaged)));
            }
        }
    }

    /**
     * A file whose digest is right and whose fields are not, byte by byte: it is refused, or it is another state of the guest,
     * which runs to some end. Nothing else.
     */
    @Test
    void everyFieldForged() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int[] ends = new int[2];
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).maxMemory(1L << 30).build();
                Program primes = engine.load(EXAMPLES.resolve("primes.elf"));
                Instance instance = primes.instantiate(options(out))) {
            instance.run(CallOptions.ofGas(1000), List.of("primes", "100"), List.of());
            byte[] file = file(instance.snapshot());
            int fields = 8 + 2 + 32 + 1 + 8 + 8 + 2 + "unit".length() + 4 + 32 + 1 + 1 + 4 + 4 * 8 + 32 * 8 + 4 + 4;
            for (int at = 10; at < fields; at++) {
                for (int value : new int[]{0, 1, 0x7f, 0x80, 0xff}) {
                    byte[] forged = file.clone();
                    forged[at] = (byte) value;
                    MessageDigest digest = MessageDigest.getInstance("SHA-256");
                    digest.update(forged, 0, forged.length - 32);
                    System.arraycopy(digest.digest(), 0, forged, forged.length - 32, 32);
                    try {
                        Snapshot snapshot = Snapshot.read(new ByteArrayInputStream(forged));
                        assertTrue(snapshot.memoryLimit() > 0);
                        try (Instance i = primes.restore(snapshot, options(out))) {
                            Outcome o = snapshot.isResumable()
                                    ? i.resume(CallOptions.ofGas(0).withDeadline(Duration.ofMillis(1)))
                                    : i.call(CallOptions.ofGas(100), "main");
                            assertTrue(o.gasLeft() >= 0 && o.gasUsed() >= 0, o.message());
                            ends[0]++;
                        }
                    } catch (BadSnapshotException | CapacityException refused) {
                        assertFalse(refused.getMessage().contains("\n"));
                        ends[1]++;
                    }
                }
            }
        }
        assertTrue(ends[0] > 100 && ends[1] > 100, Arrays.toString(ends));
    }

    /** A stream that is no snapshot is not read to its end, which may not come. */
    @Test
    void anEndlessStream() throws IOException {
        InputStream zeroes = new InputStream() {
            private long given;

            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                given += length;
                assertTrue(given < 1L << 16, "read on");
                return length;
            }
        };
        assertEquals("not a Rivet snapshot",
                assertThrows(BadSnapshotException.class, () -> Snapshot.read(zeroes)).getMessage());
    }

    /** A file as the version before this one wrote it: without the 32 bytes that tell the costs. */
    private static byte[] versionOne(byte[] file, String costs) throws Exception {
        int at = 8 + 2 + 32 + 1 + 8 + 8 + 2 + costs.length() + 4;
        ByteArrayOutputStream old = new ByteArrayOutputStream();
        old.write(file, 0, 9);
        old.write(1);
        old.write(file, 10, at - 10);
        old.write(file, at + 32, file.length - at - 64);
        old.write(MessageDigest.getInstance("SHA-256").digest(old.toByteArray()));
        return old.toByteArray();
    }

    private static byte[] file(Snapshot snapshot) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        snapshot.write(file);
        return file.toByteArray();
    }

    @Test
    void costsAreToldByTheirDigest() throws Exception {
        CostModel mine = CostModel.of("mine", 3, Map.of(Op.ADD, 7));
        CostModel same = CostModel.of("mine", 3, Map.of(Op.ADD, 7, Op.XOR, 1));
        CostModel other = CostModel.of("mine", 3, Map.of(Op.ADD, 8));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<String> arguments = List.of("primes", "100");
        try (Program primes = engines[1].load(EXAMPLES.resolve("primes.elf"));
                Instance whole = primes.instantiate(options(out).withCosts(mine));
                Instance instance = primes.instantiate(options(out).withCosts(mine))) {
            long total = whole.run(MUCH, arguments, List.of()).gasUsed();
            Outcome first = instance.run(CallOptions.ofGas(1000), arguments, List.of());
            byte[] now = file(instance.snapshot());
            assertEquals(2, now[9]);
            byte[] before = versionOne(now, "mine");
            Snapshot old = Snapshot.read(new ByteArrayInputStream(before));
            assertArrayEquals(before, file(old));
            for (Snapshot snapshot : new Snapshot[]{Snapshot.read(new ByteArrayInputStream(now)), old}) {
                try (Instance again = primes.restore(snapshot, options(out).withCosts(same))) {
                    assertEquals(total, first.gasUsed() + again.resume(MUCH).gasUsed());
                    assertEquals(2, file(again.snapshot())[9]);
                }
            }
            assertThrows(BadSnapshotException.class, () -> primes.restore(Snapshot.read(new ByteArrayInputStream(now)),
                    options(out).withCosts(other)));
            primes.restore(old, options(out).withCosts(other)).close(); // as it always was
            now[9] = 3;
            assertEquals("the snapshot has version 3, this Rivet reads versions 1 to 2",
                    assertThrows(BadSnapshotException.class, () -> Snapshot.read(new ByteArrayInputStream(now)))
                            .getMessage());
        }
    }
}

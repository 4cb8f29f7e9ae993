package dev.rivet.tests.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.CapacityException;
import dev.rivet.Engine;
import dev.rivet.HostFunctions;
import dev.rivet.Insight;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.Trap;
import dev.rivet.ir.Metering;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import dev.rivet.tools.soak.Mishaps;
import dev.rivet.tools.soak.Held;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** Workers killed at random moments, and guests that fault as fast as they can: typed, soon, and nothing is left. */
@Isolated("counts what this JVM holds")
@Timeout(600)
class FaultStormTest {
    private static final int TEXT = 0x10000;
    private static final int DATA = 0x20000;
    /** A call that has not ended so long after its worker was killed hangs. */
    private static final long HANGS_NANOS = 5_000_000_000L;
    private static final CallOptions LONG = CallOptions.ofGas(1L << 60).withDeadline(Duration.ofMinutes(2));

    private final byte[] elf;
    private final Mishaps bad;
    private final long brief;
    private final long asking;
    private final long atomic;

    FaultStormTest() {
        Asm a = new Asm(64, TEXT);
        brief = a.here();
        a.addi(Asm.A0, Asm.A0, 1).ret();
        asking = a.here();
        int again = a.label();
        a.li(Asm.A7, 1).place(again).ecall().j(again);
        bad = new Mishaps(a);
        atomic = a.here();
        a.word(0x1005_32af); // lr.d t0, (a0)
        a.ret();
        elf = new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X).add(DATA, new byte[0], 4096, Image.R | Image.W)
                .bytes();
    }

    private static InstanceOptions options(Metering metering) {
        return InstanceOptions.defaults().withMetering(metering).withMemoryLimit(4 << 20).withStackSize(256 << 10)
                .withHost(HostFunctions.none().with(1, c -> c.setResult(c.argument(0) + 1)));
    }

    private static Engine engine() {
        return Engine.builder().kind(Engine.Kind.NATIVE).spareWorkers(1).build();
    }

    @Test
    void aHundredKills() throws Exception {
        kills(100);
    }

    @Test
    @Tag("exhaustive")
    void twoThousandKills() throws Exception {
        kills(2000);
    }

    private void kills(int count) throws Exception {
        Held before = warm();
        long[] nanos = new long[count];
        Random random = new Random(count);
        try (Engine engine = engine();
                Program program = engine.load(elf, "storm");
                ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor()) {
            for (int n = 0; n < count; n++) {
                Metering metering = Metering.values()[1 + random.nextInt(Metering.values().length - 1)];
                try (Instance i = program.instantiate(options(metering))) {
                    nanos[n] = killed(i, killer, random);
                }
                if (n % 10 == 0) {
                    good(program);
                }
            }
            good(program);
        }
        Held after = before.later();
        Arrays.sort(nanos);
        System.out.println(String.format(Locale.ROOT,
                "fault storm: %,d workers killed at random moments; from the kill to the end of the call: median %.2f ms,"
                        + " 99 of 100 %.2f ms, longest %.2f ms; left behind %d",
                count, nanos[count / 2] / 1e6, nanos[count * 99 / 100] / 1e6, nanos[count - 1] / 1e6,
                after.beyond(before)));
        assertEquals(0, after.beyond(before), before + " became " + after);
        assertTrue(nanos[count - 1] < HANGS_NANOS);
    }

    private Held warm() throws InterruptedException {
        try (Engine engine = engine(); Program program = engine.load(elf, "storm")) {
            good(program);
        }
        Thread.sleep(100);
        return Held.now();
    }

    private void good(Program program) {
        try (Instance i = program.instantiate(options(Metering.SYNC))) {
            Outcome.Finished f = assertInstanceOf(Outcome.Finished.class, i.call(LONG, brief, 41));
            assertEquals(42, f.result());
            assertEquals(2, f.gasUsed());
        }
    }

    /** Kills the worker after a moment, while calls of some kind go on; the time until the loss is told. */
    private long killed(Instance i, ScheduledExecutorService killer, Random random) throws Exception {
        int pid = Insight.worker(i);
        int kind = random.nextInt(4);
        Future<Long> kill = killer.schedule(() -> {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            return System.nanoTime();
        }, random.nextInt(2000), TimeUnit.MICROSECONDS);
        while (true) {
            Outcome o = switch (kind) {
                case 0 -> i.call(LONG, bad.endless);
                case 1 -> i.call(LONG, brief, 1);
                case 2 -> i.call(LONG, asking);
                default -> i.call(LONG, bad.load, 0);
            };
            long now = System.nanoTime();
            if (o instanceof Outcome.WorkerLost) {
                return Math.max(0, now - kill.get());
            }
            boolean fine = kind == 1 && o instanceof Outcome.Finished || kind == 3 && o instanceof Outcome.Trapped;
            assertTrue(fine, o.message());
        }
    }

    /** Many threads that want workers at once, more than there may be: each gets one or is told so. */
    @Test
    void spawnStorm() throws Exception {
        int threads = 48;
        int most = 12;
        Held before = warm();
        AtomicInteger made = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).spareWorkers(4).maxWorkers(most).build();
                Program program = engine.load(elf, "storm")) {
            try (ExecutorService callers = Executors.newFixedThreadPool(threads)) {
                List<Future<?>> all = new ArrayList<>();
                for (int n = 0; n < threads; n++) {
                    all.add(callers.submit(() -> {
                        for (int k = 0; k < 8; k++) {
                            try {
                                good(program);
                                made.incrementAndGet();
                            } catch (CapacityException e) {
                                assertTrue(
                                        e.getMessage().startsWith("all " + most + " workers of the engine are in use"),
                                        e.getMessage());
                                refused.incrementAndGet();
                            }
                        }
                    }));
                }
                for (Future<?> f : all) {
                    f.get();
                }
            }
            good(program);
        }
        Held after = before.later();
        System.out
                .println(String.format(Locale.ROOT, "spawn storm: %d of %d instances made, %d refused; left behind %d",
                        made.get(), threads * 8, refused.get(), after.beyond(before)));
        assertEquals(threads * 8, made.get() + refused.get());
        assertTrue(made.get() > 0 && refused.get() > 0);
        assertEquals(0, after.beyond(before), before + " became " + after);
    }

    @Test
    void faultsAsFastAsTheyCome() throws Exception {
        faults(300);
    }

    @Test
    @Tag("exhaustive")
    void aHundredThousandFaults() throws Exception {
        faults(12_500);
    }

    /** So many of each kind, in one instance for each way of counting gas; then it still computes. */
    private void faults(int each) throws Exception {
        Held before = warm();
        long longest = 0;
        long start = System.nanoTime();
        long count = 0;
        try (Engine engine = engine(); Program program = engine.load(elf, "storm")) {
            for (Metering metering : Metering.values()) {
                try (Instance i = program.instantiate(options(metering))) {
                    CallOptions limits = metering == Metering.NONE ? CallOptions.unlimited() : LONG;
                    int pid = Insight.worker(i);
                    for (int n = 0; n < each / Metering.values().length + 1; n++) {
                        long[][] calls = {{bad.load, 8}, {bad.load, 1L << 31}, {bad.store, TEXT}, {bad.jump, DATA},
                                {bad.jump, 2},
                                {bad.deep, 0}, {bad.illegal, 0}, {bad.breakpoint, 0}, {atomic, DATA + 1}};
                        for (long[] call : calls) {
                            long from = System.nanoTime();
                            Outcome o = i.call(limits, call[0], call[1]);
                            longest = Math.max(longest, System.nanoTime() - from);
                            Trap.Kind expected = call[0] == bad.jump
                                    ? Trap.Kind.BAD_JUMP
                                    : call[0] == bad.illegal
                                            ? Trap.Kind.ILLEGAL_INSTRUCTION
                                            : call[0] == bad.breakpoint
                                                    ? Trap.Kind.BREAKPOINT
                                                    : Trap.Kind.MEMORY_ACCESS;
                            assertEquals(expected,
                                    assertInstanceOf(Outcome.Trapped.class, o, o::message).trap().kind());
                            count++;
                        }
                    }
                    assertEquals(42, assertInstanceOf(Outcome.Finished.class, i.call(limits, brief, 41)).result());
                    assertEquals(pid, Insight.worker(i), "the same worker all the time");
                }
            }
        }
        Held after = before.later();
        System.out.println(
                String.format(Locale.ROOT, "fault storm: %,d faults, %.1f us each, longest %.2f ms; left behind %d",
                        count, (System.nanoTime() - start) / 1e3 / count, longest / 1e6, after.beyond(before)));
        assertEquals(0, after.beyond(before), before + " became " + after);
        assertTrue(longest < HANGS_NANOS);
    }
}

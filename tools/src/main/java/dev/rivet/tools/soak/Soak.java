package dev.rivet.tools.soak;

import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.RivetException;
import dev.rivet.ir.Metering;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/**
 * Good, trapping, endless and hostile guests on all cores through the public API, while others kill workers, interrupt
 * callers and close instances under them. Owns the threads and the counts; what calls must end in is {@link Mix}'s.
 */
public final class Soak {
    /** Wrong results that are printed; the rest is only counted. */
    private static final int PRINTED = 20;
    private static final long PROGRESS = 30_000_000_000L;
    private static final long MEMORY = 4L << 20;
    private static final long STACK = 256L << 10;
    /** Most calls an instance is used for. */
    private static final int CALLS_AN_INSTANCE = 40;

    private final long seed;
    private final Consumer<String> out;
    private final Mix mix = new Mix();
    private final AtomicLong[] kinds = counters(Mix.Kind.values().length);
    private final AtomicLong lost = new AtomicLong();
    private final AtomicLong interrupted = new AtomicLong();
    private final AtomicLong closedUnder = new AtomicLong();
    private final AtomicLong notStarted = new AtomicLong();
    private final AtomicLong instances = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong kills = new AtomicLong();
    private volatile boolean over;

    /**
     * A soak.
     *
     * @param out takes a line of progress each half minute and one for each wrong result
     */
    public Soak(long seed, Consumer<String> out) {
        this.seed = seed;
        this.out = out;
    }

    /**
     * What came of it.
     *
     * @param calls calls that ended as they had to
     * @param faults traps, timeouts, exhausted gas and lost workers among the calls
     * @param kills workers killed
     * @param wrong calls that ended otherwise
     * @param leaked objects held afterwards that were not held before
     * @param growthKib growth of resident memory after the warm-up, in KiB
     * @param heapKib growth of the Java heap since then, in KiB: up to so much of the other is the garbage collector's choice
     * @param line all of it, for people
     */
    public record Result(long calls, long faults, long kills, long wrong, long leaked, long growthKib,
            long heapKib, String line) {
        /** Whether nothing was wrong and nothing leaked. */
        public boolean good() {
            return wrong == 0 && leaked == 0;
        }
    }

    /** Runs for so long. */
    public Result run(long nanos) throws InterruptedException {
        long start = System.nanoTime();
        try (Engine warm = engine(); Program p = warm.load(mix.elf, "soak")) {
            // The first use opens what the process keeps.
            for (Metering m : List.of(Metering.SYNC, Metering.FPU)) {
                try (Instance i = p.instantiate(options(m))) {
                    Random random = new Random(seed);
                    for (Mix.Kind kind : Mix.Kind.values()) {
                        count(kind, mix.call(kind, i, random));
                    }
                }
            }
        }
        Held before = Held.now();
        long rssBefore = 0;
        long heapBefore = 0;
        try (Engine engine = engine(); Program program = engine.load(mix.elf, "soak")) {
            int cores = Math.max(2, Runtime.getRuntime().availableProcessors());
            AtomicReferenceArray<Instance> current = new AtomicReferenceArray<>(cores);
            List<Thread> callers = new ArrayList<>();
            for (int n = 0; n < cores; n++) {
                int me = n;
                callers.add(Thread.ofPlatform().name("soak-" + n)
                        .start(() -> caller(program, new Random(seed * 1000 + me), current, me)));
            }
            Thread outsider = Thread.ofPlatform().name("soak-outsider")
                    .start(() -> outsider(callers, current, new Random(~seed)));
            long said = start;
            while (System.nanoTime() - start < nanos) {
                Thread.sleep(Math.min(100, Math.max(1, (nanos - System.nanoTime() + start) / 1_000_000)));
                long now = System.nanoTime();
                if (rssBefore == 0 && now - start > nanos / 4) {
                    rssBefore = Held.residentKib();
                    heapBefore = heapKib();
                }
                if (now - said > PROGRESS) {
                    said = now;
                    out.accept(line((now - start) / 1e9, null, 0, 0));
                }
            }
            over = true;
            outsider.join();
            for (Thread t : callers) {
                t.join();
            }
        }
        Held after = before.later();
        long growth = Held.residentKib() - rssBefore;
        long heap = heapKib() - heapBefore;
        long leaked = after.beyond(before);
        String line = line((System.nanoTime() - start) / 1e9,
                leaked == 0 ? "0" : leaked + ": " + before + " -> " + after,
                growth, heap);
        return new Result(calls(), faults(), kills.get(), wrong.get(), leaked, growth, heap, line);
    }

    private static long heapKib() {
        return Runtime.getRuntime().totalMemory() >> 10;
    }

    private static Engine engine() {
        return Engine.builder().kind(Engine.Kind.NATIVE).build();
    }

    private static InstanceOptions options(Metering m) {
        return InstanceOptions.defaults().withMetering(m).withMemoryLimit(MEMORY).withStackSize(STACK)
                .withHost(Mix.functions());
    }

    private static AtomicLong[] counters(int count) {
        AtomicLong[] all = new AtomicLong[count];
        for (int i = 0; i < count; i++) {
            all[i] = new AtomicLong();
        }
        return all;
    }

    private void caller(Program program, Random random, AtomicReferenceArray<Instance> current, int me) {
        while (!over) {
            Thread.interrupted();
            try (Instance i = program.instantiate(options(random.nextBoolean() ? Metering.SYNC : Metering.FPU))) {
                instances.incrementAndGet();
                current.set(me, i);
                calls(i, random);
            } catch (RivetException e) {
                // A worker killed while it starts: typed, and only when there was a kill.
                notStarted.incrementAndGet();
            } catch (RuntimeException e) {
                wrong(e.toString());
            } finally {
                current.set(me, null);
            }
        }
    }

    private void calls(Instance i, Random random) {
        Mix.Kind[] all = Mix.Kind.values();
        for (int n = random.nextInt(CALLS_AN_INSTANCE); n >= 0 && !over; n--) {
            Mix.Kind kind = all[random.nextInt(all.length)];
            try {
                Outcome o = mix.call(kind, i, random);
                count(kind, o);
                if (o instanceof Outcome.WorkerLost) {
                    return;
                }
                if (random.nextInt(8) == 0) {
                    i.reset();
                }
            } catch (IllegalStateException e) {
                if (closed(e)) {
                    closedUnder.incrementAndGet();
                    return;
                }
                wrong(kind + ": " + e);
            } catch (Mix.Wrong e) {
                wrong(kind + ": " + e.getMessage());
            }
        }
    }

    private static boolean closed(IllegalStateException e) {
        return e.getMessage() != null && e.getMessage().contains("closed");
    }

    private void count(Mix.Kind kind, Outcome o) {
        if (o == null) {
            kinds[kind.ordinal()].incrementAndGet();
        } else if (o instanceof Outcome.WorkerLost) {
            lost.incrementAndGet();
        } else {
            interrupted.incrementAndGet();
            Thread.interrupted();
        }
    }

    private void wrong(String what) {
        if (wrong.incrementAndGet() <= PRINTED) {
            out.accept("WRONG " + what);
        }
    }

    /** Kills workers, spare ones too, interrupts callers, closes instances while they run. */
    private void outsider(List<Thread> callers, AtomicReferenceArray<Instance> current, Random random) {
        try {
            while (!over) {
                Thread.sleep(random.nextInt(20));
                int who = random.nextInt(callers.size());
                switch (random.nextInt(4)) {
                    case 0 -> callers.get(who).interrupt();
                    case 1 -> {
                        Instance i = current.get(who);
                        if (i != null) {
                            i.close();
                        }
                    }
                    default -> {
                        List<ProcessHandle> workers = ProcessHandle.current().children().toList();
                        if (!workers.isEmpty() && workers.get(random.nextInt(workers.size())).destroyForcibly()) {
                            kills.incrementAndGet();
                        }
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long calls() {
        long sum = 0;
        for (AtomicLong k : kinds) {
            sum += k.get();
        }
        return sum;
    }

    private long faults() {
        return calls() - kinds[Mix.Kind.GOOD.ordinal()].get() - kinds[Mix.Kind.HOST.ordinal()].get() + lost.get();
    }

    /** One line; {@code leaked} is null while the soak goes on. */
    private String line(double seconds, String leaked, long growth, long heap) {
        String text = String.format(Locale.ROOT,
                "%.0f s: %,d calls (%,d good, %,d faults) in %,d instances, %,d workers killed: %,d calls lost, %,d starts lost; "
                        + "%,d interrupted, %,d closed under the caller; wrong results %,d",
                seconds, calls() + lost.get() + interrupted.get(), kinds[0].get() + kinds[1].get(), faults(),
                instances.get(), kills.get(), lost.get(), notStarted.get(), interrupted.get(), closedUnder.get(),
                wrong.get());
        return leaked == null
                ? text
                : text + String.format(Locale.ROOT, ", leaked objects %s, RSS growth %,d KiB, Java heap %,d KiB",
                        leaked,
                        growth, heap);
    }
}

package dev.rivet.tools;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.HostFunctions;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.UnsupportedHostException;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.tools.CostLoops.Loop;
import dev.rivet.tools.CostLoops.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code rivet bench costs}: how long each instruction takes on this host, translated, beside the weights of
 * {@link CostModel#WEIGHTED}. Rounds over all instructions follow each other, so that whatever else the machine does meets
 * all alike; medians count, in units of one addition that waits for another (one cycle of most processors).
 */
@Command(name = "costs", description = {
        "Time of each class of instructions, beside the weights of '--cost-model weighted'.",
        "Writes a cost table for this host if asked to; gas is consensus, so the built-in weights never follow by themselves."})
final class CostsBench implements Callable<Integer> {
    private static final long LONG_ENOUGH = 3_000_000;
    private static final long CALLS = 2_000;
    /** Of the dividend's size and with a small divisor: many quotient bits, which is slow. */
    private static final long OPERAND = 0x7234_5678_90ab_cdefL;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "7", //
            description = "Rounds that medians are taken of (default: ${DEFAULT-VALUE}).")
    private int runs;
    @Option(names = "--write", paramLabel = "FILE", //
            description = "Write a table of what was measured, for '--cost-model FILE'.")
    private Path write;
    @Option(names = "--all", description = "List every instruction, not only the classes.")
    private boolean all;

    /** Nanoseconds of one instruction. */
    private record Time(double latency, double throughput) {
        /** The larger: what it can be made to take. */
        double worst() {
            return Math.max(latency, throughput);
        }
    }

    private final Map<Op, Time> times = new EnumMap<>(Op.class);
    private double unit;
    private double mispredicted;

    @Override
    public Integer call() {
        if (runs < 1 || runs > 10_000) {
            throw new Failure(Status.USAGE, "--runs must be from 1 to 10000");
        }
        if (write != null) {
            Output.check(write);
        }
        HostFacts host = HostFacts.now();
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).spareWorkers(0)
                .build()) {
            CostLoops narrow = new CostLoops(32);
            narrow.loops.removeIf(l -> l.op() != Op.ZIP && l.op() != Op.UNZIP);
            CostLoops wide = new CostLoops(64);
            try (Progress progress = new Progress((runs + 1) * (wide.loops.size() + narrow.loops.size()))) {
                evaluate(measure(engine, wide, progress));
                evaluate(measure(engine, narrow, progress));
            }
        } catch (UnsupportedHostException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        }
        System.out.print(table(host));
        if (write != null) {
            Output.write(write, file(host));
        }
        return Status.OK;
    }

    /** Median nanoseconds of one measured instruction, or of one round of those that are measured by a difference. */
    private Map<Loop, Double> measure(Engine engine, CostLoops loops, Progress progress) {
        HostFunctions nothing = HostFunctions.none().with(CostLoops.HOST_CALL, call -> call.setResult(0));
        InstanceOptions options = InstanceOptions.defaults().withMetering(Metering.NONE).withHost(nothing);
        try (Program program = engine.load(loops.elf(), "costs"); Instance instance = program.instantiate(options)) {
            CpuClock clock = CpuClock.ofOnlyWorker();
            long[] rounds = new long[loops.loops.size()];
            double[][] nanos = new double[rounds.length][runs];
            for (int run = -1; run < runs; run++) {
                for (int i = 0; i < rounds.length; i++) {
                    Loop loop = loops.loops.get(i);
                    progress.next(CostModel.mnemonic(loop.op()));
                    if (run < 0) {
                        rounds[i] = loop.op() == Op.ECALL ? CALLS : enough(instance, clock, loop);
                    } else {
                        nanos[i][run] = time(instance, clock, loop, rounds[i]) / (double) rounds[i] / loop.copies();
                    }
                }
            }
            Map<Loop, Double> medians = new HashMap<>();
            for (int i = 0; i < rounds.length; i++) {
                Arrays.sort(nanos[i]);
                medians.put(loops.loops.get(i), nanos[i][runs / 2]);
            }
            return medians;
        }
    }

    /** Rounds that take long enough to be measured. */
    private static long enough(Instance instance, CpuClock clock, Loop loop) {
        long rounds = 64;
        for (long nanos; (nanos = time(instance, clock, loop, rounds)) < LONG_ENOUGH;) {
            rounds = Math.max(2 * rounds, Math.min(50 * rounds, rounds * LONG_ENOUGH / Math.max(1, nanos)));
        }
        return rounds;
    }

    /** CPU time of the worker; of an ecall, which is two processes' work, the time that passes. */
    private static long time(Instance instance, CpuClock clock, Loop loop, long rounds) {
        boolean memory = switch (loop.op().kind) {
            case LOAD, STORE, ATOMIC -> true;
            default -> false;
        };
        long a = memory ? CostLoops.DATA : OPERAND;
        long b = 3;
        if (loop.shape() == Shape.RANDOM) {
            return run(instance, clock, loop, new long[]{OPERAND, 1, rounds, 0, CostLoops.DATA, 0})
                    - run(instance, clock, loop, new long[]{OPERAND, 0, rounds, 0, CostLoops.DATA, 0});
        }
        return run(instance, clock, loop, new long[]{a, b, rounds, 0, a, 0});
    }

    private static long run(Instance instance, CpuClock clock, Loop loop, long[] arguments) {
        long wall = System.nanoTime();
        long cpu = clock.nanos();
        Outcome outcome = instance.call(CallOptions.unlimited(), loop.entry(), arguments);
        long passed = System.nanoTime() - wall;
        if (!(outcome instanceof Outcome.Finished)) {
            throw new Failure(Status.INTERNAL, "measuring " + loop + " ended with " + outcome.message());
        }
        return loop.op() == Op.ECALL ? passed : clock.nanos() - cpu;
    }

    private void evaluate(Map<Loop, Double> medians) {
        Map<Op, Double> latencies = new EnumMap<>(Op.class);
        Map<Op, Double> throughputs = new EnumMap<>(Op.class);
        medians.forEach((loop, nanos) -> {
            if (loop.shape() == Shape.UNIT) {
                unit = nanos;
            }
        });
        medians.forEach((loop, nanos) -> {
            switch (loop.shape()) {
                case UNIT -> {
                }
                case RANDOM -> mispredicted = 2 * nanos; // every second one is
                case FREE -> throughputs.merge(loop.op(), nanos, Math::max);
                case TAKEN -> latencies.put(loop.op(), nanos);
                case CHAIN -> latencies.put(loop.op(), Math.max(0, nanos - 2 * unit * perCopy(loop)));
            }
        });
        throughputs.forEach((op, t) -> times.put(op, new Time(latencies.getOrDefault(op, 0.0), t)));
    }

    /** Frames of and and add for one measured instruction. */
    private static double perCopy(Loop loop) {
        return loop.op() == Op.SC_W || loop.op() == Op.SC_D ? 0.5 : 1;
    }

    private Op slowest(List<Op> ops) {
        return ops.stream().filter(times::containsKey)
                .max((a, b) -> Double.compare(times.get(a).worst(), times.get(b).worst())).orElse(null);
    }

    private String table(HostFacts host) {
        StringBuilder out = new StringBuilder(String.format(Locale.ROOT, "%-38s %6s %9s %9s %9s %9s  %s%n", "class",
                "weight", "alone ns", "chain ns", "additions", "ns/gas", "slowest"));
        for (CostClass c : CostClass.values()) {
            Op op = slowest(c.ops());
            if (op != null) {
                out.append(row(c.label, op)).append(c.ops().size() > 1 ? "  " + CostModel.mnemonic(op) : "")
                        .append('\n');
                if (all && c.ops().size() > 1) {
                    c.ops().stream().filter(times::containsKey)
                            .forEach(o -> out.append(row("  " + CostModel.mnemonic(o), o)).append('\n'));
                }
            }
        }
        out.append(
                String.format(Locale.ROOT, "%-38s %6s %9s %9.2f %9.1f%n", "a branch predicted wrongly, in addition", "",
                        "", mispredicted, mispredicted / unit));
        return out + String.format(Locale.ROOT, """
                an addition that waits for another takes %.3f ns; medians of %d rounds; operands in the first cache
                alone: nothing waits for the result; chain: each waits for the one before (branches: taken)
                %s
                """, unit, runs, host.line());
    }

    private String row(String label, Op op) {
        Time t = times.get(op);
        int weight = CostModel.WEIGHTED.cost(op.ordinal());
        return String.format(Locale.ROOT, "%-38s %6d %9.2f %9s %9.1f %9.2f", label, weight, t.throughput,
                t.latency == 0 ? "-" : String.format(Locale.ROOT, "%.2f", t.latency), t.worst() / unit,
                t.worst() / weight);
    }

    /** What an operation costs by these measurements. */
    private int cost(Op op) {
        return Math.clamp(Math.round(times.get(op).worst() / unit), 1, CostModel.MAX_COST);
    }

    private String file(HostFacts host) {
        List<String> lines = new ArrayList<>(List.of(
                "# Costs in additions, each at least 1 and at most " + CostModel.MAX_COST
                        + ", measured by 'rivet bench costs':",
                "# " + host.line(), "default 1"));
        for (CostClass c : CostClass.values()) {
            List<Op> dear = c.ops().stream().filter(times::containsKey).filter(op -> cost(op) > 1).toList();
            if (!dear.isEmpty()) {
                lines.add("");
                lines.add("# " + c.label);
                dear.forEach(op -> lines.add(CostModel.mnemonic(op) + " " + cost(op)));
            }
        }
        return String.join("\n", lines) + "\n";
    }
}

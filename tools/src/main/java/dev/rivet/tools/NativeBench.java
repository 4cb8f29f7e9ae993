package dev.rivet.tools;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.UnsupportedHostException;
import dev.rivet.ir.Metering;
import dev.rivet.tools.llvm.CTarget;
import dev.rivet.tools.llvm.Guest;
import dev.rivet.tools.llvm.GuestBuild;
import dev.rivet.tools.llvm.Guests;
import dev.rivet.tools.llvm.LlvmException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code rivet bench native}: the workloads beside native builds of the same C by the same clang at -O3. One round runs a
 * workload natively and once in each metering mode, one after the other, so that whatever else the machine does meets all
 * alike; medians are compared. Times are CPU times: of the native process from main to exit, of the worker process from
 * its start to the program's end.
 */
@Command(name = "native", description = "Workloads beside native builds of the same C.")
final class NativeBench implements Callable<Integer> {
    @Option(names = "--metering", paramLabel = "MODE", split = ",", defaultValue = "none,sync", //
            description = "Ways of counting gas: none, sync, fpu, async (default: ${DEFAULT-VALUE}).")
    private List<String> metering;
    @Option(names = "--isa", paramLabel = "NAME", defaultValue = "rv64e", //
            description = "Guest variant: rv64e, rv64ec, rv32e, rv64i, rv32i (default: ${DEFAULT-VALUE}).")
    private String isa;
    @Option(names = "--workloads", paramLabel = "NAME", split = ",", description = "Only these (default: all twelve).")
    private List<String> names;
    @Option(names = "--runs", paramLabel = "N", defaultValue = "7", //
            description = "Rounds a median is taken of (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Override
    public Integer call() {
        List<Metering> modes = metering.stream().map(Choice::metering).toList();
        List<CTarget> guests = CTarget.GUESTS;
        CTarget target = guests
                .get(Choice.of("--isa", isa, guests.stream().map(CTarget::label).toArray(String[]::new)));
        if (runs < 1) {
            throw new Failure(Status.USAGE, "--runs must be at least 1");
        }
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED)
                .spareWorkers(0).build()) {
            measure(engine, workloads(), target, modes);
            return Status.OK;
        } catch (UnsupportedHostException | LlvmException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof LlvmException cause) {
                throw new Failure(Status.HOST_LACKS, cause.getMessage(), e);
            }
            throw e;
        } catch (IOException e) {
            throw new Failure(Status.CANNOT_READ, "cannot read a workload's program: " + e.getMessage(), e);
        }
    }

    private List<Guest> workloads() {
        if (names == null) {
            return Guests.WORKLOADS;
        }
        String[] known = Guests.WORKLOADS.stream().map(Guest::name).toArray(String[]::new);
        return names.stream().map(n -> Guests.WORKLOADS.get(Choice.of("workload", n, known))).toList();
    }

    private void measure(Engine engine, List<Guest> workloads, CTarget target, List<Metering> modes)
            throws IOException {
        GuestBuild build = GuestBuild.cached();
        progress("building %d workloads", workloads.size());
        build.buildAll(workloads, List.of(target, CTarget.host()));
        StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "%-10s %10s", target.label(), "native ms"));
        modes.forEach(m -> head.append(String.format(Locale.ROOT, " %9s", m.label())));
        line(head.toString());
        double[] logs = new double[modes.size()];
        for (Guest workload : workloads) {
            double[] ratios = new double[modes.size()];
            double nativeMillis;
            try (Program program = engine.load(build.build(workload, target))) {
                long[][] times = rounds(build, workload, program, modes);
                nativeMillis = median(times[0]) / 1e6;
                for (int m = 0; m < ratios.length; m++) {
                    ratios[m] = median(times[m + 1]) / (double) median(times[0]);
                    logs[m] += Math.log(ratios[m]);
                }
            }
            row(workload.name(), String.format(Locale.ROOT, "%.1f", nativeMillis), ratios);
        }
        row("geometric mean", "", Arrays.stream(logs).map(l -> Math.exp(l / workloads.size())).toArray());
    }

    /** CPU nanoseconds: row 0 native, then one row for each mode; a column each round. */
    private long[][] rounds(GuestBuild build, Guest workload, Program program, List<Metering> modes) {
        Path binary = build.build(workload, CTarget.host());
        long[][] times = new long[modes.size() + 1][runs];
        for (int round = 0; round < runs; round++) {
            progress("%s %d/%d", workload.name(), round + 1, runs);
            GuestBuild.NativeRun expected = build.runNative(binary, List.of(), "", Map.of("GUEST_NANOS", "1"));
            times[0][round] = nativeNanos(expected);
            for (int m = 0; m < modes.size(); m++) {
                times[m + 1][round] = run(workload, program, modes.get(m), expected);
            }
        }
        return times;
    }

    private static long nativeNanos(GuestBuild.NativeRun run) {
        String last = run.stderr().lines().reduce("", (a, b) -> b);
        if (!last.matches("nanos [0-9]+")) {
            throw new Failure(Status.INTERNAL, "a native build told no time but '" + last + "'");
        }
        return Long.parseLong(last.substring(6));
    }

    private static long run(Guest workload, Program program, Metering mode, GuestBuild.NativeRun expected) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        InstanceOptions options = InstanceOptions.defaults().withMetering(mode)
                .withHost(LinuxHost.functions(InputStream.nullInputStream(), out, out));
        try (Instance instance = program.instantiate(options)) {
            WorkerClock clock = WorkerClock.ofOnlyWorker();
            long start = clock.nanos();
            Outcome outcome = instance.run(CallOptions.unlimited(), List.of(workload.name()), List.of());
            long nanos = clock.nanos() - start;
            if (!(outcome instanceof Outcome.Exited exited) || exited.status() != expected.status()
                    || !Arrays.equals(out.toByteArray(), expected.stdout())) {
                throw new Failure(Status.INTERNAL, workload.name() + " (" + mode.label()
                        + ") does not do what its native build does: " + outcome.message());
            }
            return nanos;
        }
    }

    private static long median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void row(String name, String millis, double[] ratios) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-14s %6s", name, millis));
        for (double r : ratios) {
            text.append(String.format(Locale.ROOT, " %9.3f", r));
        }
        line(text.toString());
    }

    private static void line(String text) {
        progress("");
        System.out.println(text);
        System.out.flush();
    }

    /** On a terminal: a line that the next one replaces. */
    private static void progress(String format, Object... values) {
        if (System.console() != null && System.console().isTerminal()) {
            System.err.print("\r\033[K" + String.format(Locale.ROOT, format, values));
            System.err.flush();
        }
    }
}

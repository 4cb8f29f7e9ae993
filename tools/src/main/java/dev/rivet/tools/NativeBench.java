package dev.rivet.tools;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Segment;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.tools.NativeReport.Statistic;
import dev.rivet.tools.llvm.CTarget;
import dev.rivet.tools.llvm.GuestBuild;
import dev.rivet.tools.llvm.Toolchain;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code rivet bench native}: the workloads beside native builds of the same C by the same clang at -O3. A round runs each
 * workload natively and once for each column, one after the other, so that whatever else the machine does meets all alike,
 * and rounds follow each other, so that a bad minute spoils one sample of each workload and no workload whole. Times are CPU
 * times: of the native process from main to exit, of the worker process (of the thread, for the interpreter) from the
 * program's start to its end.
 */
@Command(name = "native", description = {
        "Workloads beside native builds of the same C by the same compiler (clang -O3).",
        "Prints CPU time over native CPU time: 1.00 is native speed. Every result is checked against the native one."})
final class NativeBench implements Callable<Integer> {
    private static final String INTERPRETER = "interpreter";

    @Option(names = {"--columns", "--metering"}, paramLabel = "NAME", split = ",", //
            defaultValue = "none,sync,fpu,async,interpreter", //
            description = "What to measure: ways of counting gas, or the interpreter (default: ${DEFAULT-VALUE}).")
    private List<String> columns;
    @Option(names = "--isa", paramLabel = "NAME", split = ",", defaultValue = "rv64e", //
            description = "Guest variants: rv64e, rv64ec, rv32e, rv64i, rv32i, or all (default: ${DEFAULT-VALUE}).")
    private List<String> isas;
    @Option(names = "--large", description = "The six programs of 450 to 800 lines instead of the twelve small ones.")
    private boolean large;
    @Option(names = "--workloads", paramLabel = "NAME", split = ",", description = "Only these, small or large.")
    private List<String> names;
    @Option(names = "--quick", //
            description = "Runs of 40 ms (native) instead of 200 ms: five times as fast, and noisier.")
    private boolean quick;
    @Option(names = "--runs", paramLabel = "N", defaultValue = "7", description = "Rounds (default: ${DEFAULT-VALUE}).")
    private int runs;
    @Option(names = "--statistic", paramLabel = "median|min", defaultValue = "median", //
            description = "What to compare: medians, or minima, which a busy machine disturbs less "
                    + "(default: ${DEFAULT-VALUE}).")
    private String statistic;
    @Option(names = "--json", paramLabel = "FILE|-", //
            description = "Write all figures to FILE as JSON (docs/bench.md), or to stdout in place of the table.")
    private String json;
    @Option(names = "--chart", paramLabel = "FILE", description = "Draw the ratios: FILE.svg, FILE.html or FILE.png.")
    private Path chart;
    @Mixin
    private CostOption costs;

    /** What is measured of one workload: its program on both engines, and its times so far. */
    private static final class Subject implements AutoCloseable {
        final Workload workload;
        final Path binary;
        final ElfFile file;
        final Program translated;
        final Program interpreted;
        final long[][] times;
        final long[][] natives;
        final int[] hostBytes;
        int guestInstructions;

        Subject(Workload workload, Path elf, Path binary, Engine translator, Engine interpreter, int columns, int runs)
                throws IOException {
            this.workload = workload;
            this.binary = binary;
            file = Input.elf(elf);
            translated = translator.load(elf);
            interpreted = interpreter.load(elf);
            times = new long[columns][runs];
            natives = new long[columns][runs];
            hostBytes = new int[columns];
        }

        @Override
        public void close() {
            translated.close();
            interpreted.close();
        }
    }

    @Override
    public Integer call() {
        String[] known = {"none", "sync", "fpu", "async", INTERPRETER};
        columns.forEach(c -> Choice.of("--columns", c, known));
        List<CTarget> targets = isas.equals(List.of("all"))
                ? CTarget.GUESTS
                : isas.stream().map(NativeBench::isa).toList();
        Statistic compared = Statistic.values()[Choice.of("--statistic", statistic, "median", "min")];
        List<Workload> workloads = names != null ? Workload.named(names) : large ? Workload.LARGE : Workload.SMALL;
        if (runs < 1 || runs > 10_000) {
            throw new Failure(Status.USAGE, "--runs must be from 1 to 10000");
        }
        CostModel model = costs.model();
        boolean toStdout = "-".equals(json);
        if (json != null && !toStdout) {
            Output.check(Path.of(json));
        }
        if (chart != null) {
            NativeChart.check(chart);
        }
        HostFacts host = HostFacts.now();
        String date = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        List<NativeReport.Table> tables = new ArrayList<>();
        NativeReport report = new NativeReport(host, date, quick ? "quick" : "full", runs, compared, model.name(),
                model.version(), "clang " + Toolchain.release() + " -O3", tables);
        try (Engine translator = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED)
                .spareWorkers(0)
                .build(); Engine interpreter = Engine.builder().kind(Engine.Kind.INTERPRETER).build()) {
            for (CTarget target : targets) {
                tables.add(measure(translator, interpreter, workloads, target, model));
                if (!toStdout) {
                    System.out.println(report.text(tables.getLast()));
                    System.out.flush();
                }
            }
        } catch (RuntimeException | Error | IOException e) {
            throw Failure.ofWorkloads(e);
        }
        if (toStdout) {
            System.out.print(Json.text(report.json()));
        } else {
            System.out.print(report.legend());
        }
        if (json != null && !toStdout) {
            Output.write(Path.of(json), Json.text(report.json()));
        }
        if (chart != null) {
            NativeChart.write(report, chart);
        }
        return Status.OK;
    }

    private static CTarget isa(String name) {
        List<CTarget> guests = CTarget.GUESTS;
        return guests.get(Choice.of("--isa", name, guests.stream().map(CTarget::label).toArray(String[]::new)));
    }

    private NativeReport.Table measure(Engine translator, Engine interpreter, List<Workload> workloads, CTarget target,
            CostModel model) throws IOException {
        GuestBuild build = GuestBuild.cached();
        List<Subject> subjects = new ArrayList<>();
        try (Progress progress = new Progress(runs * workloads.size() * columns.size())) {
            progress.next("building " + workloads.size() + " workloads for " + target.label());
            build.buildAll(workloads.stream().map(Workload::guest).toList(), List.of(target, CTarget.host()));
            for (Workload w : workloads) {
                subjects.add(new Subject(w, build.build(w.guest(), target), build.build(w.guest(), CTarget.host()),
                        translator, interpreter, columns.size(), runs));
            }
            for (int round = 0; round < runs; round++) {
                for (Subject subject : subjects) {
                    round(build, subject, round, model, progress);
                }
            }
            return new NativeReport.Table(target.label(), subjects.stream().map(this::row).toList());
        } finally {
            subjects.forEach(Subject::close);
        }
    }

    private String argument(Workload workload, String column) {
        return column.equals(INTERPRETER) ? workload.brief() : quick ? workload.quick() : workload.full();
    }

    private void round(GuestBuild build, Subject subject, int round, CostModel model, Progress progress) {
        Map<String, GuestBuild.NativeRun> natives = new HashMap<>();
        for (int c = 0; c < columns.size(); c++) {
            String column = columns.get(c);
            String argument = argument(subject.workload, column);
            progress.next(subject.workload.name() + " " + column + ", round " + (round + 1) + " of " + runs);
            GuestBuild.NativeRun expected = natives.computeIfAbsent(argument,
                    a -> build.runNative(subject.binary, List.of(a), "", Map.of("GUEST_NANOS", "1")));
            subject.natives[c][round] = nativeNanos(expected);
            subject.times[c][round] = run(subject, c, argument, model, expected);
        }
    }

    private static long nativeNanos(GuestBuild.NativeRun run) {
        String last = run.stderr().lines().reduce("", (a, b) -> b);
        if (!last.matches("nanos [0-9]+")) {
            throw new Failure(Status.INTERNAL, "a native build told no time but '" + last + "'");
        }
        return Long.parseLong(last.substring(6));
    }

    private long run(Subject subject, int c, String argument, CostModel model, GuestBuild.NativeRun expected) {
        String column = columns.get(c);
        boolean interpreted = column.equals(INTERPRETER);
        Program program = interpreted ? subject.interpreted : subject.translated;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        InstanceOptions options = InstanceOptions.defaults().withCosts(model)
                .withMetering(interpreted ? Metering.NONE : Choice.metering(column))
                .withHost(LinuxHost.functions(InputStream.nullInputStream(), out, out));
        try (Instance instance = program.instantiate(options)) {
            subject.guestInstructions = instance.statistics().guestInstructions();
            subject.hostBytes[c] = instance.statistics().hostBytes();
            CpuClock clock = interpreted ? CpuClock.ofThisThread() : CpuClock.ofOnlyWorker();
            long start = clock.nanos();
            Outcome outcome = instance.run(CallOptions.unlimited(), List.of(subject.workload.name(), argument),
                    List.of());
            long nanos = clock.nanos() - start;
            if (!(outcome instanceof Outcome.Exited exited) || exited.status() != expected.status()
                    || !Arrays.equals(out.toByteArray(), expected.stdout())) {
                throw new Failure(Status.INTERNAL, subject.workload.name() + " (" + column
                        + ") does not do what its native build does: " + outcome.message());
            }
            return nanos;
        }
    }

    private NativeReport.Row row(Subject subject) {
        long bytes = subject.file.segments().stream().filter(Segment::executable).mapToLong(s -> s.end() - s.start())
                .sum();
        List<NativeReport.Cell> cells = new ArrayList<>();
        for (int c = 0; c < columns.size(); c++) {
            cells.add(new NativeReport.Cell(columns.get(c), argument(subject.workload, columns.get(c)),
                    subject.natives[c], subject.times[c], subject.hostBytes[c]));
        }
        return new NativeReport.Row(subject.workload.name(), subject.guestInstructions, bytes, cells);
    }
}

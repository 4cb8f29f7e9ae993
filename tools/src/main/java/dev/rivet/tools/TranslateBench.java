package dev.rivet.tools;

import com.sun.management.ThreadMXBean;
import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code rivet bench translate}: CPU time for an instruction of decoding and of translating, and bytes of garbage, for texts
 * of several sizes: made up, and of real programs. Warm figures are taken after as many rounds as the JVM's last compiler
 * needs; the first figure of each size includes what the JVM does only once. {@code --adversarial}: texts meant to make
 * translation slow or large.
 */
@Command(name = "translate", description = {
        "CPU time of decoding and of translating, for each instruction: made-up and real programs of several sizes.",
        "FILES are programs of one ISA whose code is repeated; by default those of examples/."})
final class TranslateBench implements Callable<Integer> {
    private static final int[] SIZES = {1_000, 10_000, 100_000, 500_000};
    private static final int ADVERSARIAL_BYTES = 200_000;
    /** C2 has compiled everything by then. */
    private static final int WARM_INSTRUCTIONS = 4_000_000;
    private static final int WORD = 4;

    @Option(names = "--metering", paramLabel = "none|sync|fpu|async", defaultValue = "sync", //
            description = "How gas is counted (default: ${DEFAULT-VALUE}).")
    private String metering;
    @Option(names = "--runs", paramLabel = "N", defaultValue = "15", //
            description = "Warm runs, or JVMs, a median is taken of (default: ${DEFAULT-VALUE}).")
    private int runs;
    @Option(names = "--adversarial", description = "Programs meant to make translation slow or large.")
    private boolean adversarial;
    @Option(names = "--cold", description = "The first program of 10,000 instructions in a fresh JVM, with and without "
            + "what ./rivet starts its own with.")
    private boolean cold;
    @Parameters(paramLabel = "FILES", arity = "0..*", description = "Static RISC-V ELF executables.")
    private List<Path> files;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private Backend backend;
    private Backend.Options options;

    /** One decoding and one translation. Nanoseconds and bytes of the whole. */
    private record Run(long decodeNanos, long translateNanos, long decodeGarbage, long translateGarbage,
            int instructions, int hostBytes) {
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        options = new Backend.Options(Choice.metering(metering), CostModel.UNIT);
        if (runs < 1) {
            throw new Failure(Status.USAGE, "--runs must be at least 1");
        }
        backend = ColdRun.backend();
        if (backend == null) {
            throw new Failure(Status.HOST_LACKS, "there is no translator for this host's architecture");
        }
        if (cold) {
            new ColdBench(options.metering(), runs).run(files == null ? examples() : files);
        } else if (adversarial) {
            adversarial();
        } else {
            sizes();
        }
        return Status.OK;
    }

    private void sizes() {
        List<Path> programs = files == null ? examples() : files;
        if (!programs.isEmpty()) {
            TranslateInputs.repeated(programs, SIZES[1] * WORD); // so that what is wrong with them is said first
        }
        System.out.printf(Locale.ROOT, "%-9s %12s %9s %9s %9s %9s %9s %9s%n", "", "", "decode", "translate", "decode",
                "translate", "host", "garbage");
        System.out.printf(Locale.ROOT, "%-9s %12s %9s %9s %9s %9s %9s %9s%n", "text", "instructions", "first", "first",
                "warm", "warm", "bytes", "bytes");
        for (int size : SIZES) {
            line("made up", TranslateInputs.madeUp(size));
        }
        if (!programs.isEmpty()) {
            for (int size : SIZES) {
                line("real", TranslateInputs.repeated(programs, size * WORD));
            }
        }
        System.out.println("all for an instruction; nanoseconds of CPU time, medians where warm; metering "
                + options.metering().label());
    }

    private void line(String name, ElfFile file) {
        Run first = run(file);
        for (long done = 0; done < WARM_INSTRUCTIONS; done += first.instructions) {
            run(file);
        }
        Run[] warm = runs(file, runs);
        double n = first.instructions;
        System.out.printf(Locale.ROOT, "%-9s %12d %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f%n", name, first.instructions,
                first.decodeNanos / n, first.translateNanos / n,
                median(Arrays.stream(warm).mapToLong(Run::decodeNanos).toArray()) / n,
                median(Arrays.stream(warm).mapToLong(Run::translateNanos).toArray()) / n, first.hostBytes / n,
                (warm[0].decodeGarbage + warm[0].translateGarbage) / n);
    }

    private void adversarial() {
        System.out.printf(Locale.ROOT, "%-22s %12s %10s %10s %10s %10s%n", "", "instructions", "decode", "translate",
                "garbage", "host");
        double most = 0;
        for (Map.Entry<String, ElfFile> e : TranslateInputs.adversarial(ADVERSARIAL_BYTES).entrySet()) {
            run(e.getValue());
            run(e.getValue());
            Run[] warm = runs(e.getValue(), runs);
            double n = ADVERSARIAL_BYTES;
            most = Math.max(most, warm[0].hostBytes / n);
            System.out.printf(Locale.ROOT, "%-22s %12d %10.1f %10.1f %10.1f %10.1f%n", e.getKey(),
                    warm[0].instructions, median(Arrays.stream(warm).mapToLong(Run::decodeNanos).toArray()) / n,
                    median(Arrays.stream(warm).mapToLong(Run::translateNanos).toArray()) / n,
                    (warm[0].decodeGarbage + warm[0].translateGarbage) / n, warm[0].hostBytes / n);
        }
        System.out.printf(Locale.ROOT,
                "all for a byte of the guest's code (nanoseconds of CPU time, bytes); metering %s; most host bytes: %.1f, "
                        + "where %d an instruction are the bound%n",
                options.metering().label(), most, backend.maxBytesPerInst());
    }

    private Run[] runs(ElfFile file, int n) {
        Run[] all = new Run[n];
        for (int i = 0; i < n; i++) {
            all[i] = run(file);
        }
        return all;
    }

    /** Small texts several times, for the clock is coarse. */
    private Run run(ElfFile file) {
        int times = (int) Math.max(1, 40_000 / (file.executableBytes() + 1));
        long decode = 0;
        long translate = 0;
        long decodeGarbage = 0;
        long translateGarbage = 0;
        Code code = null;
        HostCode host = null;
        for (int i = 0; i < times; i++) {
            long g0 = threads.getCurrentThreadAllocatedBytes();
            long t0 = threads.getCurrentThreadCpuTime();
            code = Sweep.of(file);
            long t1 = threads.getCurrentThreadCpuTime();
            long g1 = threads.getCurrentThreadAllocatedBytes();
            host = backend.translate(code, options);
            long t2 = threads.getCurrentThreadCpuTime();
            long g2 = threads.getCurrentThreadAllocatedBytes();
            decode += t1 - t0;
            translate += t2 - t1;
            decodeGarbage += g1 - g0;
            translateGarbage += g2 - g1;
        }
        return new Run(decode / times, translate / times, decodeGarbage / times, translateGarbage / times, code.count,
                host.length);
    }

    private static long median(long[] all) {
        Arrays.sort(all);
        return all[all.length / 2];
    }

    /** The examples next to this tool; none where it does not run from its sources. */
    private static List<Path> examples() {
        String home = System.getProperty("rivet.home");
        if (home == null) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(Path.of(home, "examples"))) {
            return TranslateInputs.alike(all.filter(p -> p.toString().endsWith(".elf")).sorted().toList());
        } catch (IOException none) {
            return List.of();
        }
    }
}

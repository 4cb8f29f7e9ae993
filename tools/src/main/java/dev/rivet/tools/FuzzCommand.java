package dev.rivet.tools;

import dev.rivet.ir.Metering;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Fuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rivet fuzz}: random programs on interpreter and native engine, compared at every stop. */
@Command(name = "fuzz", description = "Run random programs on interpreter and native engine; shrink and save what differs.")
final class FuzzCommand implements Callable<Integer> {
    @Option(names = "--target", paramLabel = "x86-64|aarch64", description = "Architecture (default: this host's).")
    private String target;
    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "First seed (default: ${DEFAULT-VALUE}).")
    private long seed;
    @Option(names = "--seconds", paramLabel = "N", defaultValue = "60", description = "How long (default: ${DEFAULT-VALUE}).")
    private double seconds;
    @Option(names = "--count", paramLabel = "N", description = "At most so many programs.")
    private long count = Long.MAX_VALUE;
    @Option(names = "--metering", split = ",", paramLabel = "none|sync|fpu|async", defaultValue = "sync", //
            description = "Ways of counting gas (default: ${DEFAULT-VALUE}).")
    private List<String> meterings;
    @Option(names = "--out", paramLabel = "DIR", defaultValue = "fuzz-failures", //
            description = "Where to save failing programs (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        List<Metering> modes = meterings.stream().map(Choice::metering).toList();
        if (!(seconds > 0) || count < 1) {
            throw new Failure(Status.USAGE, "--seconds and --count must be above 0");
        }
        if (!Files.exists(out)) {
            Output.check(out);
        }
        long start = System.nanoTime();
        try (Duel.Sides sides = ConformCommand.sides(target)) {
            Fuzzer.Result r = new Fuzzer(sides, modes, out, System.out::println).run(seed, seconds, count);
            System.out.println(String.format(Locale.ROOT,
                    "%s: seeds %d to %d: %,d programs, %,d (program, budget) pairs, %,d instructions on each engine, %d failures, %.1f s",
                    sides.subject().label(), seed, seed + r.programs() - 1, r.programs(), r.pairs(), r.instructions(),
                    r.failures().size(), (System.nanoTime() - start) / 1e9));
            return r.failures().isEmpty() ? Status.OK : 1;
        }
    }
}

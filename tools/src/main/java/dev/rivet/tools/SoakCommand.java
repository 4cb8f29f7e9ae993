package dev.rivet.tools;

import dev.rivet.UnsupportedHostException;
import dev.rivet.tools.soak.Soak;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rivet soak}: good and hostile guests while workers are killed. */
@Command(name = "soak", description = "Run good and hostile guests on all cores while workers are killed; count wrong results and leaks.")
final class SoakCommand implements Callable<Integer> {
    @Option(names = "--minutes", paramLabel = "N", defaultValue = "20", description = "How long (default: ${DEFAULT-VALUE}).")
    private double minutes;
    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of the mix (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() throws InterruptedException {
        if (!(minutes > 0 && minutes < 1e6)) {
            throw new Failure(Status.USAGE, "--minutes is " + minutes + "; give a positive number");
        }
        try {
            Soak.Result r = new Soak(seed, System.out::println).run((long) (minutes * 60e9));
            System.out.println(r.line());
            return r.good() ? Status.OK : 1;
        } catch (UnsupportedHostException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        }
    }
}

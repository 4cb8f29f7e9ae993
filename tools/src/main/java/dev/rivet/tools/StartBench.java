package dev.rivet.tools;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code rivet bench start}: what a user waits for a small program, from {@code ./rivet run} to its end: the launcher, the
 * start of the JVM, translation, worker, end. Each run is a process of its own, started as a user starts it.
 */
@Command(name = "start", description = "How long ./rivet run takes for a small program, from the command to its end.")
final class StartBench implements Callable<Integer> {
    /** Of the times in /proc/PID/stat. */
    private static final double TICKS_A_SECOND = 100;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "20", //
            description = "Runs a median is taken of (default: ${DEFAULT-VALUE}).")
    private int runs;
    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE", //
            description = "A program that needs no input (default: examples/hello.elf).")
    private Path file;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (runs < 1) {
            throw new Failure(Status.USAGE, "--runs must be at least 1");
        }
        String home = System.getProperty("rivet.home");
        if (home == null) {
            throw new Failure(Status.HOST_LACKS, "bench start measures the script ./rivet; start it with that");
        }
        Path program = file == null ? Path.of(home, "examples", "hello.elf") : file;
        Input.elf(program);
        ProcessBuilder command = new ProcessBuilder(Path.of(home, "rivet").toString(), "run", program.toString())
                .redirectInput(new File("/dev/null")).redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.INHERIT);
        double[] wall = new double[runs];
        time(command); // brings everything into the page cache
        double before = childrenSeconds();
        for (int i = 0; i < runs; i++) {
            wall[i] = time(command);
        }
        double cpu = (childrenSeconds() - before) / runs;
        Arrays.sort(wall);
        System.out.printf(Locale.ROOT, "%d runs: wall %.3f s median, %.3f to %.3f; CPU %.3f s mean%n", runs,
                wall[runs / 2], wall[0], wall[runs - 1], cpu);
        return Status.OK;
    }

    /** Seconds one run takes. */
    private static double time(ProcessBuilder command) throws IOException, InterruptedException {
        long start = System.nanoTime();
        int status = command.start().waitFor();
        if (status != Status.OK) {
            throw new Failure(Status.BAD_INPUT, String.join(" ", command.command()) + " ended with " + status);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** CPU time of all children that have ended, theirs included. */
    private static double childrenSeconds() throws IOException {
        // /proc/PID/stat: number, name in parentheses, state, …, children's user and system time as fields 16 and 17
        String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / TICKS_A_SECOND;
    }
}

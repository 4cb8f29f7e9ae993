package dev.rivet.tools;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Segment;
import dev.rivet.ir.Metering;
import dev.rivet.tools.conform.Image;
import dev.rivet.tools.llvm.Children;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * {@code rivet bench translate --cold}: how long the first program takes in a fresh JVM, from the bytes of its file to
 * machine code. Starts one JVM after the other, in turn with the options and the cache that this JVM was started with, which
 * are {@code ./rivet}'s, and with none, as a user of the library starts one. What each of them does is {@link ColdRun}'s.
 */
final class ColdBench {
    /** Instructions of the program. */
    private static final int INSTRUCTIONS = 10_000;
    /** What no JVM needs for that. */
    private static final long LIMIT_SECONDS = 60;
    private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

    /** One JVM's first program; nanoseconds. */
    record Sample(long decode, long translate, long cpu, long allThreads, int instructions, int hostBytes) {
        static Sample of(String line) {
            long[] n = Arrays.stream(line.strip().split(" ")).mapToLong(Long::parseLong).toArray();
            return new Sample(n[0], n[1], n[2], n[3], (int) n[4], (int) n[5]);
        }

        long wall() {
            return decode + translate;
        }
    }

    private final Metering metering;
    private final int runs;

    ColdBench(Metering metering, int runs) {
        this.metering = metering;
        this.runs = runs;
    }

    /** Measures the code of programs, one behind the other, over and over, as one program. */
    void run(List<Path> programs) throws IOException, InterruptedException {
        ElfFile text = programs.isEmpty()
                ? TranslateInputs.madeUp(INSTRUCTIONS)
                : TranslateInputs.repeated(programs, INSTRUCTIONS * 4);
        List<String> ours = new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
        List<String> plain = List.of(NATIVE_ACCESS);
        try (Temporary place = Temporary.directory("rivet-cold"); Progress progress = new Progress(2 * runs + 2)) {
            Path dir = place.path();
            Path file = Files.write(dir.resolve("program.elf"), elf(text));
            String cached = cache(ours, file, dir, progress);
            String uncached = cache(plain, file, dir, progress);
            List<Sample> with = new ArrayList<>();
            List<Sample> without = new ArrayList<>();
            for (int i = 0; i < runs; i++) {
                progress.next("./rivet's JVM");
                with.add(Sample.of(start(ours, file)));
                progress.next("plain JVM");
                without.add(Sample.of(start(plain, file)));
            }
            print("with " + (ours.isEmpty() ? "no options" : "this JVM's options"), cached, with);
            print("with " + NATIVE_ACCESS + " alone", uncached, without);
            System.out.printf(Locale.ROOT,
                    "first program of %d instructions in %d fresh JVMs each, metering %s; wall and CPU time in milliseconds%n",
                    with.getFirst().instructions, runs, metering.label());
        }
    }

    private static byte[] elf(ElfFile text) {
        Segment s = text.segments().getFirst();
        int flags = (text.compressed() ? Image.RVC : 0) | (text.embedded() ? Image.RVE : 0);
        byte[] bytes = Arrays.copyOfRange(s.image(), s.offset(), s.offset() + s.length());
        return new Image(text.xlen(), flags).entry((int) s.start())
                .add((int) s.start(), bytes, bytes.length, Image.R | Image.X).bytes();
    }

    private static void print(String how, String cache, List<Sample> samples) {
        System.out.printf(Locale.ROOT, "%s: %s%n", how, cache);
        System.out.printf(Locale.ROOT, "  wall %.1f median, %.1f to %.1f (decode %.1f, translate %.1f); "
                + "CPU %.1f of its thread, %.1f with the JVM's threads%n",
                millis(samples, Sample::wall, samples.size() / 2),
                millis(samples, Sample::wall, 0), millis(samples, Sample::wall, samples.size() - 1),
                millis(samples, Sample::decode, samples.size() / 2),
                millis(samples, Sample::translate, samples.size() / 2),
                millis(samples, Sample::cpu, samples.size() / 2),
                millis(samples, Sample::allThreads, samples.size() / 2));
    }

    /** The n-th least of the samples. */
    private static double millis(List<Sample> samples, ToLongFunction<Sample> what, int n) {
        return samples.stream().mapToLong(what).sorted().skip(n).findFirst().orElseThrow() / 1e6;
    }

    /** Which of Rivet's classes come out of a cache; from the log of a run that is not measured. */
    private String cache(List<String> options, Path file, Path dir, Progress progress)
            throws IOException, InterruptedException {
        progress.next("what is in the cache");
        Path log = dir.resolve("classes.log");
        List<String> logging = new ArrayList<>(options);
        logging.add("-Xlog:class+load:file=" + log);
        start(logging, file);
        List<String> loaded;
        try (Stream<String> lines = Files.lines(log)) {
            loaded = lines.filter(line -> line.contains(" dev.rivet.")).toList();
        }
        long cached = loaded.stream().filter(line -> line.contains("source: shared objects file")).count();
        return (cached == 0 ? "no AOT cache in use" : "AOT cache in use") + " (" + cached + " of " + loaded.size()
                + " of Rivet's classes come out of it)";
    }

    /** What a JVM prints. */
    private String start(List<String> options, Path file) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ColdRun.class.getName(), file.toString(),
                metering.name()));
        Path out = file.resolveSibling("out");
        Path err = file.resolveSibling("err");
        int status = Children.run(new ProcessBuilder(command).redirectInput(new File("/dev/null"))
                .redirectOutput(out.toFile()).redirectError(err.toFile()), LIMIT_SECONDS);
        if (status != 0) {
            String said = Files.readString(err).lines().findFirst().orElse("nothing");
            throw new Failure(Status.INTERNAL,
                    String.join(" ", command) + " ended with " + status + " and said: " + said);
        }
        return Files.readString(out);
    }
}

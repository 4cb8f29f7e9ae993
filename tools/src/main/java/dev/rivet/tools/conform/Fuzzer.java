package dev.rivet.tools.conform;

import dev.rivet.frontend.Disassembler;
import dev.rivet.frontend.ElfReader;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Tries one seed after the other, shrinks what fails and saves it. */
public final class Fuzzer {
    /**
     * What a run came to.
     *
     * @param programs programs tried
     * @param pairs (program, budget) pairs
     * @param instructions instructions executed on each engine, those of trials with weighted costs not counted
     * @param failures a line for each failing seed
     */
    public record Result(long programs, long pairs, long instructions, List<String> failures) {
    }

    private static final int ENOUGH = 5;

    private final Duel.Sides sides;
    private final List<Metering> meterings;
    private final Path directory;
    private final Consumer<String> out;

    /**
     * A fuzzer.
     *
     * @param directory where failing programs are saved
     * @param out takes progress, line by line
     */
    public Fuzzer(Duel.Sides sides, List<Metering> meterings, Path directory, Consumer<String> out) {
        this.sides = sides;
        this.meterings = List.copyOf(meterings);
        this.directory = directory;
        this.out = out;
    }

    /** Tries seeds from {@code seed} on, for so many seconds but {@code count} at most. */
    public Result run(long seed, double seconds, long count) throws IOException {
        List<FuzzTrial> trials = new ArrayList<>();
        meterings.forEach(m -> trials.add(new FuzzTrial(sides, m)));
        List<String> failures = new ArrayList<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        long next = System.nanoTime() + 10_000_000_000L;
        long s = seed;
        for (; s - seed < count && System.nanoTime() - end < 0 && failures.size() < ENOUGH; s++) {
            for (int t = 0; t < trials.size(); t++) {
                String line = failure(trials.get(t), new FuzzProgram(s));
                if (line != null) {
                    failures.add(line);
                    out.accept("FAIL " + line);
                    save(s, meterings.get(t), line);
                    break;
                }
            }
            if (System.nanoTime() - next >= 0) {
                next += 10_000_000_000L;
                out.accept(progress(s + 1 - seed, trials));
            }
        }
        out.accept(progress(s - seed, trials));
        return new Result(s - seed, trials.stream().mapToLong(FuzzTrial::pairs).sum(),
                trials.stream().mapToLong(FuzzTrial::instructions).sum(), failures);
    }

    private static String progress(long programs, List<FuzzTrial> trials) {
        return String.format("%,d programs, %,d (program, budget) pairs, %,d resumed, %,d gas", programs,
                trials.stream().mapToLong(FuzzTrial::pairs).sum(), trials.stream().mapToLong(FuzzTrial::resumes).sum(),
                trials.stream().mapToLong(FuzzTrial::gas).sum());
    }

    /** The first line of what goes wrong with a program, or null. */
    private static String failure(FuzzTrial trial, FuzzProgram program) {
        try {
            trial.run(program);
            return null;
        } catch (Duel.Disagreement e) {
            return e.getMessage();
        } catch (RuntimeException e) {
            return "seed " + program.seed + ": " + e;
        }
    }

    private void save(long seed, Metering metering, String line) throws IOException {
        FuzzTrial trial = new FuzzTrial(sides, metering);
        Shrinker shrinker = new Shrinker(p -> failure(trial, p) != null);
        FuzzProgram small = shrinker.shrink(new FuzzProgram(seed));
        Files.createDirectories(directory);
        byte[] elf = small.assemble().elf();
        Path file = directory.resolve("fuzz-" + seed + ".elf");
        Path text = directory.resolve("fuzz-" + seed + ".txt");
        Files.write(file, elf);
        String now = failure(trial, small);
        Files.writeString(text, "at first: " + line + "\nshrunk (" + shrinker.tries() + " tries): " + now + "\n\n"
                + listing(elf, small));
        out.accept("saved " + file + " and " + text + ": " + small.items.size() + " pieces left");
    }

    private static String listing(byte[] elf, FuzzProgram program) {
        StringBuilder lines = new StringBuilder();
        Code code = Sweep.of(ElfReader.read(elf, 1L << 30));
        for (int i = 0; i < code.count; i++) {
            long inst = code.insts[i];
            if (Inst.op(inst) != Op.END) {
                lines.append(String.format("%08x%s %s%n", code.pcs[i], code.isLeader(i) ? ":" : " ",
                        Disassembler.textAt(inst, program.isa.xlen(), code.pcs[i])));
            }
        }
        program.items.forEach(item -> lines.append(item).append(System.lineSeparator()));
        return lines.toString();
    }
}

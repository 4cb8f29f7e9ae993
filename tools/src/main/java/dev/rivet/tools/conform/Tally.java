package dev.rivet.tools.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Counts what suites ran and what failed, and reports it line by line. */
public final class Tally {
    /** Failures after which a suite gives up. */
    private static final int ENOUGH = 20;

    private final Consumer<String> out;
    private final List<String> failures = new ArrayList<>();
    private long cases;
    private long programs;
    private long lineCases;
    private long since = System.nanoTime();

    /** A tally that reports to {@code out}. */
    public Tally(Consumer<String> out) {
        this.out = out;
    }

    /** Counts cases of one program. */
    void add(long count) {
        programs++;
        cases += count;
        lineCases += count;
    }

    /** Notes a failure. */
    void fail(String line) {
        failures.add(line);
        out.accept("FAIL " + line);
    }

    /** Reports something that is no failure. */
    void note(String line) {
        out.accept(line);
    }

    /** Whether to give up. */
    boolean enough() {
        return failures.size() >= ENOUGH;
    }

    /** Reports the cases since the last line: what, how many of what, seconds. */
    void line(String what, String unit) {
        long now = System.nanoTime();
        out.accept(String.format(Locale.ROOT, "%-34s %,12d %-24s %6.2f s", what, lineCases, unit, (now - since) / 1e9));
        since = now;
        lineCases = 0;
    }

    /** All failures. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    /** All cases. */
    public long cases() {
        return cases;
    }

    /** All programs. */
    public long programs() {
        return programs;
    }
}

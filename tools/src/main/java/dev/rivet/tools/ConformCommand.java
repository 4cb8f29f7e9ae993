package dev.rivet.tools;

import dev.rivet.UnsupportedHostException;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.SandboxException;
import dev.rivet.tools.conform.Conformance;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Isa;
import dev.rivet.tools.conform.Tally;
import dev.rivet.tools.escape.Escape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rivet conform}: the conformance suites, by name. */
@Command(name = "conform", description = "Compare translated code with the interpreter, instruction by instruction.")
final class ConformCommand implements Callable<Integer> {
    private static final String ESCAPE = "escape";

    @Option(names = "--target", paramLabel = "x86-64|aarch64", description = "Architecture (default: this host's).")
    private String target;
    @Option(names = "--suite", split = ",", paramLabel = "NAME", //
            description = "registers, control, memory, atomics, gas, budgets, judge (default: these), or escape: attacks on the sandbox.")
    private List<String> suites = List.of();
    @Option(names = "--isa", split = ",", paramLabel = "NAME", defaultValue = "rv64ec,rv32ec,rv64ic,rv32ic", //
            description = "Variants (default: ${DEFAULT-VALUE}).")
    private List<String> isas;
    @Option(names = "--metering", split = ",", paramLabel = "MODE", defaultValue = "sync", //
            description = "Ways of counting gas: none, sync, fpu (default: ${DEFAULT-VALUE}).")
    private List<String> meterings;
    @Mixin
    private CostOption costs;
    @Option(names = "--all", description = "The whole of each suite instead of its quick half.")
    private boolean all;

    @Override
    public Integer call() {
        List<String> known = new ArrayList<>(Conformance.suites());
        known.add(ESCAPE);
        suites.forEach(s -> Choice.of("--suite", s, known.toArray(String[]::new)));
        if (suites.contains(ESCAPE)) {
            List<String> others = suites.stream().filter(s -> !s.equals(ESCAPE)).toList();
            int status = escape();
            if (others.isEmpty() || status != Status.OK) {
                return status;
            }
            suites = others;
        }
        List<Metering> modes = meterings.stream().map(Choice::metering).toList();
        List<Isa> variants = isas.stream().map(ConformCommand::isa).toList();
        CostModel model = costs.model();
        long start = System.nanoTime();
        try (Duel.Sides sides = sides(target)) {
            Tally tally = Conformance.run(sides, suites, variants, modes, model, all, System.out::println);
            System.out.println(String.format(Locale.ROOT, "%s: %,d cases in %,d programs, %d failures, %.1f s",
                    sides.subject().label(), tally.cases(), tally.programs(), tally.failures().size(),
                    (System.nanoTime() - start) / 1e9));
            return tally.failures().isEmpty() ? Status.OK : 1;
        }
    }

    /** Attacks by native code in a worker; 0 if none came to an end it must not come to. */
    private int escape() {
        long start = System.nanoTime();
        try {
            Escape escape = new Escape(wanted(target), System.out::println);
            int escaped = escape.run();
            System.out.println(String.format(Locale.ROOT, "%s: %,d attacks, %d escaped, %.1f s", wanted(target).label(),
                    escape.attacks(), escaped, (System.nanoTime() - start) / 1e9));
            return escaped == 0 ? Status.OK : 1;
        } catch (SandboxException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        }
    }

    private static Target wanted(String target) {
        Target wanted = target == null ? Target.host() : Choice.target(target);
        if (wanted == null) {
            throw new Failure(Status.HOST_LACKS, "there is no translated code for this host");
        }
        return wanted;
    }

    /** The interpreter and the engine of a target (null: this host's). */
    static Duel.Sides sides(String target) {
        try {
            return Conformance.sides(wanted(target));
        } catch (UnsupportedHostException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        }
    }

    private static Isa isa(String name) {
        try {
            return Isa.of(name);
        } catch (IllegalArgumentException e) {
            throw new Failure(Status.USAGE, e.getMessage(), e);
        }
    }
}

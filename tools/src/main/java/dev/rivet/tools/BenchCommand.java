package dev.rivet.tools;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code rivet bench KIND}: owns the list of kinds and nothing else. A new kind is one class with the picocli annotations of
 * a command and one entry in {@link #KINDS}; {@code ./rivet} puts LLVM on the class path for those kinds that need it.
 */
@Command(name = "bench", synopsisSubcommandLabel = "KIND", description = "Measure on this host; each kind has its own options.", //
        commandListHeading = "Kinds ('rivet bench KIND --help' lists the options of one):%n")
final class BenchCommand implements Callable<Integer> {
    /** Every kind by its name, in the order of the help. */
    private static final Map<String, Supplier<Object>> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("native", NativeBench::new);
        KINDS.put("translate", TranslateBench::new);
        KINDS.put("costs", CostsBench::new);
        KINDS.put("code", CodeBench::new);
        KINDS.put("start", StartBench::new);
    }

    /** Adds the kinds to this command. */
    static void addKinds(CommandLine bench) {
        KINDS.values().forEach(kind -> bench.addSubcommand(kind.get()));
    }

    static boolean isKind(String name) {
        return KINDS.containsKey(name);
    }

    /** Without a kind: say what there is. */
    @Override
    public Integer call() {
        throw new Failure(Status.USAGE, "which benchmark? " + String.join(", ", KINDS.keySet())
                + " ('rivet help bench' says what each measures)");
    }
}

package dev.rivet.tools.conform;

import dev.rivet.Engine;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.util.List;
import java.util.function.Consumer;

/** Runs suites by name on the interpreter and a native engine. */
public final class Conformance {
    private Conformance() {
    }

    /** Names of all suites. */
    public static List<String> suites() {
        return Suite.every().stream().map(Suite::name).toList();
    }

    /** The interpreter and what this host runs natively; throws UnsupportedHostException where it cannot. */
    public static Duel.Sides sides() {
        return sides(Target.host());
    }

    /** The interpreter and the native engine of a target, under an emulator on a host of another architecture. */
    public static Duel.Sides sides(Target target) {
        Engine oracle = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
        try {
            return new Duel.Sides(oracle,
                    Engine.builder().kind(Engine.Kind.NATIVE).target(target).sandbox(Engine.Sandbox.RELAXED).build());
        } catch (RuntimeException | Error e) {
            oracle.close();
            throw e;
        }
    }

    /**
     * Runs suites.
     *
     * @param names which; all when empty
     * @param isas variants
     * @param meterings ways of counting gas
     * @param costs what instructions cost
     * @param all the whole of each suite instead of its quick half
     * @param out takes the report, line by line
     */
    public static Tally run(Duel.Sides sides, List<String> names, List<Isa> isas, List<Metering> meterings,
            CostModel costs, boolean all, Consumer<String> out) {
        Tally tally = new Tally(out);
        for (Suite suite : Suite.every()) {
            if (names.isEmpty() || names.contains(suite.name())) {
                suite.run(new Suite.Setting(sides, isas, meterings, costs, all), tally);
            }
        }
        return tally;
    }
}

package dev.rivet.tools.conform;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import java.util.List;

/**
 * One conformance suite.
 */
interface Suite {
    /** Name on the command line. */
    String name();

    /** Runs it and says what it ran. Stops by itself after enough failures. */
    void run(Setting setting, Tally tally);

    /**
     * What to run with.
     *
     * @param sides the engines
     * @param isas variants
     * @param meterings ways of counting gas
     * @param costs what instructions cost
     * @param all the whole suite instead of the quick half
     */
    record Setting(Duel.Sides sides, List<Isa> isas, List<Metering> meterings, CostModel costs, boolean all) {
    }

    /** All suites. */
    static List<Suite> every() {
        return List.of(new RegistersSuite(), new ControlSuite(), new MemorySuite(), new AtomicsSuite(), new GasSuite(),
                new BudgetSuite(), new JudgeSuite());
    }
}

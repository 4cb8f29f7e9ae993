package dev.rivet.tests.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.tools.conform.Conformance;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Isa;
import dev.rivet.tools.conform.Tally;
import java.util.List;

/** Runs one conformance suite as a test: no failure, and no fewer cases than there were. */
final class Suites {
    private Suites() {
    }

    static void run(Target target, String suite, List<Isa> isas, List<Metering> meterings, CostModel costs,
            boolean all, long leastCases) {
        try (Duel.Sides sides = Conformance.sides(target)) {
            Tally tally = Conformance.run(sides, List.of(suite), isas, meterings, costs, all, line -> {
            });
            System.out.printf("conform: %s: %,d cases in %,d programs%n", suite, tally.cases(), tally.programs());
            assertEquals(List.of(), tally.failures());
            assertTrue(tally.cases() >= leastCases, "only " + tally.cases() + " cases");
        }
    }
}

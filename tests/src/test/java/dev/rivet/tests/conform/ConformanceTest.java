package dev.rivet.tests.conform;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.tools.conform.Isa;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The conformance suites on this host's native engine; {@code rivet conform} runs the same by hand. The quick half by
 * default, the whole with {@code -Pexhaustive}.
 */
@Execution(ExecutionMode.CONCURRENT)
class ConformanceTest {
    private static final List<Isa> EMBEDDED = List.of(Isa.of("rv64ec"), Isa.of("rv32ec"));

    private static void run(String suite, List<Isa> isas, List<Metering> meterings, boolean all, long leastCases) {
        Suites.run(Target.host(), suite, isas, meterings, CostModel.UNIT, all, leastCases);
    }

    @ParameterizedTest
    @CsvSource({"registers, 9000000", "control, 1300000", "memory, 200000", "atomics, 220000"})
    void translatedCodeIsTheInterpreters(String suite, long leastCases) {
        run(suite, List.of(Isa.ALL), List.of(Metering.SYNC), false, leastCases);
    }

    @Test
    void gasIsExactInEveryMode() {
        run("gas", List.of(Isa.ALL), List.of(Metering.values()), false, 4 * 8_000);
    }

    /** Two ways of jumping at a time, every budget. */
    @Test
    void everyBudgetIsExact() {
        run("budgets", List.of(Isa.ALL), List.of(Metering.values()), false, 4 * 1_000_000);
    }

    @ParameterizedTest
    @CsvSource({"atomics, 30000", "gas, 8000", "budgets, 590000"})
    void withWeights(String suite, long leastCases) {
        Suites.run(Target.host(), suite, List.of(Isa.of("rv32ec")), List.of(Metering.SYNC), CostModel.WEIGHTED, false,
                leastCases);
    }

    /** The variants with 31 registers differ for a judge in nothing but the number of registers. */
    @Test
    void interpreterIsTheManualsAndQemus() {
        run("judge", EMBEDDED, List.of(Metering.NONE), false, 5_000_000);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"registers, 100000000", "control, 4900000", "memory, 33000000", "atomics, 870000", "gas, 480000",
            "budgets, 100000000",
            "judge, 50000000"})
    void everything(String suite, long leastCases) {
        run(suite, List.of(Isa.ALL), List.of(Metering.values()), true, leastCases);
    }
}

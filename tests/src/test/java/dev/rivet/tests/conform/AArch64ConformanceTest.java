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

/** The conformance suites on the AArch64 engine; under an emulator (qemu-user has to be installed) on another host. */
@Execution(ExecutionMode.CONCURRENT)
class AArch64ConformanceTest {
    private static final List<Metering> MODES = List.of(Metering.NONE, Metering.SYNC, Metering.ASYNC);

    private static void run(String suite, List<Isa> isas, List<Metering> meterings, long leastCases) {
        Suites.run(Target.AARCH64, suite, isas, meterings, CostModel.UNIT, false, leastCases);
    }

    @ParameterizedTest
    @CsvSource({"registers, rv64ec, 3000000", "control, rv64ec, 340000", "control, rv32ic, 330000",
            "memory, rv64ec, 50000",
            "memory, rv32ic, 40000", "atomics, rv64ic, 75000", "atomics, rv32ec, 30000"})
    void translatedCodeIsTheInterpreters(String suite, String isa, long leastCases) {
        run(suite, List.of(Isa.of(isa)), List.of(Metering.SYNC), leastCases);
    }

    @Test
    void gasIsExactInEveryMode() {
        run("gas", List.of(Isa.of("rv64ec"), Isa.of("rv32ic")), MODES, 3 * 4_000);
    }

    @Test
    void everyBudgetIsExact() {
        run("budgets", List.of(Isa.of("rv64ec")), List.of(Metering.SYNC, Metering.ASYNC), 600_000);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"registers, 10000000", "control, 1300000", "memory, 200000", "atomics, 220000", "gas, 24000",
            "budgets, 2000000"})
    void everything(String suite, long leastCases) {
        run(suite, List.of(Isa.ALL), MODES, leastCases);
    }
}

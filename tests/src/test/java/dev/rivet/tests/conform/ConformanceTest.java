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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The conformance suites on this host's native engine; {@code rivet conform} runs the same by hand. The quick half by
 * default, the whole with {@code -Pexhaustive}.
 */
class ConformanceTest {
    private static final List<Metering> AARCH64_MODES = List.of(Metering.NONE, Metering.SYNC, Metering.ASYNC);
    private static final List<Isa> EMBEDDED = List.of(Isa.of("rv64ec"), Isa.of("rv32ec"));

    private static void run(String suite, List<Isa> isas, List<Metering> meterings, boolean all, long leastCases) {
        run(Target.host(), suite, isas, meterings, all, leastCases);
    }

    private static void run(Target target, String suite, List<Isa> isas, List<Metering> meterings, boolean all,
            long leastCases) {
        try (Duel.Sides sides = Conformance.sides(target)) {
            Tally tally = Conformance.run(sides, List.of(suite), isas, meterings, CostModel.UNIT, all, line -> {
            });
            System.out.printf("conform: %s: %,d cases in %,d programs%n", suite, tally.cases(), tally.programs());
            assertEquals(List.of(), tally.failures());
            assertTrue(tally.cases() >= leastCases, "only " + tally.cases() + " cases");
        }
    }

    @ParameterizedTest
    @CsvSource({"registers, 9000000", "control, 1300000", "memory, 200000", "atomics, 220000"})
    void translatedCodeIsTheInterpreters(String suite, long leastCases) {
        run(suite, List.of(Isa.ALL), List.of(Metering.SYNC), false, leastCases);
    }

    /** Under an emulator (qemu-user has to be installed) where the host is another one. */
    @ParameterizedTest
    @CsvSource({"registers, rv64ec, 3000000", "control, rv64ec, 340000", "control, rv32ic, 330000",
            "memory, rv64ec, 50000",
            "memory, rv32ic, 40000", "atomics, rv64ic, 75000", "atomics, rv32ec, 30000"})
    void aarch64CodeIsTheInterpreters(String suite, String isa, long leastCases) {
        run(Target.AARCH64, suite, List.of(Isa.of(isa)), List.of(Metering.SYNC), false, leastCases);
    }

    @Test
    void gasIsExactOnAarch64() {
        run(Target.AARCH64, "gas", List.of(Isa.of("rv64ec"), Isa.of("rv32ic")), AARCH64_MODES, false, 3 * 4_000);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"registers, 10000000", "control, 1300000", "memory, 200000", "atomics, 220000", "gas, 24000"})
    void aarch64Everything(String suite, long leastCases) {
        run(Target.AARCH64, suite, List.of(Isa.ALL), AARCH64_MODES, false, leastCases);
    }

    @Test
    void gasIsExactInEveryMode() {
        run("gas", List.of(Isa.ALL), List.of(Metering.values()), false, 4 * 8_000);
    }

    @ParameterizedTest
    @CsvSource({"atomics, 30000", "gas, 8000"})
    void withWeights(String suite, long leastCases) {
        try (Duel.Sides sides = Conformance.sides()) {
            Tally tally = Conformance.run(sides, List.of(suite), List.of(Isa.of("rv32ec")), List.of(Metering.SYNC),
                    CostModel.WEIGHTED, false, line -> {
                    });
            assertEquals(List.of(), tally.failures());
            assertTrue(tally.cases() >= leastCases, "only " + tally.cases() + " cases");
        }
    }

    /** The variants with 31 registers differ for a judge in nothing but the number of registers. */
    @Test
    void interpreterIsTheManualsAndQemus() {
        run("judge", EMBEDDED, List.of(Metering.NONE), false, 5_000_000);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"registers, 100000000", "control, 1300000", "memory, 800000", "atomics, 220000", "gas, 480000",
            "judge, 50000000"})
    void everything(String suite, long leastCases) {
        run(suite, List.of(Isa.ALL), List.of(Metering.values()), true, leastCases);
    }
}

package dev.rivet.tests.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Metering;
import dev.rivet.tools.conform.Conformance;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Isa;
import dev.rivet.tools.conform.Tally;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The conformance suites on this host's native engine; {@code rivet conform} runs the same by hand. The quick half by
 * default, the whole with {@code -Pexhaustive}.
 */
class ConformanceTest {
    private static final boolean ALL = Boolean.getBoolean("rivet.exhaustive");

    @ParameterizedTest
    @CsvSource({"registers, 10000000", "control, 1300000", "memory, 200000", "atomics, 220000", "gas, 8000",
            "judge, 5000000"})
    void translatedCodeIsTheInterpreters(String suite, long leastCases) {
        try (Duel.Sides sides = Conformance.sides()) {
            List<Metering> meterings = ALL
                    ? List.of(Metering.NONE, Metering.SYNC, Metering.FPU)
                    : List.of(Metering.SYNC);
            Tally tally = Conformance.run(sides, List.of(suite), List.of(Isa.ALL), meterings, ALL,
                    ALL ? System.out::println : line -> {
                    });
            System.out.printf("conform: %s: %,d cases in %,d programs%n", suite, tally.cases(), tally.programs());
            assertEquals(List.of(), tally.failures());
            assertEquals(true, tally.cases() >= leastCases, "only " + tally.cases() + " cases");
        }
    }
}

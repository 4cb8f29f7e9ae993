package dev.rivet.tests.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.tools.conform.Conformance;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Fuzzer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random programs: seeds that once failed, and some that did not. */
class FuzzTest {
    @TempDir
    Path directory;

    private Fuzzer.Result run(long seed, long count) throws IOException {
        return run(Target.host(), seed, count);
    }

    private Fuzzer.Result run(Target target, long seed, long count) throws IOException {
        try (Duel.Sides sides = Conformance.sides(target)) {
            return new Fuzzer(sides, List.of(Metering.SYNC), directory, System.out::println).run(seed, 600, count);
        }
    }

    /** What came after a branch in a side entry was a bad jump if it was no leader either. */
    @ParameterizedTest
    @ValueSource(longs = {271, 603, 891, 1100, 1187, 1_000_046})
    void branchInSideEntryFallsIntoAnother(long seed) throws IOException {
        assertEquals(List.of(), run(seed, 1).failures());
    }

    @Test
    void randomProgramsStopAlike() throws IOException {
        Fuzzer.Result result = run(10_000_000, 400);
        assertEquals(List.of(), result.failures());
        assertEquals(400, result.programs());
    }

    /** Under an emulator where the host is another one. */
    @Test
    void randomProgramsStopAlikeOnAarch64() throws IOException {
        Fuzzer.Result result = run(Target.AARCH64, 11_000_000, 150);
        assertEquals(List.of(), result.failures());
        assertEquals(150, result.programs());
    }
}

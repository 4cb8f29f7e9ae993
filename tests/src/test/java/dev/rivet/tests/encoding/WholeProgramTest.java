package dev.rivet.tests.encoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.Engine;
import dev.rivet.Program;
import dev.rivet.ir.Backend;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.tools.llvm.CTarget;
import dev.rivet.tools.llvm.Guest;
import dev.rivet.tools.llvm.GuestBuild;
import dev.rivet.tools.llvm.Guests;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole programs translated with the direct assembler and with LLVM MC: the same bytes, and the same places for entries,
 * instructions and stubs. For every backend there is.
 */
class WholeProgramTest {
    private static final GuestBuild BUILD = new GuestBuild(Path.of("target/guests"));
    private static Engine engine;

    @BeforeAll
    static void prepare() {
        BUILD.buildAll(Guests.all(), CTarget.GUESTS);
        engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static List<Guest> programs() {
        Set<String> seen = new HashSet<>();
        return Guests.all().stream().filter(g -> seen.add(g.source())).toList();
    }

    private static List<Target> targets() {
        return ServiceLoader.load(Backend.class).stream().map(p -> p.get().target()).toList();
    }

    /** Every program in the variant Rivet is made for; in the other variants and meterings a share of them. */
    static List<Arguments> some() {
        List<Arguments> all = new ArrayList<>();
        int turn = 0;
        for (Guest g : programs()) {
            for (CTarget t : CTarget.GUESTS) {
                for (Metering m : Metering.values()) {
                    boolean main = t == CTarget.RV64E && m == Metering.SYNC;
                    if (main || turn++ % 9 == 0) {
                        all.add(Arguments.of(g, t, m));
                    }
                }
            }
        }
        return all;
    }

    static List<Arguments> every() {
        List<Arguments> all = new ArrayList<>();
        for (Guest g : programs()) {
            for (CTarget t : CTarget.GUESTS) {
                for (Metering m : Metering.values()) {
                    all.add(Arguments.of(g, t, m));
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("some")
    void sameBytes(Guest guest, CTarget variant, Metering metering) throws IOException {
        compare(guest, variant, metering);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @MethodSource("every")
    void sameBytesEverywhere(Guest guest, CTarget variant, Metering metering) throws IOException {
        compare(guest, variant, metering);
    }

    private static void compare(Guest guest, CTarget variant, Metering metering) throws IOException {
        assertTrue(!targets().isEmpty(), "no backend");
        try (Program program = engine.load(BUILD.build(guest, variant))) {
            for (Target target : targets()) {
                if (target == Target.AARCH64 && metering == Metering.FPU) {
                    continue; // that mode is x86-64's alone (DESIGN 1.6)
                }
                HostCode direct = translate(program, target, metering, "direct");
                HostCode judged = translate(program, target, metering, "llvm-mc");
                assertEquals(judged.length, direct.length, target + ": length");
                int at = Arrays.mismatch(direct.bytes, 0, direct.length, judged.bytes, 0, direct.length);
                assertEquals(-1, at, target + ": the bytes of guest instruction " + direct.indexAt(at));
                assertArrayEquals(judged.offsets, direct.offsets);
                assertArrayEquals(judged.entries, direct.entries);
                assertArrayEquals(judged.coldOffsets, direct.coldOffsets);
                assertArrayEquals(judged.coldIndexes, direct.coldIndexes);
                assertEquals(List.of(judged.missStub, judged.finishStub, judged.enterStub, judged.badEntry),
                        List.of(direct.missStub, direct.finishStub, direct.enterStub, direct.badEntry));
            }
        }
    }

    private static HostCode translate(Program program, Target target, Metering metering, String assembler) {
        return program.translate(target, new Backend.Options(metering, CostModel.UNIT, assembler));
    }
}

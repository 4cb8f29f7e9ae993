package dev.rivet.tools;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.tools.llvm.CTarget;
import dev.rivet.tools.llvm.Guest;
import dev.rivet.tools.llvm.GuestBuild;
import dev.rivet.tools.llvm.Guests;
import dev.rivet.x64.BothWays;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Templates change no byte: whole programs, and those made to be hard to translate. */
class BothWaysTest {
    private static final int BYTES = 60_000;

    private static void assertSame(String what, ElfFile file) {
        for (Metering metering : Metering.values()) {
            for (CostModel costs : List.of(CostModel.UNIT, CostModel.WEIGHTED)) {
                BothWays.assertSame(what + ", " + metering, Sweep.of(file), new Options(metering, costs));
            }
        }
    }

    @Test
    void adversarialAndMadeUp() {
        for (Map.Entry<String, ElfFile> e : TranslateInputs.adversarial(BYTES).entrySet()) {
            assertSame(e.getKey(), e.getValue());
        }
        assertSame("made up", TranslateInputs.madeUp(BYTES));
    }

    @Test
    void guests() {
        GuestBuild build = new GuestBuild(Path.of("target/guests"));
        build.buildAll(Guests.all(), CTarget.GUESTS);
        for (CTarget target : CTarget.GUESTS) {
            for (Guest guest : Guests.all()) {
                assertSame(guest.program() + ", " + target, Input.elf(build.build(guest, target)));
            }
        }
    }

    @Test
    void examples() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("../examples"))) {
            for (Path path : all.filter(p -> p.toString().endsWith(".elf")).sorted().toList()) {
                assertSame(path.toString(), Input.elf(path));
            }
        }
    }
}

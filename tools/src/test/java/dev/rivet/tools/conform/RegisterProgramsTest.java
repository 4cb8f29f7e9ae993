package dev.rivet.tools.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RegisterProgramsTest {
    @Test
    void compressedInstructionsAreTriedOnlyWhereThereAreAny() {
        for (Isa isa : Isa.ALL) {
            for (boolean all : new boolean[]{false, true}) {
                Isa without = isa.withCompressed(false);
                assertEquals(0, RegisterPrograms.compressed(without, all).size(), without.toString());
                assertEquals(false, RegisterPrograms.compressed(isa.withCompressed(true), all).isEmpty(),
                        isa.toString());
            }
        }
    }
}

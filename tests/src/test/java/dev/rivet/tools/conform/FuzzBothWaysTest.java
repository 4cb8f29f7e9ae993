package dev.rivet.tools.conform;

import dev.rivet.frontend.ElfReader;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.x64.BothWays;
import org.junit.jupiter.api.Test;

/** Templates change no byte: the fuzzer's programs. */
class FuzzBothWaysTest {
    private static final int PROGRAMS = 3_000;
    /** From here on every second one has loops. */
    private static final int LOOPS = 10_001;
    private static final long MEMORY = 1 << 28;

    @Test
    void programs() throws Exception {
        for (int i = 0; i < PROGRAMS; i++) {
            long seed = LOOPS + i;
            byte[] elf = new FuzzProgram(seed).assemble().elf();
            for (Metering metering : new Metering[]{Metering.NONE, Metering.SYNC}) {
                BothWays.assertSame("seed " + seed + ", " + metering, Sweep.of(ElfReader.read(elf, MEMORY)),
                        new Options(metering, i % 2 == 0 ? CostModel.UNIT : CostModel.WEIGHTED));
            }
        }
    }
}

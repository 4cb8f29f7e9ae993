package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.ProgramText;
import dev.rivet.frontend.Rv;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ServiceLoader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A guest that jumps to one place after the other costs no more translation than there is room for side entries. */
class SideEntryBudgetTest {
    private static final int START = 0x10000;
    private static final int BLOCK = 4000;
    private static final int BLOCKS = 6;

    /** Counts what it is asked for. */
    private static final class Counting implements Backend {
        final Backend real;
        long bytes;
        int sides;

        Counting(Backend real) {
            this.real = real;
        }

        @Override
        public Target target() {
            return real.target();
        }

        @Override
        public int maxBytesPerInst() {
            return real.maxBytesPerInst();
        }

        @Override
        public String missing() {
            return real.missing();
        }

        @Override
        public HostCode translate(Code code, Options options) {
            return real.translate(code, options);
        }

        @Override
        public HostCode translateSide(HostCode main, Code side, int hostOffset) {
            HostCode code = real.translateSide(main, side, hostOffset);
            bytes += code.length;
            sides++;
            return code;
        }
    }

    /** Long blocks of one instruction each; an ebreak ends each. */
    private static ElfFile program(Rv row, int rd, int rs1, int rs2) {
        ByteBuffer text = ByteBuffer.allocate(BLOCK * BLOCKS * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < BLOCK * BLOCKS; i++) {
            text.putInt(i % BLOCK == BLOCK - 1 ? Rv.EBREAK.encode(0, 0, 0, 0) : row.encode(rd, rs1, rs2, 0));
        }
        return ElfFile.flat(64, true, false, START, text.array());
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void whatIsTranslatedInVainIsBounded(Target target) {
        for (Rv row : new Rv[]{Rv.ADD, Rv.XPERM4}) { // small and large code
            Counting backend = null;
            for (Backend b : ServiceLoader.load(Backend.class)) {
                backend = b.target() == target ? new Counting(b) : backend;
            }
            ProgramText text = new ProgramText(program(row, 3, 4, 3), e -> new IllegalStateException(e));
            HostCode main = backend.translate(text.code(), new Backend.Options(Metering.SYNC, CostModel.UNIT));
            try (NativeProgram program = new NativeProgram(backend, MachineCode.of(main), text)) {
                long reserve = program.space().room();
                int reached = 0;
                for (int block = 0; block < BLOCKS; block++) {
                    for (int i = 1; i < BLOCK; i += 7) {
                        reached += program.translateSide(START + (block * BLOCK + i) * 4, null) ? 1 : 0;
                    }
                }
                assertTrue(reached > 0);
                assertTrue(backend.bytes <= 2 * reserve + BLOCK * 256L, backend.bytes + " of " + reserve);
                assertTrue(backend.sides < 200, backend.sides + " of " + BLOCKS * BLOCK / 7);
                // What is there stays reachable; where not even the least fits, nobody is asked.
                assertTrue(program.translateSide(START + 4, null));
                int asked = backend.sides;
                assertFalse(program.translateSide(START + 8, null));
                assertEquals(asked, backend.sides);
            }
        }
    }
}

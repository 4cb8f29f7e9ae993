package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Code;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is said before the sweep is what the sweep says. */
class ProgramTextTest {
    @Test
    void agreesWithTheSweepAtEveryAddress() {
        Random random = new Random(1);
        for (int flags = 0; flags < 8; flags++) {
            boolean compressed = (flags & 1) != 0;
            for (int cut = 0; cut < 4; cut++) {
                byte[] low = new byte[402 + cut];
                byte[] high = new byte[100];
                random.nextBytes(low);
                random.nextBytes(high);
                ElfFile file = new ElfFile((flags & 2) != 0 ? 64 : 32, (flags & 4) != 0, compressed, 0x10000,
                        List.of(new Segment(0, 0x10000 + cut, 0x10000 + cut + low.length, low, 0, low.length,
                                Segment.X),
                                new Segment(1, 0x11000, 0x11100, new byte[256], 0, 256, Segment.R),
                                new Segment(2, 0xfffe_0000L, 0xfffe_0064L, high, 0, 100, Segment.X)),
                        Symbols.NONE, null);
                ProgramText text = new ProgramText(file, IllegalStateException::new);
                Code code = Sweep.of(file);
                assertEquals(code.texts.length, text.texts().size());
                for (int t = 0; t < code.texts.length; t++) {
                    assertEquals(new ProgramText.Range(code.texts[t].start(), code.texts[t].end()),
                            text.texts().get(t));
                }
                for (int pc : new int[]{0xfff0, 0x11000, 0xfffd_fff0}) {
                    for (int end = pc + 600; pc < end; pc++) {
                        assertEquals(code.isJumpTarget(pc), text.isJumpTarget(pc), Integer.toHexString(pc));
                        if (code.isJumpTarget(pc)) {
                            int i = code.indexOf(pc);
                            assertEquals(i >= 0 ? code.insts[i] : SideSweep.at(code, file, pc, 9999).insts[0],
                                    text.instAt(pc), Integer.toHexString(pc));
                        }
                    }
                }
                assertFalse(text.isSwept());
                assertSame(text.code(), text.code());
                assertTrue(text.isSwept());
            }
        }
    }
}

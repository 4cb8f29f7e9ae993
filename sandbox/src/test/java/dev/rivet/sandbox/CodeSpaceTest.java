package dev.rivet.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rivet.sandbox.CodeSpace.Range;
import java.util.List;
import org.junit.jupiter.api.Test;

class CodeSpaceTest {
    private static final long BAD = 0xbadL << 48;

    @Test
    void tableCoversTextsAndTheReturnAddress() {
        Range low = new Range(0x10000, 0x10102);
        Range touching = new Range(0x10102, 0x10406);
        Range high = new Range(0xc000_0000, 0xc000_2000);
        try (CodeSpace space = new CodeSpace(new byte[]{1, 2, 3}, 3, 100, List.of(high, low, touching), BAD)) {
            for (Range r : List.of(low, high)) {
                space.fillTable(r, 11, 22, false);
            }
            space.fillTable(touching, 33, 44, true);
            for (int pc = 0x10000; pc < 0x10800; pc += 2) {
                long expected = pc < 0x10102 ? (pc & 3) == 0 ? 11 : 22 : pc < 0x10406 ? 33 : BAD;
                assertEquals(expected, space.entry(pc), Integer.toHexString(pc));
            }
            assertEquals(0, space.entry(0x10800));
            assertEquals(0, space.entry(0xfffe));
            assertEquals(11, space.entry(0xc000_1ffc));
            assertEquals(22, space.entry(0xc000_1ffe));
            assertEquals(BAD, space.entry(Layout.RETURN_TO_HOST));
            space.putEntry(Layout.RETURN_TO_HOST, 99);
            assertEquals(99, space.entry(Layout.RETURN_TO_HOST));
            assertEquals(BAD, space.entry(Layout.RETURN_TO_HOST + 2));
            assertThrows(IllegalArgumentException.class, () -> space.putEntry(0x10800, 1));
            assertEquals(3, space.tablePages().size());
        }
    }

    @Test
    void largeTablesAreFilledWhole() {
        Range text = new Range(0x10000, 0x10000 + 500_000);
        try (CodeSpace space = new CodeSpace(new byte[0], 0, 0, List.of(text), BAD)) {
            space.fillTable(text, 7, 8, false);
            for (int pc = text.start(); pc < text.end(); pc += 2) {
                if (space.entry(pc) != ((pc & 3) == 0 ? 7 : 8)) {
                    assertEquals(0, pc);
                }
            }
        }
    }

    @Test
    void appendFillsTheReserveAndNoMore() {
        Census before = Census.take();
        try (CodeSpace space = new CodeSpace(new byte[65], 65, 4096 - 65, List.of(new Range(0x10000, 0x10004)), BAD)) {
            assertEquals(128, space.next());
            assertEquals(128, space.append(new byte[100], 100));
            assertEquals(256, space.append(new byte[3], 3));
            assertEquals(-1, space.append(new byte[4000], 4000));
            assertEquals(320, space.append(new byte[4096 - 320], 4096 - 320));
            assertEquals(-1, space.append(new byte[1], 1));
        }
        before.assertSame("closing a code space");
    }

    @Test
    void nobodyElseCanWriteCode() {
        try (CodeSpace space = new CodeSpace(new byte[64], 64, 0, List.of(new Range(0x10000, 0x10004)), BAD)) {
            for (SharedMemory m : List.of(space.code(), space.table())) {
                assertThrows(NativeException.class,
                        () -> Native.mmap(0, 4096, Native.PROT_WRITE, Native.MAP_SHARED, m.fd(), 0));
                assertThrows(NativeException.class, () -> m.resize(1 << 20));
                assertThrows(NativeException.class, () -> m.resize(0));
                assertThrows(NativeException.class, () -> m.seal(Native.F_SEAL_WRITE));
            }
        }
    }

    @Test
    void tooMuchCodeIsRefused() {
        assertThrows(SandboxException.class,
                () -> new CodeSpace(new byte[0], 0, 0x4000_0001, List.of(new Range(0x10000, 0x10004)), BAD));
    }
}

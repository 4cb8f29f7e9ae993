package dev.rivet.sandbox;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rivet.sandbox.CodeSpace.Range;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodeSpaceTest {
    private static final long BAD = 0xbadL << 48;

    private static CodeSpace space(int length, int reserve) {
        return new CodeSpace(new byte[length], 0, length, reserve,
                CodeSpace.Table.of(List.of(new Range(0x10000, 0x10004)), false, BAD, BAD));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tableCoversTextsAndTheReturnAddress(boolean compressed) {
        Range low = new Range(0x10000, 0x10104);
        Range touching = new Range(0x10104, 0x10406);
        Range high = new Range(0xc000_0000, 0xc000_2000);
        CodeSpace.Table table = new CodeSpace.Table(List.of(high, low, touching), compressed, 11, BAD,
                new int[]{0x10000, 0x10104, 0x10404, 0xc000_0000, 0xc000_1ffc}, new int[]{0, 5, 7, 9, 8}, 99);
        try (CodeSpace space = new CodeSpace(new byte[]{1, 2, 3, 4, 5}, 1, 3, 100, table)) {
            assertArrayEquals(new byte[]{2, 3, 4, 0}, space.bytes(4));
            for (int pc = 0x10000; pc < 0x10800; pc += 2) {
                long expected = switch (pc) {
                    case 0x10000 -> Layout.CODE_BASE;
                    case 0x10104 -> Layout.CODE_BASE + 5;
                    case 0x10404 -> Layout.CODE_BASE + 7;
                    default -> pc < 0x10406 && (compressed || (pc & 3) == 0) ? 11 : BAD;
                };
                assertEquals(expected, space.entry(pc), Integer.toHexString(pc));
            }
            assertEquals(0, space.entry(0x10800));
            assertEquals(0, space.entry(0xfffe));
            assertEquals(Layout.CODE_BASE + 9, space.entry(0xc000_0000));
            assertEquals(Layout.CODE_BASE + 8, space.entry(0xc000_1ffc));
            assertEquals(compressed ? 11 : BAD, space.entry(0xc000_1ffe));
            assertEquals(99, space.entry(Layout.RETURN_TO_HOST));
            space.putEntry(Layout.RETURN_TO_HOST, 77);
            assertEquals(77, space.entry(Layout.RETURN_TO_HOST));
            assertEquals(BAD, space.entry(Layout.RETURN_TO_HOST + 2));
            assertThrows(IllegalArgumentException.class, () -> space.putEntry(0x10800, 1));
            assertEquals(3, space.tablePages().size());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void largeTablesAreFilledWhole(boolean compressed) {
        Range text = new Range(0x10000, 0x10000 + 500_000);
        int[] pcs = IntStream.range(0, 500_000 / 12).map(i -> 0x10000 + 12 * i).toArray();
        int[] offsets = IntStream.range(0, pcs.length).map(i -> 3 * i).toArray();
        CodeSpace.Table table = new CodeSpace.Table(List.of(text), compressed, 7, 8, pcs, offsets, 9);
        try (CodeSpace space = new CodeSpace(new byte[0], 0, 0, 0, table)) {
            for (int pc = text.start(); pc < text.end(); pc += 2) {
                int at = pc - text.start();
                long expected = at % 12 == 0 && at / 12 < pcs.length
                        ? Layout.CODE_BASE + at / 4
                        : compressed || (pc & 3) == 0 ? 7 : 8;
                if (space.entry(pc) != expected) {
                    assertEquals(expected, space.entry(pc), Integer.toHexString(pc));
                }
            }
        }
    }

    @Test
    void entriesThatCannotBePlacedAreRefused() {
        List<Range> texts = List.of(new Range(0x10000, 0x30000));
        for (int[] pcs : new int[][]{{0x2f000, 0x10002}, {0x30000}, {0x8000}}) {
            Census before = Census.take();
            assertThrows(IllegalArgumentException.class, () -> new CodeSpace(new byte[0], 0, 0, 0,
                    new CodeSpace.Table(texts, true, 7, 8, pcs, pcs, 9)));
            before.assertSame("refusing a table");
        }
    }

    @Test
    void appendFillsTheReserveAndNoMore() {
        Census before = Census.take();
        try (CodeSpace space = space(65, 4096 - 65)) {
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
        try (CodeSpace space = space(64, 0)) {
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
        assertThrows(SandboxException.class, () -> space(0, 0x4000_0001));
    }
}

package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Line programs put together byte by byte: what they mean, and what hostile ones cost. */
class LineTableTest {
    private static final int STRING = 0x08;
    private static final int LINE_STRP = 0x1f;
    private static final int PATH = 1;

    /** One unit of DWARF 5 with 4-byte offsets: its tables of directories and files, and its program. */
    private static byte[] unit(byte[] names, byte[] program) {
        byte[] rest = join(new byte[]{1, 1, 1, -5, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1}, names);
        ByteBuffer b = ByteBuffer.allocate(12 + rest.length + program.length).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(b.capacity() - 4).putShort((short) 5).put((byte) 8).put((byte) 0).putInt(rest.length).put(rest)
                .put(program);
        return b.array();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] text(String text) {
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }

    /** No directories, and files of these names. */
    private static byte[] files(String... names) {
        byte[] all = {0, 0, 1, PATH, STRING, (byte) names.length};
        for (String name : names) {
            all = join(all, text(name));
        }
        return all;
    }

    /** From an address on: line 1 of file 1, and after four bytes the end. */
    private static byte[] row(int address) {
        ByteBuffer b = ByteBuffer.allocate(17).order(ByteOrder.LITTLE_ENDIAN);
        return b.put(new byte[]{0, 9, 2}).putLong(address).put(new byte[]{1, 2, 4, 0, 1, 1}).array();
    }

    private static byte[] leb(int value) {
        return new byte[]{(byte) (value & 0x7f | 0x80), (byte) (value >> 7 & 0x7f | 0x80), (byte) (value >> 14)};
    }

    @Test
    void namesLines() {
        LineTable table = LineTable.read(
                join(unit(files("a.c", "b.c"), row(0x20000)), unit(files("c.c", "d.c"), row(0x10000))), null, null);
        assertEquals("b.c:1", table.find(0x20002).toString());
        assertEquals("d.c:1", table.find(0x10000).toString());
        assertNull(table.find(0x10004));
        assertNull(table.find(0xffff));
    }

    /** An end at the address where the next sequence starts does not hide it, whichever comes first in the file. */
    @Test
    void sequencesThatMeet() {
        for (int first : new int[]{0x10000, 0x10004}) {
            LineTable table = LineTable.read(join(unit(files("", "x"), row(first)),
                    unit(files("", "y"), row(0x20004 - first))), null, null);
            assertEquals(first == 0x10000 ? "x:1" : "y:1", table.find(0x10003).toString());
            assertEquals(first == 0x10000 ? "y:1" : "x:1", table.find(0x10004).toString());
            assertNull(table.find(0x10008));
        }
    }

    @Test
    void namesArePrintableAndShort() {
        assertEquals("b?[2J?:1",
                LineTable.read(unit(files("", "b\u001b[2J\n"), row(0)), null, null).find(0).toString());
        String longest = LineTable.read(unit(files("", "x".repeat(5000)), row(0)), null, null).find(0).file();
        assertEquals("x".repeat(1024), longest);
    }

    /** 60,000 files in 240 KB, all of one name of 8 MB. */
    @Test
    void manyReferencesToOneLongName() {
        byte[] strings = new byte[8 << 20];
        Arrays.fill(strings, (byte) 'x');
        byte[] names = join(new byte[]{0, 0, 1, PATH, LINE_STRP}, leb(60_000), new byte[4 * 60_000]);
        byte[] good = unit(files("", "good"), row(0x10000));
        LineTable table = LineTable.read(join(good, unit(names, row(0x20000)), good), strings, null);
        assertEquals("good:1", table.find(0x10000).toString());
        assertNull(table.find(0x20000), "a unit whose names are too many has no lines");
        assertEquals(2, table.size(), "nothing is read behind it");
        // Names that are read and thrown away: 255 of one entry.
        byte[] formats = {0, 0, -1};
        for (int i = 0; i < 255; i++) {
            formats = join(formats, new byte[]{PATH, LINE_STRP});
        }
        names = join(formats, leb(8000), new byte[4 * 255 * 8000]);
        assertEquals(0, LineTable.read(unit(names, row(0x20000)), strings, null).size());
    }

    /** Entries that take no bytes: as many as a number can say. */
    @Test
    void entriesOfNothing() {
        byte[] nothing = unit(new byte[]{0, 0}, row(0x10000));
        assertEquals(0, LineTable.read(nothing, null, null).size());
        byte[] unit = unit(join(new byte[]{0}, leb(2_000_000), new byte[]{0}, leb(2_000_000)), row(0x10000));
        byte[] all = new byte[unit.length * 20_000];
        for (int i = 0; i < 20_000; i++) {
            System.arraycopy(unit, 0, all, i * unit.length, unit.length);
        }
        assertTrue(LineTable.read(all, null, null).size() <= 1 << 20);
    }

    /** More rows than are kept: those that are, are right. */
    @Test
    void manyRows() {
        byte[] rows = new byte[2 << 20];
        Arrays.fill(rows, (byte) (10 + 5 + 14)); // special opcode: one byte on, the same line
        LineTable table = LineTable.read(unit(files("", "f"), join(Arrays.copyOf(row(0x10000), 11), rows)), null, null);
        assertEquals(1 << 20, table.size());
        assertEquals("f:1", table.find(0x10001).toString());
        assertEquals("f:1", table.find(0x10000 + (1 << 20) - 1).toString());
    }
}

package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a dispatch table into its file, in one pass from its start to its end, a piece at a time. For one thread and one
 * table.
 */
final class TableWriter {
    /** Entries of a piece; a multiple of those of a page. */
    private static final int PIECE = 8192;
    /** Bytes of guest address space that an entry is for. */
    private static final int STEP = 8 / Layout.TABLE_SCALE;

    private final CodeSpace.Table table;
    private final SharedMemory file;
    private final long[] piece;
    /** As much of a text, from an address that is a multiple of four. */
    private final long[] text;
    private int next; // of the table's own entries

    TableWriter(CodeSpace.Table table, SharedMemory file) {
        this.table = table;
        this.file = file;
        int most = (int) Math.min(PIECE, file.size() / 8);
        piece = new long[most];
        text = new long[most];
        Arrays.fill(text, table.miss());
        if (!table.compressed()) {
            for (int i = 1; i < most; i += 2) {
                text[i] = table.bad();
            }
        }
    }

    void write(List<CodeSpace.TablePages> pages) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(8L * piece.length, 8);
            for (CodeSpace.TablePages p : pages) {
                for (long host = p.hostStart(); host < p.hostEnd(); host += chunk.byteSize()) {
                    int count = (int) Math.min(piece.length, (p.hostEnd() - host) / 8);
                    fill((host - Layout.TABLE_BASE) / Layout.TABLE_SCALE, count);
                    MemorySegment.copy(piece, 0, chunk, JAVA_LONG, 0, count);
                    file.write(p.fileOffset() + host - p.hostStart(), chunk.asSlice(0, 8L * count));
                }
            }
        }
        if (next != table.pcs().length) {
            throw new IllegalArgumentException(
                    "an entry outside its texts: pc 0x" + Integer.toHexString(table.pcs()[next]));
        }
    }

    /** The entries of guest addresses from {@code start}, a multiple of four, on. */
    private void fill(long start, int count) {
        long end = start + (long) count * STEP;
        Arrays.fill(piece, 0, count, table.bad());
        for (CodeSpace.Range t : table.texts()) {
            long from = Math.max(start, t.from() & -STEP);
            long to = Math.min(end, t.to());
            if (from < to) {
                int first = (int) (from - start) / STEP;
                int length = (int) (to - from + STEP - 1) / STEP;
                System.arraycopy(text, first & 1, piece, first, length);
            }
        }
        int[] pcs = table.pcs();
        int[] offsets = table.offsets();
        int e = next;
        for (; e < pcs.length; e++) {
            long at = Integer.toUnsignedLong(pcs[e]) - start;
            if (at < 0 || at >= end - start) {
                break;
            }
            piece[(int) at / STEP] = Layout.CODE_BASE + offsets[e];
        }
        next = e;
        long back = Integer.toUnsignedLong(Layout.RETURN_TO_HOST) - start;
        if (back >= 0 && back < end - start) {
            piece[(int) back / STEP] = table.finish();
        }
    }
}

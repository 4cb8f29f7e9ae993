package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One program's machine code and dispatch table in sealed shared memory: the JVM writes through mappings made before the
 * seal, workers map code to read and execute and the table to read, and nobody can map either writable again. Shared by
 * all instances of the program; safe for several threads.
 *
 * <p>A side entry is added so: {@code synchronized (space) { at = space.next(); …translate for offset at…;
 * space.append(bytes, length); }}, then {@link #putEntry}.
 */
public final class CodeSpace implements AutoCloseable {
    private static final int ALIGN = 64;
    private static final VarHandle ENTRY = JAVA_LONG.varHandle();

    /**
     * Guest addresses [start, end) that hold code, as unsigned 32-bit values.
     */
    public record Range(int start, int end) {
        long from() {
            return Integer.toUnsignedLong(start);
        }

        long to() {
            return Integer.toUnsignedLong(end);
        }
    }

    /** Table pages [hostStart, hostEnd), both absolute, at an offset of the table file. */
    record TablePages(long hostStart, long hostEnd, long fileOffset) {
    }

    private final SharedMemory code;
    private final SharedMemory table;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment codeView;
    private final MemorySegment tableView;
    private final List<TablePages> pages;
    private int next;

    /**
     * What the dispatch table says. Entries behind the texts' ends are bad.
     *
     * @param texts where the program has code; they may touch but not overlap
     * @param compressed whether a jump may reach every second address of a text, not only every fourth
     * @param miss entry for addresses of a text that a jump may reach
     * @param bad entry for all others
     * @param pcs addresses in texts that have an entry of their own, ascending as unsigned values, multiples of two
     * @param offsets their entries, as offsets from {@link Layout#CODE_BASE}
     * @param finish entry of {@link Layout#RETURN_TO_HOST}
     */
    public record Table(List<Range> texts, boolean compressed, long miss, long bad, int[] pcs, int[] offsets,
            long finish) {
        /** A table that says the same everywhere in its texts. */
        public static Table of(List<Range> texts, boolean compressed, long miss, long bad) {
            return new Table(texts, compressed, miss, bad, new int[0], new int[0], bad);
        }
    }

    /**
     * Space for a program.
     *
     * @param bytes machine code for {@link Layout#CODE_BASE}
     * @param from where in the bytes it begins
     * @param length how many bytes it has
     * @param reserve bytes to keep for side entries; memory is used only when they come
     * @param contents the dispatch table
     */
    public CodeSpace(byte[] bytes, int from, int length, int reserve, Table contents) {
        long size = MemoryPlan.roundUp((long) length + reserve);
        if (length < 0 || reserve < 0 || size > Layout.CODE_MAX) {
            throw new SandboxException("the translated program needs " + size + " bytes of code, more than "
                    + Layout.CODE_MAX + "; split the program");
        }
        pages = layOut(contents.texts);
        TablePages last = pages.getLast();
        SharedMemory codeFile = null;
        SharedMemory tableFile = null;
        try {
            codeFile = new SharedMemory("code", Math.max(size, MemoryPlan.PAGE));
            tableFile = new SharedMemory("table", last.fileOffset + last.hostEnd - last.hostStart);
            codeFile.write(0, bytes, from, length);
            new TableWriter(contents, tableFile).write(pages);
            codeView = codeFile.map(arena, true);
            tableView = tableFile.map(arena, true);
            codeFile.seal(SharedMemory.OUR_WRITES_ONLY);
            tableFile.seal(SharedMemory.OUR_WRITES_ONLY);
        } catch (RuntimeException e) {
            arena.close();
            if (codeFile != null) {
                codeFile.close();
            }
            if (tableFile != null) {
                tableFile.close();
            }
            throw e;
        }
        code = codeFile;
        table = tableFile;
        next = align(length);
    }

    private static int align(int offset) {
        return offset + ALIGN - 1 & -ALIGN;
    }

    /** One run of pages for each group of texts whose table pages touch, and the return-to-host page. */
    private static List<TablePages> layOut(List<Range> texts) {
        List<Range> sorted = new ArrayList<>(texts);
        sorted.add(new Range(Layout.RETURN_TO_HOST, Layout.RETURN_TO_HOST + 2));
        sorted.sort(Comparator.comparingLong(Range::from));
        List<TablePages> result = new ArrayList<>();
        long offset = 0;
        for (Range r : sorted) {
            if (r.to() <= r.from()) {
                throw new IllegalArgumentException("empty text at 0x" + Integer.toHexString(r.start));
            }
            long from = Layout.TABLE_BASE + r.from() * Layout.TABLE_SCALE & -MemoryPlan.PAGE;
            long to = MemoryPlan.roundUp(Layout.TABLE_BASE + r.to() * Layout.TABLE_SCALE);
            TablePages previous = result.isEmpty() ? null : result.getLast();
            if (previous != null && from <= previous.hostEnd) {
                result.removeLast();
                offset = previous.fileOffset;
                from = previous.hostStart;
                to = Math.max(to, previous.hostEnd);
            }
            result.add(new TablePages(from, to, offset));
            offset += to - from;
        }
        return List.copyOf(result);
    }

    /** Offset of a pc's entry in the table file, −1 if its page is not mapped. */
    private long entryOffset(int pc) {
        long host = Layout.TABLE_BASE + Integer.toUnsignedLong(pc & ~1) * Layout.TABLE_SCALE;
        for (TablePages p : pages) {
            if (host >= p.hostStart && host < p.hostEnd) {
                return p.fileOffset + host - p.hostStart;
            }
        }
        return -1;
    }

    /** Sets one entry; whoever jumps through it sees the code appended before. */
    public void putEntry(int pc, long hostAddress) {
        long offset = entryOffset(pc);
        if (offset < 0) {
            throw new IllegalArgumentException("no table for pc 0x" + Integer.toHexString(pc));
        }
        ENTRY.setRelease(tableView, offset, hostAddress);
    }

    /** An entry as it is; 0 where the table is not mapped. */
    public long entry(int pc) {
        long offset = entryOffset(pc);
        return offset < 0 ? 0 : (long) ENTRY.getAcquire(tableView, offset);
    }

    /** Offset from {@link Layout#CODE_BASE} where the next {@link #append} puts its bytes. */
    public synchronized int next() {
        return next;
    }

    /** Bytes that {@link #append} can still take. */
    public synchronized long room() {
        return codeView.byteSize() - next;
    }

    /**
     * Adds machine code behind what is there.
     *
     * @return its offset from {@link Layout#CODE_BASE}, or −1 when the reserve is used up
     */
    public synchronized int append(byte[] bytes, int length) {
        int at = next;
        if (length < 0 || length > codeView.byteSize() - at) {
            return -1;
        }
        SharedMemory.copy(bytes, 0, codeView, at, length);
        next = align(at + length);
        return at;
    }

    /** A copy of the machine code's first bytes; nobody but us can have written them. */
    public byte[] bytes(int length) {
        return codeView.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    SharedMemory code() {
        return code;
    }

    SharedMemory table() {
        return table;
    }

    List<TablePages> tablePages() {
        return pages;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        code.close();
        table.close();
    }
}

package dev.rivet.frontend;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An executable that {@link ElfReader} has accepted. Immutable; the bytes behind it are a private copy.
 *
 * @param xlen 32 or 64
 * @param embedded EF_RISCV_RVE: x16–x31 do not exist
 * @param compressed EF_RISCV_RVC: two-byte instructions exist
 * @param entry first pc
 * @param segments loadable segments by ascending address; never overlapping
 * @param symbols names; {@link Symbols#NONE} for a stripped file
 * @param sections debug information, by name; null when there are no section headers
 */
public record ElfFile(int xlen, boolean embedded, boolean compressed, long entry, List<Segment> segments,
        Symbols symbols,
        Sections sections) {
    /** Bytes of a page. */
    public static final int PAGE = 4096;

    /**
     * Adjacent pages with the same rights.
     *
     * @param start first guest address, a multiple of {@link #PAGE}
     * @param end guest address behind the last page
     * @param readable whether the guest may read here
     * @param writable whether the guest may write here (and read)
     */
    public record Pages(long start, long end, boolean readable, boolean writable) {
    }

    /** A program made of one executable segment and nothing else, for tests and tools. */
    public static ElfFile flat(int xlen, boolean embedded, boolean compressed, long start, byte[] text) {
        Segment s = new Segment(0, start, start + text.length, text.clone(), 0, text.length, Segment.R | Segment.X);
        return new ElfFile(xlen, embedded, compressed, start, List.of(s), Symbols.NONE, null);
    }

    /** The segment that holds an address, or null. */
    public Segment segmentOf(long address) {
        for (Segment s : segments) {
            if (s.contains(address)) {
                return s;
            }
        }
        return null;
    }

    /**
     * The pages that segments occupy, by ascending address. A page that two segments share has the rights of both; W and X
     * each imply R.
     */
    public List<Pages> pages() {
        List<Pages> runs = new ArrayList<>();
        for (int i = 0; i < segments.size(); i++) {
            Segment s = segments.get(i);
            long first = s.start() & -PAGE;
            long last = s.end() - 1 & -PAGE;
            if (!runs.isEmpty() && runs.getLast().end > first) { // shares its first page with the one before
                Pages before = runs.removeLast();
                if (before.start < first) {
                    runs.add(new Pages(before.start, first, before.readable, before.writable));
                }
                append(runs, first, first + PAGE, before.readable || s.readable(), before.writable || s.writable());
                first += PAGE;
            }
            if (first <= last) {
                append(runs, first, last + PAGE, s.readable(), s.writable());
            }
        }
        return runs;
    }

    private static void append(List<Pages> runs, long start, long end, boolean readable, boolean writable) {
        if (!runs.isEmpty()) {
            Pages before = runs.getLast();
            if (before.end == start && before.readable == readable && before.writable == writable) {
                runs.removeLast();
                start = before.start;
            }
        }
        runs.add(new Pages(start, end, readable, writable));
    }

    /** Rights of the page that holds an address: {@link Segment#R} | {@link Segment#W}, 0 where nothing is. */
    public int pagePermissions(long address) {
        for (Pages run : pages()) {
            if (run.start <= address && address < run.end) {
                return (run.readable ? Segment.R : 0) | (run.writable ? Segment.W : 0);
            }
        }
        return 0;
    }

    /** Bytes of memory the segments take, in whole pages. */
    public long mappedBytes() {
        long sum = 0;
        for (Pages run : pages()) {
            sum += run.end - run.start;
        }
        return sum;
    }

    /** Address behind the last segment, rounded up to a page: where the heap starts. */
    public long imageEnd() {
        return segments.getLast().end() + PAGE - 1 & -PAGE;
    }

    /** Number of bytes in executable segments. */
    public long executableBytes() {
        long sum = 0;
        for (Segment s : segments) {
            sum += s.executable() ? s.end() - s.start() : 0;
        }
        return sum;
    }

    /** All of the file, read only; null for {@link #flat} programs. */
    public ByteBuffer contents() {
        return sections == null ? null : sections.file();
    }

    /** A copy of a section such as {@code .debug_line}, or null when there is none in plain form. Never trusted. */
    public byte[] section(String name) {
        return sections == null ? null : sections.bytes(name);
    }
}

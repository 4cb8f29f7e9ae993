package dev.rivet.frontend;

/**
 * A loadable segment. Bytes [start, start + length) hold {@code image[offset …]}, the rest up to {@code end} zeros; an
 * executable segment's image is always complete ({@code length == end - start}). The image is shared and must not be
 * written.
 *
 * @param number of the program header, from 0
 * @param start first guest address
 * @param end guest address behind the last byte, zeros included
 * @param image holds the segment's bytes
 * @param offset of the first of them in {@code image}
 * @param length how many there are
 * @param flags {@link #R} | {@link #W} | {@link #X}
 */
public record Segment(int number, long start, long end, byte[] image, int offset, int length, int flags) {
    /** PF_X: may be executed, and read. */
    public static final int X = 1;
    /** PF_W: may be written, and read. */
    public static final int W = 2;
    /** PF_R: may be read. */
    public static final int R = 4;

    /** Whether instructions may lie here. */
    public boolean executable() {
        return (flags & X) != 0;
    }

    /** Whether the guest may write here. */
    public boolean writable() {
        return (flags & W) != 0;
    }

    /** Whether the guest may read here: any of the three rights gives that. */
    public boolean readable() {
        return (flags & (R | W | X)) != 0;
    }

    /** Whether an address lies in it. */
    public boolean contains(long address) {
        return start <= address && address < end;
    }

    @Override
    public String toString() {
        return "%#x-%#x %s%s%s".formatted(start, end, (flags & R) != 0 ? "r" : "-", writable() ? "w" : "-",
                executable() ? "x" : "-");
    }
}

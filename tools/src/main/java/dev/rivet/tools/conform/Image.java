package dev.rivet.tools.conform;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a static RISC-V ELF file from segments: no sections, no symbols. Nothing is checked, so that wrong files can be
 * made as well.
 */
public final class Image {
    /** Flag of a segment: executable. */
    public static final int X = 1;
    /** Flag of a segment: writable. */
    public static final int W = 2;
    /** Flag of a segment: readable. */
    public static final int R = 4;
    /** {@code e_flags}: compressed instructions. */
    public static final int RVC = 1;
    /** {@code e_flags}: sixteen registers. */
    public static final int RVE = 8;

    private record Segment(int address, byte[] fixed, Asm asm, int fixedSize, int flags) {
        byte[] bytes() {
            return asm == null ? fixed : asm.bytes();
        }

        int memorySize() {
            return asm == null ? fixedSize : asm.size();
        }
    }

    private final int xlen;
    private final int elfFlags;
    private final List<Segment> segments = new ArrayList<>();
    private int entry;

    /** An image without segments. */
    public Image(int xlen, int elfFlags) {
        this.xlen = xlen;
        this.elfFlags = elfFlags;
    }

    /** Sets the entry point. */
    public Image entry(int pc) {
        entry = pc;
        return this;
    }

    /** Adds a builder as a segment; it may go on being filled until {@link #bytes}. */
    public Image add(Asm asm, int flags) {
        segments.add(new Segment(asm.base, null, asm, 0, flags));
        return this;
    }

    /** Adds a segment; behind its bytes follow zeros up to {@code memorySize}. */
    public Image add(int address, byte[] bytes, int memorySize, int flags) {
        segments.add(new Segment(address, bytes, null, memorySize, flags));
        return this;
    }

    /** The file. */
    public byte[] bytes() {
        boolean wide = xlen == 64;
        int header = wide ? 64 : 52;
        int row = wide ? 56 : 32;
        int[] offsets = new int[segments.size()];
        int at = header + row * segments.size();
        for (int i = 0; i < offsets.length; i++) {
            at += segments.get(i).address - at & 0xfff;
            offsets[i] = at;
            at += segments.get(i).bytes().length;
        }
        ByteBuffer out = ByteBuffer.allocate(at).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[]{0x7f, 'E', 'L', 'F', (byte) (wide ? 2 : 1), 1, 1}).position(16);
        out.putShort((short) 2).putShort((short) 243).putInt(1);
        cell(out, entry);
        cell(out, header);
        cell(out, 0);
        out.putInt(elfFlags).putShort((short) header).putShort((short) row).putShort((short) offsets.length);
        out.position(header);
        for (int i = 0; i < offsets.length; i++) {
            Segment s = segments.get(i);
            out.putInt(1);
            if (wide) {
                out.putInt(s.flags);
            }
            cell(out, offsets[i]);
            cell(out, s.address);
            cell(out, s.address);
            cell(out, s.bytes().length);
            cell(out, s.memorySize());
            if (!wide) {
                out.putInt(s.flags);
            }
            cell(out, 0x1000);
        }
        for (int i = 0; i < offsets.length; i++) {
            out.position(offsets[i]).put(segments.get(i).bytes());
        }
        return out.array();
    }

    private void cell(ByteBuffer out, int value) {
        if (xlen == 64) {
            out.putLong(value & 0xffffffffL);
        } else {
            out.putInt(value);
        }
    }
}

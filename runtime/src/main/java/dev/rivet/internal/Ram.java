package dev.rivet.internal;

import dev.rivet.sandbox.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The interpreter's way to guest memory. Remembers pages that may be read or written, so that most accesses ask nobody;
 * one object serves one thread, and {@link #forget} must be called when pages may have lost a right.
 */
final class Ram {
    private static final int SLOTS = 256;
    private static final int PAGE_SHIFT = 12;
    private static final int PAGE = 1 << PAGE_SHIFT;
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GuestMemory guest;
    private final MemorySegment bytes;
    private final int[] readable = new int[SLOTS]; // page number, −1 for none
    private final int[] writable = new int[SLOTS];

    Ram(GuestMemory guest) {
        this.guest = guest;
        bytes = guest.view();
        forget();
    }

    /** Drops what is remembered of rights. */
    void forget() {
        Arrays.fill(readable, -1);
        Arrays.fill(writable, -1);
    }

    /** Whether {@code size} bytes (1 to 8) at a guest address may be read; what lies beyond 2³² may not. */
    boolean mayRead(int address, int size) {
        int page = address >>> PAGE_SHIFT;
        if (readable[page & SLOTS - 1] == page && (address & PAGE - 1) <= PAGE - size) {
            return true;
        }
        if (!guest.readable(Integer.toUnsignedLong(address), size)) {
            return false;
        }
        readable[page & SLOTS - 1] = page;
        return true;
    }

    /** Whether {@code size} bytes (1 to 8) at a guest address may be written. */
    boolean mayWrite(int address, int size) {
        int page = address >>> PAGE_SHIFT;
        if (writable[page & SLOTS - 1] == page && (address & PAGE - 1) <= PAGE - size) {
            return true;
        }
        if (!guest.writable(Integer.toUnsignedLong(address), size)) {
            return false;
        }
        writable[page & SLOTS - 1] = page;
        return true;
    }

    byte load8(int address) {
        return bytes.get(ValueLayout.JAVA_BYTE, Integer.toUnsignedLong(address));
    }

    short load16(int address) {
        return bytes.get(I16, Integer.toUnsignedLong(address));
    }

    int load32(int address) {
        return bytes.get(I32, Integer.toUnsignedLong(address));
    }

    long load64(int address) {
        return bytes.get(I64, Integer.toUnsignedLong(address));
    }

    void store8(int address, long value) {
        bytes.set(ValueLayout.JAVA_BYTE, Integer.toUnsignedLong(address), (byte) value);
    }

    void store16(int address, long value) {
        bytes.set(I16, Integer.toUnsignedLong(address), (short) value);
    }

    void store32(int address, long value) {
        bytes.set(I32, Integer.toUnsignedLong(address), (int) value);
    }

    void store64(int address, long value) {
        bytes.set(I64, Integer.toUnsignedLong(address), value);
    }
}

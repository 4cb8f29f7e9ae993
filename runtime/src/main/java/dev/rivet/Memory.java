package dev.rivet;

import dev.rivet.sandbox.GuestMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A guest's memory, seen from the host, without copies. Addresses are guest addresses, 0 to 2³²−1; values are
 * little-endian. Every access is checked: a range that is not wholly mapped, or a write where the guest itself may not
 * write, throws {@link MemoryAccessException} and changes nothing.
 *
 * <p>Use it in host functions and between calls, from the thread that uses the instance. After the instance is closed
 * everything here, slices included, throws {@link IllegalStateException}.
 */
public final class Memory {
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GuestMemory guest;
    private final MemorySegment view;
    /** Whether the memory itself lives on when this ends, so that slices need an end of their own. */
    private final boolean lent;
    private @Nullable Arena lease;
    private @Nullable MemorySegment leased;
    private volatile boolean closed;

    Memory(GuestMemory guest, boolean lent) {
        this.guest = guest;
        this.lent = lent;
        view = guest.view();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the instance is closed");
        }
    }

    /** Ends this view and all slices of it. */
    void close() {
        closed = true;
        Arena open;
        synchronized (this) {
            open = lease;
            lease = null;
        }
        while (open != null) {
            try {
                open.close();
                return;
            } catch (IllegalStateException busy) {
                LockSupport.parkNanos(50_000); // another thread is in the middle of an access to a slice
            }
        }
    }

    /** What slices are cut from. Made when first asked for: its end costs some ten microseconds. */
    private synchronized MemorySegment whole() {
        checkOpen();
        if (!lent) {
            return view;
        }
        if (lease == null) {
            lease = Arena.ofShared();
            leased = guest.view(lease);
        }
        return leased;
    }

    /**
     * Whether the guest may read all of [address, address + length).
     *
     * @param address guest address, 0 to 2³²−1
     * @param length bytes
     * @return whether it may
     */
    public boolean isReadable(long address, long length) {
        checkOpen();
        return guest.readable(address, length);
    }

    /**
     * Whether the guest may write all of [address, address + length).
     *
     * @param address guest address, 0 to 2³²−1
     * @param length bytes
     * @return whether it may
     */
    public boolean isWritable(long address, long length) {
        checkOpen();
        return guest.writable(address, length);
    }

    private void checkRead(long address, long length) {
        checkOpen();
        if (!guest.readable(address, length)) {
            throw new MemoryAccessException(address, length, false);
        }
    }

    private void checkWrite(long address, long length) {
        checkOpen();
        if (!guest.writable(address, length)) {
            throw new MemoryAccessException(address, length, true);
        }
    }

    /**
     * One byte.
     *
     * @param address guest address, 0 to 2³²−1
     * @return the byte
     */
    public byte readByte(long address) {
        checkRead(address, 1);
        return view.get(ValueLayout.JAVA_BYTE, address);
    }

    /**
     * Two bytes.
     *
     * @param address guest address, 0 to 2³²−1
     * @return the little-endian value
     */
    public short readShort(long address) {
        checkRead(address, 2);
        return view.get(I16, address);
    }

    /**
     * Four bytes.
     *
     * @param address guest address, 0 to 2³²−1
     * @return the little-endian value
     */
    public int readInt(long address) {
        checkRead(address, 4);
        return view.get(I32, address);
    }

    /**
     * Eight bytes.
     *
     * @param address guest address, 0 to 2³²−1
     * @return the little-endian value
     */
    public long readLong(long address) {
        checkRead(address, 8);
        return view.get(I64, address);
    }

    /**
     * Sets one byte.
     *
     * @param address guest address, 0 to 2³²−1
     * @param value what to write
     */
    public void writeByte(long address, byte value) {
        checkWrite(address, 1);
        view.set(ValueLayout.JAVA_BYTE, address, value);
    }

    /**
     * Sets two bytes.
     *
     * @param address guest address, 0 to 2³²−1
     * @param value what to write
     */
    public void writeShort(long address, short value) {
        checkWrite(address, 2);
        view.set(I16, address, value);
    }

    /**
     * Sets four bytes.
     *
     * @param address guest address, 0 to 2³²−1
     * @param value what to write
     */
    public void writeInt(long address, int value) {
        checkWrite(address, 4);
        view.set(I32, address, value);
    }

    /**
     * Sets eight bytes.
     *
     * @param address guest address, 0 to 2³²−1
     * @param value what to write
     */
    public void writeLong(long address, long value) {
        checkWrite(address, 8);
        view.set(I64, address, value);
    }

    /**
     * A copy of [address, address + length).
     *
     * @param address guest address, 0 to 2³²−1
     * @param length bytes
     * @return the bytes
     */
    public byte[] read(long address, int length) {
        checkRead(address, (long) length);
        byte[] bytes = new byte[length];
        MemorySegment.copy(view, ValueLayout.JAVA_BYTE, address, bytes, 0, length);
        return bytes;
    }

    /**
     * Copies {@code length} bytes of the guest to {@code bytes[offset…]}.
     *
     * @param address guest address, 0 to 2³²−1
     * @param bytes the host's side
     * @param offset index of the first byte of {@code bytes}
     * @param length bytes
     */
    public void read(long address, byte[] bytes, int offset, int length) {
        Objects.requireNonNull(bytes, "bytes");
        checkRead(address, (long) length);
        MemorySegment.copy(view, ValueLayout.JAVA_BYTE, address, bytes, offset, length);
    }

    /**
     * Copies bytes to the guest.
     *
     * @param address guest address, 0 to 2³²−1
     * @param bytes the host's side
     */
    public void write(long address, byte[] bytes) {
        Objects.requireNonNull(bytes, "bytes");
        write(address, bytes, 0, bytes.length);
    }

    /**
     * Copies {@code bytes[offset, offset + length)} to the guest.
     *
     * @param address guest address, 0 to 2³²−1
     * @param bytes the host's side
     * @param offset index of the first byte of {@code bytes}
     * @param length bytes
     */
    public void write(long address, byte[] bytes, int offset, int length) {
        Objects.requireNonNull(bytes, "bytes");
        checkWrite(address, (long) length);
        MemorySegment.copy(bytes, offset, view, ValueLayout.JAVA_BYTE, address, length);
    }

    /**
     * UTF-8 text that ends with a zero byte.
     *
     * @param address guest address, 0 to 2³²−1
     * @param limit bytes to look at most, the zero included
     * @return the text without its zero byte
     * @throws MemoryAccessException if no zero byte lies in the first {@code limit} readable bytes
     */
    public String readString(long address, int limit) {
        byte[] copy = new byte[Math.clamp(limit, 0, 64)]; // a running guest could change what has been looked at
        for (int n = 0; n < limit; n++) {
            byte b = readByte(address + n);
            if (b == 0) {
                return new String(copy, 0, n, StandardCharsets.UTF_8);
            }
            if (n == copy.length) {
                copy = Arrays.copyOf(copy, (int) Math.min(limit, 2L * n));
            }
            copy[n] = b;
        }
        throw new MemoryAccessException(
                "guest memory at 0x%08x: no text, there is no zero in the first %d bytes".formatted(address, limit),
                address,
                limit);
    }

    /**
     * [address, address + length) without a copy: what one side writes the other sees. Read-only where the guest itself may
     * not write. While the guest runs it may change at any time: copy what you check.
     *
     * @param address guest address, 0 to 2³²−1
     * @param length bytes
     * @return a segment of {@code length} bytes
     */
    public MemorySegment slice(long address, long length) {
        checkRead(address, length);
        MemorySegment slice = whole().asSlice(address, length);
        return guest.writable(address, length) ? slice : slice.asReadOnly();
    }

    /** {@return end of the guest's heap} */
    public long brk() {
        checkOpen();
        return guest.brk();
    }

    /**
     * Moves the end of the heap as the guest's own {@code brk} call would.
     *
     * @param wanted the new end, as a guest address
     * @return where it is afterwards: {@code wanted}, or the old one if that is out of range
     */
    public long brk(long wanted) {
        checkOpen();
        return guest.brk(wanted);
    }
}

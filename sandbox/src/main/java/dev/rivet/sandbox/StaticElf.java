package dev.rivet.sandbox;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes the worker's ELF file: one read-and-execute segment that holds the text, nothing else. The signal stack is mapped
 * by the set-up list, and the worker has no data of its own (System V ABI, gABI chapters 4 and 5).
 */
public final class StaticElf {
    /** Most bytes of text a worker may have. */
    public static final int MAX_TEXT = 0xf000;
    /** EM_X86_64. */
    public static final int X86_64 = 62;
    /** EM_AARCH64. */
    public static final int AARCH64 = 183;

    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    /** The text lies at this offset of the file and of {@link Layout#WORKER_BASE}. */
    private static final int TEXT = (int) (Layout.WORKER_PUBLISH - Layout.WORKER_BASE);
    /** Pages of up to 64 KiB. */
    private static final long ALIGN = 0x1_0000;

    private StaticElf() {
    }

    /**
     * A file.
     *
     * @param machine {@link #X86_64} or {@link #AARCH64}
     * @param text machine code for {@link Layout#WORKER_PUBLISH}
     * @param length how many bytes of it count
     * @param entry offset in the text where the process starts
     */
    public static byte[] of(int machine, byte[] text, int length, int entry) {
        if (length > MAX_TEXT || entry < 0 || entry >= length) {
            throw new IllegalArgumentException("bad text: " + length + " bytes, entry " + entry);
        }
        ByteBuffer b = ByteBuffer.allocate(TEXT + length).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[]{0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        b.putShort((short) 2).putShort((short) machine).putInt(1); // ET_EXEC
        b.putLong(Layout.WORKER_PUBLISH + entry).putLong(HEADER).putLong(0).putInt(0);
        b.putShort((short) HEADER).putShort((short) PROGRAM_HEADER).putShort((short) 2);
        b.position(HEADER);
        // PT_LOAD, read and execute
        b.putInt(1).putInt(5).putLong(TEXT).putLong(Layout.WORKER_PUBLISH).putLong(Layout.WORKER_PUBLISH);
        b.putLong(length).putLong(length).putLong(ALIGN);
        // PT_GNU_STACK, read and write: the kernel's initial stack is not executable
        b.putInt(0x6474_e551).putInt(6);
        b.position(TEXT);
        b.put(text, 0, length);
        return b.array();
    }
}

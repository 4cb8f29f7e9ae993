package dev.rivet.internal;

import dev.rivet.sandbox.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * The stack a program starts with, as Linux lays it: from sp up argc, the argv pointers and a null, the envp pointers and a
 * null, the auxiliary vector, then the strings. Owns the layout, writes it to guest memory, and knows no registers.
 */
public final class InitialStack {
    private static final int AT_NULL = 0;
    private static final int AT_PHDR = 3;
    private static final int AT_PHENT = 4;
    private static final int AT_PHNUM = 5;
    private static final int AT_PAGESZ = 6;
    private static final int AT_ENTRY = 9;
    private static final int AT_UID = 11;
    private static final int AT_EUID = 12;
    private static final int AT_GID = 13;
    private static final int AT_EGID = 14;
    private static final int AT_SECURE = 23;
    private static final int AT_RANDOM = 25;
    private static final int RANDOM_BYTES = 16;

    private InitialStack() {
    }

    /** Where the program headers lie in guest memory (address 0 when they do not), for AT_PHDR and its companions. */
    public record Headers(long address, int entrySize, int count) {
        /** Finds them in a valid ELF file: the loaded segment whose file bytes hold the whole table. */
        public static Headers of(byte[] elf) {
            ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
            boolean wide = elf[4] == 2;
            long table = wide ? b.getLong(0x20) : Integer.toUnsignedLong(b.getInt(0x1c));
            int size = b.getShort(wide ? 0x36 : 0x2a);
            int count = b.getShort(wide ? 0x38 : 0x2c);
            for (int i = 0; i < count; i++) {
                int at = (int) table + i * size;
                long offset = wide ? b.getLong(at + 8) : Integer.toUnsignedLong(b.getInt(at + 4));
                long address = wide ? b.getLong(at + 16) : Integer.toUnsignedLong(b.getInt(at + 8));
                long bytes = wide ? b.getLong(at + 32) : Integer.toUnsignedLong(b.getInt(at + 16));
                if (b.getInt(at) == 1 && table >= offset && table - offset <= bytes - (long) size * count) {
                    return new Headers(address + table - offset, size, count);
                }
            }
            return new Headers(0, size, count);
        }
    }

    /**
     * Lays the stack.
     *
     * @param xlen 32 or 64: the size of its words
     * @param entry the program's entry point
     * @return the stack pointer, a multiple of 16
     * @throws IllegalArgumentException if the stack is too small, or a string contains a zero
     */
    public static long lay(GuestMemory memory, int xlen, long entry, Headers headers, List<String> arguments,
            List<String> environment) {
        int word = xlen / 8;
        long top = memory.plan().stackEnd();
        long[] argv = new long[arguments.size()];
        long[] envp = new long[environment.size()];
        byte[][] strings = new byte[argv.length + envp.length][];
        long at = top;
        for (int i = strings.length - 1; i >= 0; i--) {
            boolean isArgument = i < argv.length;
            strings[i] = terminated(isArgument ? arguments.get(i) : environment.get(i - argv.length));
            at -= strings[i].length;
            if (isArgument) {
                argv[i] = at;
            } else {
                envp[i - argv.length] = at;
            }
        }
        long random = at - RANDOM_BYTES & -16;
        long[] auxv = {AT_PHDR, headers.address, AT_PHENT, headers.entrySize, AT_PHNUM, headers.count, AT_PAGESZ, 4096,
                AT_ENTRY, entry, AT_UID, 0, AT_EUID, 0, AT_GID, 0, AT_EGID, 0, AT_SECURE, 0, AT_RANDOM, random, AT_NULL,
                0};
        int skipped = headers.address == 0 ? 6 : 0; // no AT_PHDR, AT_PHENT, AT_PHNUM
        long words = 1L + argv.length + 1 + envp.length + 1 + auxv.length - skipped;
        long sp = random - words * word & -16;
        if (!memory.writable(sp, top - sp)) {
            throw new IllegalArgumentException("arguments and environment need " + (top - sp)
                    + " bytes of stack, more than there are; give fewer or a larger stack");
        }
        MemorySegment view = memory.view();
        view.asSlice(random, RANDOM_BYTES).fill((byte) 0);
        for (int i = 0; i < strings.length; i++) {
            long to = i < argv.length ? argv[i] : envp[i - argv.length];
            MemorySegment.copy(strings[i], 0, view, ValueLayout.JAVA_BYTE, to, strings[i].length);
        }
        long p = put(view, sp, word, argv.length);
        p = putAll(view, p, word, argv, 0);
        p = put(view, p, word, 0);
        p = putAll(view, p, word, envp, 0);
        p = put(view, p, word, 0);
        putAll(view, p, word, auxv, skipped);
        return sp;
    }

    private static byte[] terminated(String text) {
        if (Objects.requireNonNull(text, "an argument or environment string").indexOf(0) >= 0) {
            throw new IllegalArgumentException("an argument or environment string contains a zero character");
        }
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }

    private static long putAll(MemorySegment view, long at, int word, long[] values, int from) {
        for (int i = from; i < values.length; i++) {
            at = put(view, at, word, values[i]);
        }
        return at;
    }

    private static long put(MemorySegment view, long at, int word, long value) {
        if (word == 8) {
            view.set(ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN), at, value);
        } else {
            view.set(ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN), at, (int) value);
        }
        return at + word;
    }
}

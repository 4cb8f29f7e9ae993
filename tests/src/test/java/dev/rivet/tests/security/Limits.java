package dev.rivet.tests.security;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;

/** Makes this process's own life hard (or easy), through JNA. */
public final class Limits {
    /** What the C library does for that. */
    public interface C extends Library {
        /** prlimit(2). */
        int prlimit(int pid, int resource, Pointer value, Pointer old);

        /** prctl(2). */
        int prctl(int what, NativeLong a, NativeLong b, NativeLong c, NativeLong d);

        /** syscall(2). */
        NativeLong syscall(NativeLong number, NativeLong a, NativeLong b, Pointer c);
    }

    private static final C LIBC = Native.load("c", C.class);

    private Limits() {
    }

    /** Sets the soft limit; −1 puts it back to the hard one. */
    static void limit(int resource, long soft) {
        try (Memory value = new Memory(16)) {
            must(LIBC.prlimit(0, resource, null, value));
            value.setLong(0, soft < 0 ? value.getLong(8) : soft);
            must(LIBC.prlimit(0, resource, value, null));
        }
    }

    /**
     * From now on a system call fails in this process and its children.
     *
     * @param argument which argument must have the value, −1 for none
     * @param value low 32 bits of that argument
     */
    public static void fail(int number, int argument, int value, int errno) {
        long load = 0x20;
        long[] code = {load, 0x15 | 3L << 24 | (long) number << 32, load | 16L + 8L * Math.max(argument, 0) << 32,
                argument < 0 ? 0x05 : 0x15 | 1L << 24 | (long) value << 32, 6 | (0x0005_0000L | errno) << 32,
                6 | 0x7fff_0000L << 32};
        try (Memory program = new Memory(8L * code.length); Memory header = new Memory(16)) {
            program.write(0, code, 0, code.length);
            header.setShort(0, (short) code.length);
            header.setPointer(8, program);
            NativeLong none = new NativeLong(0);
            must(LIBC.prctl(38, new NativeLong(1), none, none, none));
            must(LIBC.syscall(new NativeLong(317), new NativeLong(1), new NativeLong(1), header).intValue());
        }
    }

    private static void must(int result) {
        if (result != 0) {
            throw new IllegalStateException("a call failed");
        }
    }
}

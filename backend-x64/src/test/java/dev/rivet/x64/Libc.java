package dev.rivet.x64;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** System calls for tests that play the rude outside world. */
final class Libc {
    @SuppressWarnings("restricted")
    private static final MethodHandle SYSCALL = Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private static final int KILL = 62;
    private static final int PRCTL = 157;
    private static final int PRLIMIT64 = 302;
    private static final int SECCOMP = 317;

    private static boolean noNewPrivileges;

    private Libc() {
    }

    private static long syscall(long number, long a, long b, long c, long d, long e) {
        try {
            long result = (long) SYSCALL.invokeExact(number, a, b, c, d, e);
            if (result < 0) {
                throw new IllegalStateException("system call " + number + " failed");
            }
            return result;
        } catch (RuntimeException | Error t) {
            throw t;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    static void kill(int pid, int signal) {
        syscall(KILL, pid, signal, 0, 0, 0);
    }

    /** Sets both limits of a resource of this process; returns the old soft limit. */
    static long limit(int resource, long soft) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(16, 8);
            MemorySegment old = arena.allocate(16, 8);
            syscall(PRLIMIT64, 0, resource, 0, old.address(), 0);
            value.set(JAVA_LONG, 0, soft);
            value.set(JAVA_LONG, 8, old.get(JAVA_LONG, 8));
            syscall(PRLIMIT64, 0, resource, value.address(), 0, 0);
            return old.get(JAVA_LONG, 0);
        }
    }

    /** From now on a system call fails with EPERM; otherwise as {@link #fail}. */
    static void forbid(int number, int argument, int value) {
        fail(number, argument, value, 1);
    }

    /**
     * From now on a system call fails in all threads of this process and all its children.
     *
     * @param argument which argument must have the value, −1 for none
     * @param value low 32 bits of that argument
     * @param errno the error it fails with
     */
    static void fail(int number, int argument, int value, int errno) {
        try (Arena arena = Arena.ofConfined()) {
            long load = 0x20;
            long[] program = {load, // the system call's number
                    0x15 | 3L << 24 | (long) number << 32, // is it this one? else skip 3
                    load | 16L + 8L * Math.max(argument, 0) << 32, // the argument
                    0x15 | 1L << 24 | (long) value << 32, // has it the value? else skip 1
                    6 | (0x0005_0000L | errno) << 32, // SECCOMP_RET_ERRNO
                    6 | 0x7fff_0000L << 32};
            if (argument < 0) {
                program[3] = 0x05; // jump by 0
            }
            MemorySegment code = arena.allocateFrom(JAVA_LONG, program);
            MemorySegment header = arena.allocate(16, 8);
            header.set(JAVA_SHORT, 0, (short) program.length);
            header.set(ADDRESS, 8, code);
            if (!noNewPrivileges) { // filters need it, and later calls may be forbidden
                syscall(PRCTL, 38, 1, 0, 0, 0);
                noNewPrivileges = true;
            }
            syscall(SECCOMP, 1, 1, header.address(), 0, 0); // SECCOMP_FILTER_FLAG_TSYNC
        }
    }

}

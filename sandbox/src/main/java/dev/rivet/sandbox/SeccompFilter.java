package dev.rivet.sandbox;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The last wall: the classic BPF program that decides about every system call of a worker once set-up is over
 * (seccomp(2)). What is allowed: sleeping on the command word, waking sleepers on the done word, going back from a signal
 * handler, exiting. Everything else, foreign architectures and x32 included, kills the process.
 */
final class SeccompFilter {
    private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final int RETURN = 6;
    private static final int KILL_PROCESS = 0x8000_0000;
    private static final int ALLOW = 0x7fff_0000;
    // struct seccomp_data
    private static final int NR = 0;
    private static final int ARCH = 4;
    private static final int ARG0 = 16;
    private static final int ARG1 = 24;

    private SeccompFilter() {
    }

    private static long op(int code, int jumpTrue, int jumpFalse, int k) {
        return code | (long) jumpTrue << 16 | (long) jumpFalse << 24 | (long) k << 32;
    }

    /** The program, one {@code struct sock_filter} a long. Jumps count the instructions to skip. */
    static long[] program(SyscallTable calls) {
        long command = Layout.CONTROL_BASE + Control.COMMAND_SEQ;
        long done = Layout.CONTROL_BASE + Control.DONE_SEQ;
        // @formatter:off
        return new long[] {
            /*  0 */ op(LOAD, 0, 0, ARCH),
            /*  1 */ op(EQUAL, 0, 15, calls.auditArch()),
            /*  2 */ op(LOAD, 0, 0, NR), // an x32 number has bit 30 set and equals none of these
            /*  3 */ op(EQUAL, 14, 0, calls.number("rt_sigreturn")),
            /*  4 */ op(EQUAL, 13, 0, calls.number("exit_group")),
            /*  5 */ op(EQUAL, 0, 11, calls.number("futex")),
            /*  6 */ op(LOAD, 0, 0, ARG0 + 4),
            /*  7 */ op(EQUAL, 0, 9, (int) (command >>> 32)),
            /*  8 */ op(LOAD, 0, 0, ARG0),
            /*  9 */ op(EQUAL, 0, 3, (int) command),
            /* 10 */ op(LOAD, 0, 0, ARG1),
            /* 11 */ op(EQUAL, 6, 0, Native.FUTEX_WAIT),
            /* 12 */ op(RETURN, 0, 0, KILL_PROCESS),
            /* 13 */ op(EQUAL, 0, 3, (int) done),
            /* 14 */ op(LOAD, 0, 0, ARG1),
            /* 15 */ op(EQUAL, 2, 0, Native.FUTEX_WAKE),
            /* 16 */ op(RETURN, 0, 0, KILL_PROCESS),
            /* 17 */ op(RETURN, 0, 0, KILL_PROCESS),
            /* 18 */ op(RETURN, 0, 0, ALLOW),
        };
        // @formatter:on
    }

    /** Puts {@code struct sock_fprog} and the program behind it into the control page. */
    static void write(MemorySegment control, int offset, long[] program) {
        control.set(ValueLayout.JAVA_LONG, offset, program.length);
        control.set(ValueLayout.JAVA_LONG, offset + 8L, Layout.CONTROL_BASE + offset + 16);
        MemorySegment.copy(program, 0, control, ValueLayout.JAVA_LONG, offset + 16L, program.length);
    }
}

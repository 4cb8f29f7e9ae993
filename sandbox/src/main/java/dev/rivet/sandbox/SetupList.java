package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The system calls a worker makes before it serves, in order. Written to the control page, where the worker reads them. */
public final class SetupList {
    /** 0 is the control page, 1 the socket, 2 the ELF file. */
    private static final int FIRST_FOREIGN = 3;
    /** Descriptors below this one that an emulator may have opened before its program ran. */
    private static final int EMULATOR_FILES = 10;

    private final SyscallTable syscalls;
    private final List<Hardening.Layer> layers = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private final List<long[]> rows = new ArrayList<>();

    SetupList(SyscallTable syscalls) {
        this.syscalls = syscalls;
    }

    /** Adds a call that must give this very result; the worker does not start without it. */
    public void add(String call, long expected, long... args) {
        add(null, call, Control.SETUP_EXACT, expected, args);
    }

    void add(Hardening.Layer layer, String call, int judgement, long expected, long... args) {
        long[] row = new long[8];
        row[0] = syscalls.number(call) | (long) judgement << 32;
        System.arraycopy(args, 0, row, 1, args.length);
        row[7] = expected;
        layers.add(layer);
        calls.add(call);
        rows.add(row);
    }

    int size() {
        return rows.size();
    }

    /** The layer a row belongs to; null for what every worker needs. */
    Hardening.Layer layer(int row) {
        return layers.get(row);
    }

    /** The last row of a layer, −1 if there is none. */
    int lastRow(Hardening.Layer layer) {
        return layers.lastIndexOf(layer);
    }

    /** Name of a row's system call. */
    String call(int row) {
        return calls.get(row);
    }

    /** Puts rows from {@code first} on into the control page, then the new number of rows. */
    void write(MemorySegment control, int first) {
        if (rows.size() > Control.SETUP_MAX) {
            throw new SandboxException("the set-up list has " + rows.size() + " rows, more than " + Control.SETUP_MAX
                    + "; the program has too many segments");
        }
        for (int i = first; i < rows.size(); i++) {
            MemorySegment.copy(rows.get(i), 0, control, JAVA_LONG, Control.SETUP_ROWS + (long) i * Control.SETUP_ROW,
                    8);
        }
        JAVA_LONG.varHandle().setRelease(control, (long) Control.SETUP_COUNT, (long) rows.size());
    }

    /** Result of a row as the worker left it. */
    static long result(MemorySegment control, int row) {
        return control.get(JAVA_LONG, Control.SETUP_ROWS + (long) row * Control.SETUP_ROW + 56);
    }

    /**
     * Under an emulator there is no child to make: there is no namespace that it would be the first in, and the emulator
     * has threads. And the emulator has opened files of its own behind the socket, which it does not need any more; they
     * go, so that the program's descriptors get the numbers they should have.
     */
    void adaptToEmulator() {
        int fork = forkRow();
        layers.remove(fork);
        calls.remove(fork);
        rows.remove(fork);
        int receive = calls.indexOf("recvmsg");
        for (int fd = EMULATOR_FILES - 1; fd >= FIRST_FOREIGN; fd--) {
            // Which of them are open is not known, so each is opened first.
            insert(receive, "close", 0, fd, 0, 0);
            insert(receive, "dup3", fd, 0, fd, 0);
        }
    }

    private void insert(int at, String call, long expected, long... args) {
        layers.add(at, null);
        calls.add(at, call);
        rows.add(at, new long[]{syscalls.number(call), args[0], args[1], args[2], 0, 0, 0, expected});
    }

    /** Index of the row that makes a child. */
    int forkRow() {
        for (int i = 0; i < rows.size(); i++) {
            if ((int) (rows.get(i)[0] >>> 32) == Control.SETUP_FORK) {
                return i;
            }
        }
        throw new IllegalStateException("no fork in the list");
    }

    /** The first rows of this list as a list of its own that can grow. */
    SetupList copy() {
        SetupList copy = new SetupList(syscalls);
        copy.layers.addAll(layers);
        copy.calls.addAll(calls);
        copy.rows.addAll(rows);
        return copy;
    }

}

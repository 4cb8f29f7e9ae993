package dev.rivet.tools.escape;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.rivet.sandbox.CodeSpace;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.ProgramImage;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerLostException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Guest memory and a worker that an attacker's code runs in; another worker when that one is gone. One read-only page of
 * {@link #FILLING} at {@link #TEXT}, writable pages at {@link #DATA}, a heap behind them, a stack at the top.
 */
final class Cell implements AutoCloseable {
    static final long TEXT = 0x1_0000;
    static final long DATA = 0x2_0000;
    static final long DATA_END = 0x2_4000;
    static final byte FILLING = 0x5a;
    private static final long STACK = 0x1_0000;
    private static final long MEMORY = 1 << 20;
    /** How long an attack that may go on for ever runs before it is told to stop. */
    private static final long SHORT_NANOS = 20_000_000;
    /** How long others may take, on a host so busy that the worker hardly runs. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final WorkerFactory factory;
    private static final long BAD_ENTRY = 0xbad0_0000_0000_0000L;

    private final ProgramImage image;
    private final GuestMemory memory;
    private final CodeSpace code;
    private Worker worker;
    private int workers;

    Cell(WorkerFactory factory, byte[] machineCode) {
        this.factory = factory;
        image = new ProgramImage(List.of(new ProgramImage.Region(TEXT, TEXT + MemoryPlan.PAGE, false),
                new ProgramImage.Region(DATA, DATA_END, true)));
        byte[] filling = new byte[MemoryPlan.PAGE];
        Arrays.fill(filling, FILLING);
        image.put(TEXT, filling, 0, filling.length);
        image.seal();
        memory = new GuestMemory(MemoryPlan.of(image, STACK, MEMORY));
        CodeSpace.Range text = new CodeSpace.Range((int) TEXT, (int) TEXT + MemoryPlan.PAGE);
        code = new CodeSpace(machineCode, 0, machineCode.length, 1 << 16,
                CodeSpace.Table.of(List.of(text), true, BAD_ENTRY, BAD_ENTRY));
    }

    GuestMemory memory() {
        return memory;
    }

    /** Bytes of code mapped. */
    CodeSpace code() {
        return code;
    }

    /** Workers used so far. */
    int workers() {
        return workers;
    }

    /** The worker's process, started if there is none. */
    int pid() {
        return worker().pid();
    }

    private Worker worker() {
        if (worker == null) {
            worker = factory.start(code, memory);
            workers++;
        }
        return worker;
    }

    /** Runs code with values in the register slots, to its end. */
    Ending run(long entry, long... slots) {
        return run(PATIENCE_NANOS, entry, slots);
    }

    /** The same with code that may go on for ever. */
    Ending runShortly(long entry, long... slots) {
        return run(SHORT_NANOS, entry, slots);
    }

    private Ending run(long patience, long entry, long... slots) {
        Worker w = worker();
        MemorySegment control = w.control();
        for (int i = 0; i < 32; i++) {
            control.set(JAVA_LONG, Control.REGS + 8L * i, i < slots.length ? slots[i] : 0);
        }
        control.set(JAVA_LONG, Control.ENTER_ADDRESS, entry);
        try {
            int exit = w.enter(System.nanoTime() + patience);
            if (exit == Worker.STILL_RUNNING) {
                exit = w.interrupt(Control.REQUEST_STOP);
            }
            if (exit != Control.EXIT_SIGNAL) {
                return new Ending(Ending.Kind.ANSWERED, exit);
            }
            int signal = control.get(java.lang.foreign.ValueLayout.JAVA_INT, Control.SIGNAL);
            return signal == Worker.REQUEST_SIGNAL
                    ? new Ending(Ending.Kind.STOPPED, 0)
                    : new Ending(Ending.Kind.TRAPPED, signal);
        } catch (WorkerLostException e) {
            replace();
            return e.getMessage().endsWith("it was killed")
                    ? new Ending(Ending.Kind.DISOWNED, 0)
                    : e.signal() != 0
                            ? new Ending(Ending.Kind.KILLED, e.signal())
                            : new Ending(Ending.Kind.LEFT, e.exitStatus());
        }
    }

    /** What a slot holds. */
    long slot(int n) {
        return worker().control().get(JAVA_LONG, Control.REGS + 8L * n);
    }

    /** Ends the worker; the next attack gets a new one. */
    void replace() {
        if (worker != null) {
            worker.close();
            worker = null;
        }
    }

    /** Whether guest memory holds the pattern everywhere. */
    boolean holds(byte pattern) {
        MemorySegment data = memory.view().asSlice(DATA, DATA_END - DATA);
        for (long i = 0; i < data.byteSize(); i++) {
            if (data.get(JAVA_BYTE, i) != pattern) {
                return false;
            }
        }
        return memory.view().get(JAVA_BYTE, TEXT) == FILLING;
    }

    void fill(byte pattern) {
        memory.view().asSlice(DATA, DATA_END - DATA).fill(pattern);
    }

    @Override
    public void close() {
        replace();
        code.close();
        memory.close();
        image.close();
    }
}

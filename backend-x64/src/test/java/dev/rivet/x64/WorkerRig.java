package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBX;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.rivet.sandbox.CodeSpace;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.ProgramImage;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerProgram;
import java.util.List;
import java.util.function.Consumer;

/**
 * A worker that runs machine code made by hand, as if an attacker had got it in. Guest memory: one read-only page of 0x5a at
 * {@link #TEXT}, four writable ones at {@link #DATA}, a heap behind them, a stack of 64 KiB.
 */
final class WorkerRig implements AutoCloseable {
    static final long TEXT = 0x10000;
    static final long DATA = 0x20000;
    static final long DATA_END = 0x24000;
    static final long BAD_ENTRY = 0xbad0_0000_0000_0000L;

    final ProgramImage image;
    final GuestMemory memory;
    final CodeSpace code;
    final WorkerFactory factory;
    final Worker worker;
    private final boolean ownFactory;

    private static final WorkerProgram PROGRAM = new X64Worker();

    WorkerRig(Consumer<X64Assembler> body) {
        this(body, new WorkerFactory(PROGRAM, WorkerFactory.Mode.STRICT, 0), true);
    }

    /** With a factory of somebody else's. */
    WorkerRig(Consumer<X64Assembler> body, WorkerFactory factory) {
        this(body, factory, false);
    }

    private WorkerRig(Consumer<X64Assembler> body, WorkerFactory factory, boolean ownFactory) {
        this.ownFactory = ownFactory;
        this.factory = factory;
        X64Assembler a = X64Assembler.create("direct", Layout.CODE_BASE, 4096);
        body.accept(a);
        a.finish();
        image = new ProgramImage(List.of(new ProgramImage.Region(TEXT, TEXT + 0x1000, false),
                new ProgramImage.Region(DATA, DATA_END, true)));
        byte[] filling = new byte[0x1000];
        java.util.Arrays.fill(filling, (byte) 0x5a);
        image.put(TEXT, filling, 0, filling.length);
        image.seal();
        memory = new GuestMemory(MemoryPlan.of(image, 0x10000, 1 << 20));
        code = new CodeSpace(a.bytes(), a.length(), 0x10000,
                List.of(new CodeSpace.Range((int) TEXT, (int) TEXT + 0x1000)),
                BAD_ENTRY);
        code.fillTable(new CodeSpace.Range((int) TEXT, (int) TEXT + 0x1000), Layout.CODE_BASE, BAD_ENTRY, true);
        Worker started = null;
        try {
            started = factory.start(code, memory);
            started.control().set(JAVA_LONG, Control.ENTER_ADDRESS, Layout.CODE_BASE);
        } finally {
            worker = started;
            if (started == null) {
                closeAll();
            }
        }
    }

    /** Ends the code: tells the JVM this exit. */
    static void exit(X64Assembler a, int exit) {
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.storeImm(4, Mem.at(RBX, Control.EXIT), exit);
        a.movImm(8, RAX, Layout.WORKER_PUBLISH);
        a.jmpReg(RAX);
    }

    /** Runs for at most five seconds. */
    int run() {
        return worker.enter(System.nanoTime() + 5_000_000_000L);
    }

    int field(int offset) {
        return worker.control().get(JAVA_INT, offset);
    }

    long wide(int offset) {
        return worker.control().get(JAVA_LONG, offset);
    }

    void set(int offset, long value) {
        worker.control().set(JAVA_LONG, offset, value);
    }

    private void closeAll() {
        if (ownFactory) {
            factory.close();
        }
        code.close();
        memory.close();
        image.close();
    }

    @Override
    public void close() {
        worker.close();
        closeAll();
    }
}

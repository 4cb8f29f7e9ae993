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
import java.util.ArrayDeque;
import java.util.Deque;
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
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    private static final WorkerProgram PROGRAM = new X64Worker();

    WorkerRig(Consumer<X64Assembler> body) {
        this(body, new WorkerFactory(PROGRAM, WorkerFactory.Mode.STRICT, 0), true);
    }

    /** With a factory of somebody else's. */
    WorkerRig(Consumer<X64Assembler> body, WorkerFactory factory) {
        this(body, factory, false);
    }

    private WorkerRig(Consumer<X64Assembler> body, WorkerFactory factory, boolean ownFactory) {
        if (ownFactory) {
            parts.push(factory);
        }
        this.factory = factory;
        X64Assembler a = X64Assembler.create("direct", Layout.CODE_BASE, 4096);
        body.accept(a);
        a.finish();
        try {
            image = kept(new ProgramImage(List.of(new ProgramImage.Region(TEXT, TEXT + 0x1000, false),
                    new ProgramImage.Region(DATA, DATA_END, true))));
            byte[] filling = new byte[0x1000];
            java.util.Arrays.fill(filling, (byte) 0x5a);
            image.put(TEXT, filling, 0, filling.length);
            image.seal();
            memory = kept(new GuestMemory(MemoryPlan.of(image, 0x10000, 1 << 20)));
            CodeSpace.Range text = new CodeSpace.Range((int) TEXT, (int) TEXT + 0x1000);
            code = kept(new CodeSpace(a.bytes(), 0, a.length(), 0x10000,
                    CodeSpace.Table.of(List.of(text), true, Layout.CODE_BASE, BAD_ENTRY)));
            worker = kept(factory.start(code, memory));
            worker.control().set(JAVA_LONG, Control.ENTER_ADDRESS, Layout.CODE_BASE);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T kept(T part) {
        parts.push(part);
        return part;
    }

    /** Ends the code: tells the JVM this exit. */
    static void exit(X64Assembler a, int exit) {
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.storeImm(4, Mem.at(RBX, Control.EXIT), exit);
        publish(a);
    }

    /** The same with the exit that is there. */
    static void publish(X64Assembler a) {
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

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }
}

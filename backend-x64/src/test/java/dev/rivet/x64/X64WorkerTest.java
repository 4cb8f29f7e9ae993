package dev.rivet.x64;

import static dev.rivet.x64.Reg.R15;
import static dev.rivet.x64.Reg.R8;
import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBX;
import static dev.rivet.x64.Reg.RCX;
import static dev.rivet.x64.Reg.RDX;
import static dev.rivet.x64.Reg.RSP;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerLostException;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Plain;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The worker's machine code and its protocol, driven by code made by hand. */
@Timeout(60)
class X64WorkerTest {
    private static final int SIGILL = 4;
    private static final int SIGTRAP = 5;
    private static final int SIGBUS = 7;
    private static final int SIGFPE = 8;
    private static final int SIGKILL = 9;
    private static final int SIGSEGV = 11;

    private static final Consumer<X64Assembler> ENDLESS = a -> {
        int loop = a.newLabel();
        a.bind(loop);
        a.aluImm(Alu.ADD, 8, R15, 1);
        a.jmp(loop);
    };

    private static long soon(long millis) {
        return System.nanoTime() + millis * 1_000_000;
    }

    private X64Assembler lastAssembler;

    @Test
    void runsCodeAndSharesMemory() {
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.load(8, RAX, Mem.at(RBX, Control.REGS + 80));
            a.aluImm(Alu.ADD, 8, RAX, 1);
            a.store(8, Mem.at(RBX, Control.REGS + 80), RAX);
            a.load(8, R15, Mem.wrap(Reg.NONE, 0x20008));
            a.store(8, Mem.wrap(Reg.NONE, 0x20010), R15);
            WorkerRig.exit(a, Control.EXIT_ECALL);
        })) {
            rig.memory.view().set(JAVA_LONG, 0x20008, 77);
            for (int i = 0; i < 1000; i++) {
                rig.set(Control.REGS + 80, i);
                assertEquals(Control.EXIT_ECALL, rig.run());
                assertEquals(i + 1, rig.wide(Control.REGS + 80));
            }
            assertEquals(77, rig.memory.view().get(JAVA_LONG, 0x20010));
        }
    }

    @Test
    void dispatchTableIsBehindGs() {
        try (WorkerRig rig = new WorkerRig(a -> {
            int first = a.newLabel();
            a.jmp(first);
            a.align(64);
            WorkerRig.exit(a, Control.EXIT_FINISHED); // offset 64
            a.bind(first);
            a.movImm(4, RAX, Layout.RETURN_TO_HOST);
            a.jmpMem(Mem.gs(RAX, 2, 0));
        })) {
            rig.code.putEntry(Layout.RETURN_TO_HOST, Layout.CODE_BASE + 64);
            assertEquals(Control.EXIT_FINISHED, rig.run());
            // A side entry appended while the worker lives.
            X64Assembler side = X64Assembler.create("direct", Layout.CODE_BASE + rig.code.next(), 64);
            WorkerRig.exit(side, Control.EXIT_BREAKPOINT);
            side.finish();
            int at = rig.code.append(side.bytes(), side.length());
            rig.code.putEntry(Layout.RETURN_TO_HOST, Layout.CODE_BASE + at);
            assertEquals(Control.EXIT_BREAKPOINT, rig.run());
            rig.code.putEntry(Layout.RETURN_TO_HOST, WorkerRig.BAD_ENTRY);
            assertEquals(Control.EXIT_SIGNAL, rig.run());
            assertEquals(SIGSEGV, rig.field(Control.SIGNAL));
            assertTrue(rig.wide(Control.HOST_PC) > Layout.CODE_BASE, "the fault is at the jump");
            assertEquals(0xffff_0000L, rig.wide(Control.HOST_REGS + 8 * RAX));
        }
    }

    private record Fault(String name, int signal, long address, Consumer<X64Assembler> code) {
        Fault withAddress(long reported) {
            return new Fault(name, signal, reported, code);
        }
    }

    private static Fault read(String name, int signal, long address) {
        return new Fault(name, signal, address, a -> {
            a.movImm(8, RBX, address);
            a.load(8, RAX, Mem.at(RBX, 0));
        });
    }

    private static Fault write(String name, int signal, long address) {
        return new Fault(name, signal, address, a -> {
            a.movImm(8, RBX, address);
            a.store(8, Mem.at(RBX, 0), RAX);
        });
    }

    /** Every way to fault is reported with all registers, and the worker serves on. */
    @Test
    void faultsAreReportedAndSurvived() {
        long noAddress = -1;
        Fault[] faults = {read("null page", SIGSEGV, 0), read("below the text", SIGSEGV, 0xfff8),
                write("text", SIGSEGV, WorkerRig.TEXT), read("behind the break", SIGBUS, WorkerRig.DATA_END),
                write("behind the break", SIGBUS, WorkerRig.DATA_END), read("guard", SIGSEGV, 0xfffd_f000L),
                read("behind the stack", SIGSEGV, 0xffff_0000L), write("code", SIGSEGV, Layout.CODE_BASE),
                write("table", SIGSEGV, Layout.TABLE_BASE + 4 * WorkerRig.TEXT),
                write("worker text", SIGSEGV, Layout.WORKER_PUBLISH),
                read("table without text", SIGSEGV, Layout.TABLE_BASE + 4 * 0x5000_0000L),
                read("below the return stack", SIGSEGV, Layout.RETURN_STACK_BASE - 8),
                read("above the return stack", SIGSEGV, Layout.RETURN_STACK_BASE + Layout.RETURN_STACK_SIZE),
                read("not canonical", SIGSEGV, 0xbad0_0000_0000_0000L).withAddress(0),
                read("kernel", SIGSEGV, 0xffff_8000_0000_0000L),
                new Fault("ud2", SIGILL, noAddress, a -> a.plain(Plain.UD2)),
                new Fault("divide", SIGFPE, noAddress, a -> {
                    a.movImm(4, RCX, 0);
                    a.movImm(4, RDX, 0);
                    a.unary(X64Assembler.Unary.DIV, 4, RCX);
                }), new Fault("int3", SIGTRAP, noAddress, a -> a.plain(Plain.INT3)),
                new Fault("execute data", SIGSEGV, WorkerRig.DATA, a -> {
                    a.movImm(4, RAX, (int) WorkerRig.DATA);
                    a.jmpReg(RAX);
                }), new Fault("endless recursion", SIGSEGV, Layout.RETURN_STACK_BASE - 8, a -> {
                    a.movImm(8, RSP, Layout.RETURN_STACK_TOP);
                    int again = a.newLabel();
                    a.bind(again);
                    a.call(again);
                }),};
        int[] offsets = new int[faults.length];
        int[] last = new int[1];
        try (WorkerRig rig = new WorkerRig(a -> {
            for (int i = 0; i < faults.length; i++) {
                offsets[i] = a.here();
                a.movImm(8, R15, 0x1234_5678_9abc_def0L + i);
                a.movImm(8, R8, 99 + i);
                a.movqToXmm(14, R8);
                faults[i].code.accept(a);
                WorkerRig.exit(a, Control.EXIT_FINISHED);
            }
            last[0] = a.here();
            WorkerRig.exit(a, Control.EXIT_ECALL);
            lastAssembler = a;
        })) {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < faults.length; i++) {
                    Fault f = faults[i];
                    rig.set(Control.ENTER_ADDRESS, Layout.CODE_BASE + lastAssembler.offset(offsets[i]));
                    assertEquals(Control.EXIT_SIGNAL, rig.run(), f.name);
                    assertEquals(f.signal, rig.field(Control.SIGNAL), f.name);
                    if (f.address != noAddress) {
                        assertEquals(f.address, rig.wide(Control.SIGNAL_ADDRESS), f.name);
                    }
                    assertEquals(0x1234_5678_9abc_def0L + i, rig.wide(Control.HOST_REGS + 8 * R15), f.name);
                    assertEquals(99 + i, rig.wide(Control.HOST_VECTORS + 8 * 14), f.name);
                    rig.set(Control.ENTER_ADDRESS, Layout.CODE_BASE + lastAssembler.offset(last[0]));
                    assertEquals(Control.EXIT_ECALL, rig.run(), "after " + f.name);
                }
            }
        }
    }

    @Test
    void heapAppearsWithTheBreakAndGoesWithReset() {
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.load(8, RAX, Mem.at(RBX, Control.REGS));
            a.store(8, Mem.at(RAX, 0), RAX);
            WorkerRig.exit(a, Control.EXIT_FINISHED);
        })) {
            long heap = rig.memory.plan().heapStart();
            rig.set(Control.REGS, heap + 0x2000);
            assertEquals(Control.EXIT_SIGNAL, rig.run());
            rig.memory.brk(heap + 0x2001);
            assertEquals(Control.EXIT_FINISHED, rig.run());
            assertEquals(heap + 0x2000, rig.memory.view().get(JAVA_LONG, heap + 0x2000));
            rig.memory.reset();
            assertEquals(Control.EXIT_SIGNAL, rig.run());
            assertEquals(SIGBUS, rig.field(Control.SIGNAL));
            rig.memory.brk(heap + 0x2001);
            assertEquals(0, rig.memory.view().get(JAVA_LONG, heap + 0x2000));
            assertEquals(Control.EXIT_FINISHED, rig.run());
            rig.set(Control.REGS, WorkerRig.TEXT);
            assertEquals(Control.EXIT_SIGNAL, rig.run(), "text is read-only");
            assertEquals(0x5a, rig.memory.view().get(JAVA_BYTE, WorkerRig.TEXT));
        }
    }

    @Test
    void endlessLoopStopsAtTheDeadline() {
        try (WorkerRig rig = new WorkerRig(ENDLESS)) {
            for (int i = 0; i < 50; i++) {
                assertEquals(Worker.STILL_RUNNING, rig.worker.enter(soon(1)));
                assertEquals(Worker.STILL_RUNNING, rig.worker.await(soon(1)));
                assertEquals(Control.EXIT_SIGNAL, rig.worker.interrupt(Control.REQUEST_STOP));
                assertEquals(Worker.REQUEST_SIGNAL, rig.field(Control.SIGNAL));
                long pc = rig.wide(Control.HOST_PC);
                assertTrue(pc >= Layout.CODE_BASE && pc < Layout.CODE_BASE + 64, Long.toHexString(pc));
            }
        }
    }

    @Test
    void pausedCodeGoesOnAsIfNothingHadHappened() {
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, R15, 0);
            a.movImm(8, RAX, 41);
            a.movqToXmm(3, RAX);
            int loop = a.newLabel();
            a.bind(loop);
            a.aluImm(Alu.ADD, 8, R15, 1);
            a.aluImm(Alu.CMP, 8, R15, 400_000_000);
            a.jcc(Cond.NE, loop);
            a.movqFromXmm(RAX, 3);
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.store(8, Mem.at(RBX, Control.REGS), R15);
            a.store(8, Mem.at(RBX, Control.REGS + 8), RAX);
            WorkerRig.exit(a, Control.EXIT_FINISHED);
        })) {
            int exit = rig.worker.enter(soon(1));
            long before = 0;
            int pauses = 0;
            while (exit != Control.EXIT_FINISHED) {
                if (exit == Worker.STILL_RUNNING) {
                    exit = rig.worker.interrupt(Control.REQUEST_PAUSE);
                    continue;
                }
                assertEquals(Control.EXIT_SIGNAL, exit);
                long count = rig.wide(Control.HOST_REGS + 8 * R15);
                assertTrue(count >= before);
                before = count;
                pauses++;
                exit = rig.worker.proceed(soon(2));
            }
            assertTrue(pauses > 0);
            assertEquals(400_000_000, rig.wide(Control.REGS));
            assertEquals(41, rig.wide(Control.REGS + 8));
        }
    }

    /** Requests that come late, in the waiting loop or in the next call, change nothing. */
    @Test
    void lateSignalsAreHarmless() {
        try (WorkerRig rig = new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL))) {
            for (int i = 0; i < 2000; i++) {
                Libc.kill(rig.worker.pid(), Worker.REQUEST_SIGNAL);
                assertEquals(Control.EXIT_ECALL, rig.run());
            }
        }
    }

    @Test
    void hurryAndInterruptComeBackEarly() throws Exception {
        try (WorkerRig rig = new WorkerRig(ENDLESS)) {
            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS).execute(rig.worker::hurry);
            assertEquals(Worker.STILL_RUNNING, rig.worker.enter(Worker.NO_DEADLINE));
            Thread me = Thread.currentThread();
            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS).execute(me::interrupt);
            assertEquals(Worker.STILL_RUNNING, rig.worker.await(Worker.NO_DEADLINE));
            assertTrue(me.isInterrupted(), "the interrupt is left for the caller");
            assertEquals(Control.EXIT_SIGNAL, rig.worker.interrupt(Control.REQUEST_STOP));
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void killedWorkerIsNoticed() {
        for (int i = 0; i < 20; i++) {
            try (WorkerRig rig = new WorkerRig(ENDLESS)) {
                assertTrue(rig.worker.alive());
                int pid = rig.worker.pid();
                boolean waiting = (i & 1) == 0;
                if (waiting) {
                    CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS).execute(() -> Libc.kill(pid, SIGKILL));
                } else {
                    Libc.kill(pid, SIGKILL);
                }
                WorkerLostException e = assertThrows(WorkerLostException.class,
                        () -> rig.worker.enter(Worker.NO_DEADLINE));
                assertEquals(SIGKILL, e.signal());
                assertThrows(WorkerLostException.class, () -> rig.worker.enter(Worker.NO_DEADLINE));
                assertFalse(rig.worker.alive());
            }
        }
    }

    @Test
    void closingWhileTheGuestRunsEndsTheCall() throws Exception {
        WorkerRig rig = new WorkerRig(ENDLESS);
        CompletableFuture<Integer> call = CompletableFuture.supplyAsync(() -> rig.worker.enter(Worker.NO_DEADLINE));
        Thread.sleep(20);
        rig.close();
        Throwable cause = assertThrows(java.util.concurrent.ExecutionException.class,
                () -> call.get(1, TimeUnit.SECONDS)).getCause();
        assertTrue(cause instanceof WorkerLostException, cause.toString());
        assertThrows(IllegalStateException.class, () -> rig.worker.enter(Worker.NO_DEADLINE));
        assertThrows(IllegalStateException.class, () -> rig.worker.control().get(JAVA_INT, 0));
        rig.worker.close();
    }

    @Test
    void oneThreadAtATime() throws Exception {
        try (WorkerRig rig = new WorkerRig(ENDLESS)) {
            CompletableFuture<Integer> call = CompletableFuture.supplyAsync(() -> rig.worker.enter(soon(200)));
            Thread.sleep(50);
            assertThrows(IllegalStateException.class, () -> rig.worker.enter(Worker.NO_DEADLINE));
            assertEquals(Worker.STILL_RUNNING, call.get());
            rig.worker.interrupt(Control.REQUEST_STOP);
        }
    }

    /** A request that hits translated code between an exit's EXIT and the worker must not take the exit's place. */
    @Test
    void aSignalOnTheWayOutLeavesTheExit() {
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.storeImm(4, Mem.at(RBX, Control.EXIT), Control.EXIT_MISS);
            int again = a.newLabel();
            a.bind(again);
            a.testMemImm(4, Mem.at(RBX, Control.REGS), 1);
            a.jcc(Cond.E, again); // where the signal hits it
            WorkerRig.publish(a);
        })) {
            for (boolean stepping : new boolean[]{false, true}) {
                rig.set(Control.REGS, 0);
                assertEquals(Worker.STILL_RUNNING, rig.worker.enter(soon(5)));
                assertEquals(Control.EXIT_SIGNAL, rig.worker.interrupt(Control.REQUEST_PAUSE));
                for (int i = 0; i < 10 && stepping; i++) {
                    assertEquals(Control.EXIT_SIGNAL, rig.worker.step(soon(5000)));
                }
                rig.set(Control.REGS, 1);
                assertEquals(Control.EXIT_MISS, rig.worker.proceed(soon(5000)));
            }
        }
    }

    /** Whatever the guest does to flags, vector control and segment bases is mended or its own problem. */
    @Test
    void processorStateIsSetAtEachEntry() {
        try (WorkerRig rig = new WorkerRig(a -> {
            int tamper = a.newLabel();
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.stmxcsr(Mem.at(RBX, Control.SCRATCH));
            a.testMemImm(4, Mem.at(RBX, Control.REGS), 1);
            a.jcc(Cond.NE, tamper);
            WorkerRig.exit(a, Control.EXIT_ECALL);
            a.bind(tamper);
            a.storeImm(4, Mem.at(RBX, Control.SCRATCH + 8), 0x7f80);
            a.ldmxcsr(Mem.at(RBX, Control.SCRATCH + 8));
            a.data(new byte[]{(byte) 0xfd}); // std
            WorkerRig.exit(a, Control.EXIT_BREAKPOINT);
        })) {
            rig.set(Control.REGS, 1);
            assertEquals(Control.EXIT_BREAKPOINT, rig.run());
            rig.set(Control.REGS, 0);
            assertEquals(Control.EXIT_ECALL, rig.run());
            assertEquals(0x1f80, rig.field(Control.SCRATCH));
            rig.worker.control().set(JAVA_INT, Control.FP_CONTROL, 0x1b80);
            assertEquals(Control.EXIT_ECALL, rig.run());
            assertEquals(0x1b80, rig.field(Control.SCRATCH));
        }
    }

    /**
     * A worker that says that it is done and goes on computing is ended; one that waits for a command, and one that works on
     * one, are not.
     */
    @Test
    void computingBetweenCallsIsFatal() throws Exception {
        try (WorkerRig idle = new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL));
                WorkerRig busy = new WorkerRig(ENDLESS);
                WorkerRig rogue = new WorkerRig(a -> {
                    a.movImm(8, RBX, Layout.CONTROL_BASE);
                    a.storeImm(4, Mem.at(RBX, Control.EXIT), Control.EXIT_ECALL);
                    a.load(4, RAX, Mem.at(RBX, Control.COMMAND_SEQ));
                    a.store(4, Mem.at(RBX, Control.DONE_SEQ), RAX);
                    ENDLESS.accept(a);
                })) {
            assertEquals(Control.EXIT_ECALL, idle.run());
            assertEquals(Worker.STILL_RUNNING, busy.worker.enter(soon(1)));
            assertEquals(Control.EXIT_ECALL, rogue.run());
            for (int i = 0; i < 400 && rogue.worker.alive(); i++) {
                Thread.sleep(50);
            }
            WorkerLostException e = assertThrows(WorkerLostException.class, rogue::run);
            assertTrue(e.getMessage().startsWith("the worker computes although nothing is asked of it"),
                    e.getMessage());
            Thread.sleep(2500);
            assertEquals(Control.EXIT_ECALL, idle.run());
            assertEquals(Worker.STILL_RUNNING, busy.worker.await(soon(1)));
            assertEquals(Control.EXIT_SIGNAL, busy.worker.interrupt(Control.REQUEST_STOP));
        }
    }

    /** Four thousand million commands are some fifteen minutes' work; their number wraps, and nothing happens. */
    @Test
    void commandNumbersWrap() throws Exception {
        var seq = Worker.class.getDeclaredField("seq");
        seq.setAccessible(true);
        for (int start : new int[]{-3, Integer.MAX_VALUE - 2}) {
            try (WorkerRig rig = new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL))) {
                assertEquals(Control.EXIT_ECALL, rig.run());
                // One command more for the worker, so that both sides have the new number.
                rig.worker.control().set(JAVA_INT, Control.COMMAND_SEQ, start - 1);
                while (rig.field(Control.DONE_SEQ) != start - 1) {
                    Libc.kill(rig.worker.pid(), Worker.REQUEST_SIGNAL); // in case it sleeps
                    Thread.sleep(1);
                }
                seq.setInt(rig.worker, start - 1);
                for (int i = 0; i < 6; i++) {
                    assertEquals(Control.EXIT_ECALL, rig.run());
                    assertEquals(start + i, rig.field(Control.DONE_SEQ));
                }
            }
        }
    }

    /** A worker that answers with nonsense is killed, not believed. */
    @Test
    void protocolViolationsLoseTheWorker() {
        for (int exit : new int[]{0, 1, 11, -1, Integer.MIN_VALUE}) {
            try (WorkerRig rig = new WorkerRig(a -> WorkerRig.exit(a, exit))) {
                WorkerLostException e = assertThrows(WorkerLostException.class, rig::run);
                assertTrue(e.getMessage().contains("protocol"), e.getMessage());
            }
        }
        // Counts its command word wrongly and goes on running.
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.storeImm(4, Mem.at(RBX, Control.DONE_SEQ), 12345);
            ENDLESS.accept(a);
        })) {
            assertTrue(assertThrows(WorkerLostException.class, rig::run).getMessage().contains("protocol"));
        }
        // Claims to be asleep when it is not, and never answers a signal: its code is nowhere near the code space.
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, RAX, Layout.WORKER_PUBLISH);
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.storeImm(4, Mem.at(RBX, Control.WORKER_SLEEPS), 1);
            ENDLESS.accept(a);
        })) {
            rig.set(Control.ENTER_ADDRESS, Layout.CODE_BASE);
            assertEquals(Worker.STILL_RUNNING, rig.worker.enter(soon(5)));
            assertEquals(Control.EXIT_SIGNAL, rig.worker.interrupt(Control.REQUEST_STOP));
            assertNotEquals(0, rig.field(Control.WORKER_SLEEPS), "the guest's lie stands");
            assertEquals(Worker.STILL_RUNNING, rig.worker.enter(soon(5)));
            rig.worker.interrupt(Control.REQUEST_STOP);
        }
    }
}

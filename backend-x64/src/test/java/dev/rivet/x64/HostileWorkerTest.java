package dev.rivet.x64;

import static dev.rivet.x64.Reg.R12;
import static dev.rivet.x64.Reg.R13;
import static dev.rivet.x64.Reg.R14;
import static dev.rivet.x64.Reg.R15;
import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBX;
import static dev.rivet.x64.Reg.RCX;
import static dev.rivet.x64.Reg.RSP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerLostException;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Shift;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A worker that an attacker has taken over and that lies to the JVM. Whatever it does, calls end, and end typed. */
@Timeout(120)
class HostileWorkerTest {
    /** {@code -Drivet.hostile=N} scribbles in more workers. */
    private static final int WORKERS = Integer.getInteger("rivet.hostile", 100);

    private static long soon(long millis) {
        return System.nanoTime() + millis * 1_000_000;
    }

    /** One step of xorshift64 on r15. */
    private static void random(X64Assembler a) {
        int[] shifts = {13, -7, 17};
        for (int s : shifts) {
            a.mov(8, RAX, R15);
            a.shiftImm(s > 0 ? Shift.SHL : Shift.SHR, 8, RAX, Math.abs(s));
            a.alu(Alu.XOR, 8, R15, RAX);
        }
    }

    /**
     * Writes random words to random places of the control page for ever, small numbers in half of the cases; now and then
     * publishes. Register slot 0 is the seed, slot 1 a mask for the place.
     */
    private static void scribble(X64Assembler a) {
        int loop = a.newLabel();
        int large = a.newLabel();
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.load(8, R15, Mem.at(RBX, Control.REGS));
        a.load(8, R13, Mem.at(RBX, Control.REGS + 8));
        a.bind(loop);
        random(a);
        a.mov(8, R14, R15);
        random(a);
        a.mov(8, R12, R15);
        a.alu(Alu.AND, 8, R12, R13);
        a.testImm(4, R15, 0x1_0000);
        a.jcc(Cond.NE, large);
        a.aluImm(Alu.AND, 4, R14, 15);
        a.bind(large);
        a.store(4, Mem.at(RBX, R12, 0, 0), R14);
        a.testImm(4, R15, 0x0f00_0000);
        a.jcc(Cond.NE, loop);
        a.movImm(8, RAX, Layout.WORKER_PUBLISH);
        a.jmpReg(RAX);
    }

    @Test
    void randomBytesInTheControlPage() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int typed = 0;
        int lost = 0;
        try (WorkerFactory factory = new WorkerFactory(new X64Worker(), WorkerFactory.Mode.STRICT, 2)) {
            for (int w = 0; w < WORKERS; w++) {
                try (WorkerRig rig = new WorkerRig(HostileWorkerTest::scribble, factory)) {
                    // From the first fields to the whole page; in half of the cases not DONE_SEQ, whose abuse ends all at once.
                    long mask = (random.nextBoolean() ? 0x3fcL : 0xfffcL) & (random.nextBoolean() ? ~0x40L : -1);
                    for (int i = 0; i < 50; i++) {
                        rig.set(Control.ENTER_ADDRESS, Layout.CODE_BASE);
                        rig.set(Control.REGS, random.nextLong() | 1);
                        rig.set(Control.REGS + 8, mask);
                        int exit = rig.worker.enter(soon(1));
                        if (exit == Worker.STILL_RUNNING) {
                            exit = rig.worker.interrupt(Control.REQUEST_STOP);
                        }
                        assertTrue(exit >= Control.EXIT_ECALL && exit <= Control.EXIT_SIGNAL, "exit " + exit);
                        typed++;
                    }
                } catch (WorkerLostException e) {
                    lost++;
                }
            }
        }
        // How many end how depends on what is scribbled when; every worker has come to at least one end.
        assertTrue(typed + lost >= WORKERS, typed + " exits and " + lost + " lost workers, seed " + seed);
    }

    @Test
    void refusingToStopIsFatal() {
        try (WorkerRig rig = new WorkerRig(a -> {
            int loop = a.newLabel();
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.bind(loop);
            for (int i = 0; i < 64; i++) { // so that the request is gone before the signal arrives
                a.storeImm(4, Mem.at(RBX, Control.REQUEST), Control.REQUEST_TICK);
            }
            a.jmp(loop);
        })) {
            assertEquals(Worker.STILL_RUNNING, rig.worker.enter(soon(5)));
            // It may lose the race: then it has stopped, which is as good.
            try {
                assertEquals(Control.EXIT_SIGNAL, rig.worker.interrupt(Control.REQUEST_STOP));
            } catch (WorkerLostException e) {
                assertTrue(e.getMessage().contains("did not answer"), e.getMessage());
            }
        }
    }

    /** Sleeps in the worker's own text, where requests do not count. */
    @Test
    void hidingInTheWorkersTextIsFatal() {
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            int loop = a.newLabel();
            a.bind(loop);
            a.load(4, RCX, Mem.at(RBX, Control.COMMAND_SEQ));
            a.aluImm(Alu.SUB, 4, RCX, 1);
            a.store(4, Mem.at(RBX, Control.DONE_SEQ), RCX);
            a.storeImm(4, Mem.at(RBX, Control.COMMAND), 99); // the worker takes that for an order to exit
            a.movImm(8, RAX, Layout.WORKER_PUBLISH + 0x13); // somewhere in the middle
            a.jmpReg(RAX);
        })) {
            try {
                int exit = rig.worker.enter(soon(50));
                if (exit == Worker.STILL_RUNNING) {
                    exit = rig.worker.interrupt(Control.REQUEST_STOP);
                }
                assertTrue(exit >= Control.EXIT_ECALL && exit <= Control.EXIT_SIGNAL);
            } catch (WorkerLostException e) {
                assertTrue(!rig.worker.alive());
            }
        }
    }

    /** The signal stack is gone or wrong, so the kernel cannot deliver: the process dies, the JVM hears of it. */
    @Test
    void smashingTheSignalStackIsFatal() {
        try (WorkerRig rig = new WorkerRig(a -> {
            // On the signal stack, just above its lower end: the next frame does not fit.
            a.movImm(8, RSP, Layout.SIGNAL_STACK + 512);
            a.plain(X64Assembler.Plain.UD2);
        })) {
            assertEquals(11, assertThrows(WorkerLostException.class, rig::run).signal());
        }
    }

    /** A frame of the attacker's own for rt_sigreturn gives him registers he could set anyway. */
    @Test
    void forgedSignalFramesGainNothing() {
        Random random = new Random(5);
        byte[] frame = new byte[1024];
        try (WorkerFactory factory = new WorkerFactory(new X64Worker(), WorkerFactory.Mode.STRICT, 2)) {
            for (int i = 0; i < 30; i++) {
                random.nextBytes(frame);
                try (WorkerRig rig = new WorkerRig(a -> {
                    a.movImm(8, RSP, WorkerRig.DATA);
                    a.movImm(4, RAX, 15);
                    a.plain(X64Assembler.Plain.SYSCALL);
                }, factory)) {
                    java.lang.foreign.MemorySegment.copy(frame, 0, rig.memory.view(),
                            java.lang.foreign.ValueLayout.JAVA_BYTE, WorkerRig.DATA, frame.length);
                    try {
                        int exit = rig.worker.enter(soon(20));
                        if (exit == Worker.STILL_RUNNING) {
                            rig.worker.interrupt(Control.REQUEST_STOP);
                        }
                    } catch (WorkerLostException e) {
                        assertTrue(e.signal() != 0 || e.exitStatus() >= 0, e.getMessage());
                    }
                }
            }
        }
    }
}

package dev.rivet.x64;

import static dev.rivet.x64.Reg.R10;
import static dev.rivet.x64.Reg.R8;
import static dev.rivet.x64.Reg.R9;
import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBX;
import static dev.rivet.x64.Reg.RDI;
import static dev.rivet.x64.Reg.RDX;
import static dev.rivet.x64.Reg.RSI;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerLostException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Native code in the worker that makes system calls of its own. */
class ForbiddenCallsTest {
    private static final int SIGSYS = 31;
    private static final int FUTEX = 202;
    private static final int RT_SIGRETURN = 15;
    private static final int EXIT_GROUP = 231;
    /** Recent kernels do not show these to filters; from anywhere but the kernel's own trampoline they are refused. */
    private static final int URETPROBE = 335;
    private static final int UPROBE = 336;

    private static WorkerFactory factory;

    /** Reads number and arguments from the register slots of the control page, makes the call, reports the result. */
    private static WorkerRig caller(byte[] instruction) {
        return new WorkerRig(a -> {
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            int[] order = {RAX, RDI, RSI, RDX, R10, R8, R9};
            for (int i = 0; i < order.length; i++) {
                a.load(8, order[i], Mem.at(RBX, Control.REGS + 8 * i));
            }
            a.data(instruction);
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.store(8, Mem.at(RBX, Control.REGS), RAX);
            WorkerRig.exit(a, Control.EXIT_ECALL);
        }, factory);
    }

    private static final byte[] SYSCALL = {0x0f, 0x05};
    private static final byte[] INT_80 = {(byte) 0xcd, (byte) 0x80};
    private static final byte[] SYSENTER = {0x0f, 0x34};

    @BeforeAll
    static void start() {
        factory = new WorkerFactory(new X64Worker(), WorkerFactory.Mode.STRICT, 4);
    }

    @AfterAll
    static void end() {
        factory.close();
    }

    private static void assertKilled(WorkerRig rig, String what, long... call) {
        try (rig) {
            for (int i = 0; i < 7; i++) {
                rig.set(Control.REGS + 8 * i, i < call.length ? call[i] : 0);
            }
            assertEquals(SIGSYS, assertThrows(WorkerLostException.class, rig::run, what).signal(), what);
        }
    }

    @Test
    void everyNumberKills() {
        for (int n = 0; n <= 550; n++) {
            if (n != RT_SIGRETURN && n != EXIT_GROUP && n != URETPROBE && n != UPROBE) {
                assertKilled(caller(SYSCALL), "system call " + n, n);
            }
        }
        for (int n : new int[]{-1, 1000, Integer.MAX_VALUE}) {
            assertKilled(caller(SYSCALL), "system call " + n, n);
        }
    }

    @Test
    void everyX32NumberKills() {
        for (int n = 0; n <= 550; n++) {
            assertKilled(caller(SYSCALL), "x32 call " + n, n | 0x4000_0000);
        }
    }

    @Test
    void thirtyTwoBitCallsKill() {
        for (int n = 0; n <= 470; n++) {
            assertKilled(caller(INT_80), "int 0x80 with " + n, n);
        }
    }

    @Test
    void futexOnlyOnItsTwoWords() {
        long command = Layout.CONTROL_BASE + Control.COMMAND_SEQ;
        long done = Layout.CONTROL_BASE + Control.DONE_SEQ;
        long[] words = {0, command - 4, command + 4, done - 4, done + 4, Layout.CONTROL_BASE + Control.REGS,
                WorkerRig.DATA, command & 0xffff_ffffL, done & 0xffff_ffffL, command | 1L << 40};
        for (long word : words) {
            assertKilled(caller(SYSCALL), "wake of 0x" + Long.toHexString(word), FUTEX, word, 1, 1);
            assertKilled(caller(SYSCALL), "wait on 0x" + Long.toHexString(word), FUTEX, word, 0, 0);
        }
        for (int op = 0; op < 16; op++) {
            for (int flags : new int[]{0, 128, 256, 384}) {
                if ((op | flags) != 0) {
                    assertKilled(caller(SYSCALL), "command word, operation " + (op | flags), FUTEX, command, op | flags,
                            1);
                }
                if ((op | flags) != 1) {
                    assertKilled(caller(SYSCALL), "done word, operation " + (op | flags), FUTEX, done, op | flags, 1);
                }
            }
        }
        try (WorkerRig rig = caller(SYSCALL)) { // what the worker itself does is allowed
            rig.set(Control.REGS, FUTEX);
            rig.set(Control.REGS + 8, done);
            rig.set(Control.REGS + 16, 1);
            rig.set(Control.REGS + 24, 1);
            assertEquals(Control.EXIT_ECALL, rig.run());
            long woken = rig.wide(Control.REGS); // this thread, if it has gone to sleep already
            assertTrue(woken == 0 || woken == 1, "woken: " + woken);
        }
    }

    @Test
    void leavingIsNoticed() {
        try (WorkerRig rig = caller(SYSCALL)) {
            rig.set(Control.REGS, EXIT_GROUP);
            rig.set(Control.REGS + 8, 42);
            WorkerLostException e = assertThrows(WorkerLostException.class, rig::run);
            assertEquals(42, e.exitStatus());
        }
    }

    @Test
    void sysenterGetsNothing() {
        try (WorkerRig rig = caller(SYSENTER)) {
            try {
                assertEquals(Control.EXIT_SIGNAL, rig.run());
            } catch (WorkerLostException e) {
                assertEquals(SIGSYS, e.signal());
            }
        }
    }

    @Test
    void probeCallsDoNothing() {
        for (int n : new int[]{URETPROBE, UPROBE}) {
            try (WorkerRig rig = caller(SYSCALL)) {
                rig.set(Control.REGS, n);
                try {
                    int exit = rig.run();
                    if (exit == Control.EXIT_SIGNAL) {
                        assertEquals(4, rig.field(Control.SIGNAL)); // uretprobe: SIGILL
                    } else {
                        assertEquals(-6, rig.wide(Control.REGS)); // uprobe: ENXIO
                    }
                } catch (WorkerLostException e) { // kernels whose filter sees them
                    assertEquals(SIGSYS, e.signal());
                }
            }
        }
    }
}

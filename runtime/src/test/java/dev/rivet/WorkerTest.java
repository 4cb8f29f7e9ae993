package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.T1;
import static dev.rivet.Guest.ZERO;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.internal.HostileWorker;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Control;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the native engine does when its worker dies or lies, and beyond the budget for side entries. */
class WorkerTest {
    private static Guest guest() {
        Guest g = Guest.rv64();
        g.label("loop").i(Op.ADDI, A0, A0, 1).jal(ZERO, "loop");
        g.label("host").ecall(1).ret();
        g.label("id").ret();
        g.label("bad").i(Op.LD, A0, ZERO, 0).ret();
        return g;
    }

    private static void onNative(Engines.Body body) {
        Engines.each(machine -> {
            if (machine.engine().isNative()) {
                body.run(machine);
            }
        });
    }

    private static void kill(Instance i) {
        assertTrue(ProcessHandle.of(i.runner().workerPid()).orElseThrow().destroyForcibly());
    }

    @Test
    void aWorkerThatIsKilledIsLostAndTheEngineGoesOn() {
        byte[] elf = guest().elf();
        onNative(machine -> {
            try (Program p = machine.load(elf)) {
                for (int n = 0; n < 5; n++) {
                    try (Instance i = p.instantiate(machine.options())) {
                        CompletableFuture.runAsync(() -> kill(i),
                                CompletableFuture.delayedExecutor(5 * n, TimeUnit.MILLISECONDS));
                        Outcome o = i.call(CallOptions.ofDeadline(Duration.ofMinutes(1)), "loop");
                        var lost = assertInstanceOf(Outcome.WorkerLost.class, o, o::message);
                        assertTrue(lost.message().startsWith("worker lost: "), lost.message());
                        assertTrue(assertThrows(IllegalStateException.class, () -> i.call(CallOptions.ofGas(9), "id"))
                                .getMessage().startsWith("the instance lost its worker"));
                    }
                }
                try (Instance i = p.instantiate(machine.options())) {
                    assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "id"));
                }
            }
        });
    }

    @Test
    void aWorkerKilledBetweenCallsAndInAHostCall() {
        byte[] elf = guest().elf();
        onNative(machine -> {
            HostFunctions host = HostFunctions.none().with(1, call -> {
                kill(call.instance());
                Thread.sleep(20);
            });
            try (Program p = machine.load(elf);
                    Instance i = p.instantiate(machine.options().withHost(host));
                    Instance j = p.instantiate(machine.options())) {
                Outcome o = i.call(CallOptions.ofGas(9), "host");
                assertInstanceOf(Outcome.WorkerLost.class, o, o::message);
                kill(j);
                Outcome q = j.call(CallOptions.ofGas(9), "id");
                assertInstanceOf(Outcome.WorkerLost.class, q, q::message);
            }
        });
    }

    @Test
    void aWorkerThatWritesRandomBytesEndsInATypedOutcome() {
        byte[] elf = guest().elf();
        Random random = new Random(7);
        onNative(machine -> {
            int lost = 0;
            try (Program p = machine.load(elf)) {
                for (int n = 0; n < 30; n++) {
                    HostFunctions host = HostFunctions.none().with(1, call -> call.setResult(0));
                    try (Instance i = p.instantiate(machine.options().withHost(host))) {
                        MemorySegment page = HostileWorker.controlPage(i.runner());
                        boolean[] stop = {false};
                        CompletableFuture<Void> liar = CompletableFuture.runAsync(() -> lie(page, random, stop));
                        for (int k = 0; k < 50; k++) {
                            try {
                                String name = new String[]{"host", "id", "bad"}[k % 3];
                                Outcome o = i.call(CallOptions.ofGas(100).withDeadline(Duration.ofMillis(200)), name);
                                assertTrue(o.gasUsed() >= 0 && o.gasUsed() <= 100, o.toString());
                                if (o instanceof Outcome.WorkerLost) {
                                    lost++;
                                    break;
                                }
                            } finally {
                                stop[0] |= k == 49;
                            }
                        }
                        stop[0] = true;
                        liar.join();
                    }
                }
                try (Instance i = p.instantiate(machine.options())) {
                    assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "id"));
                }
            }
            assertTrue(lost > 0, "no lie was noticed");
        });
    }

    private static void lie(MemorySegment page, Random random, boolean[] stop) {
        try {
            for (int n = 0; n < 20_000 && !stop[0]; n++) {
                // what the worker reports, not the commands: those would only confuse the real worker
                int at = Control.EXIT + random.nextInt(Control.HOST_VECTORS + 256 - Control.EXIT);
                page.set(JAVA_BYTE, at, (byte) random.nextInt());
                Thread.onSpinWait();
            }
        } catch (IllegalStateException closed) {
            // the worker is gone
        }
    }

    /** What the worker says is checked field by field: each lie ends the worker, with its reason. */
    @Test
    void eachLieIsNamed() {
        byte[] elf = guest().elf();
        Object[][] lies = {{Control.GAS, 8, 1L << 40, "gas"}, {Control.GAS, 8, -1L, "gas"},
                {Control.RETURN_SP, 8, 8L, "return stack pointer"}, {Control.PC, 8, 4L, "ECALL at 0x4"},
                {Control.PC, 8, (long) Guest.TEXT, "ECALL at 0x10000"}, {Control.EXIT, 4, 99L, ""},
                {Control.EXIT, 4, (long) Control.EXIT_MISALIGNED, "misaligned"},
                {Control.EXIT, 4, (long) Control.EXIT_BAD_JUMP, "bad jump"},
                {Control.EXIT, 4, (long) Control.EXIT_ILLEGAL, "ILLEGAL"},
                {Control.EXIT, 4, (long) Control.EXIT_BREAKPOINT, "BREAKPOINT"}};
        onNative(machine -> {
            try (Program p = machine.load(elf)) {
                for (Object[] lie : lies) {
                    Outcome o = null;
                    for (int tries = 0; tries < 500 && (o == null || !named(o, (String) lie[3])); tries++) {
                        o = lieOnce(machine, p, lie);
                    }
                    assertTrue(named(o, (String) lie[3]), lie[3] + ": " + o.message());
                }
            }
        });
    }

    private static boolean named(Outcome o, String reason) {
        return o instanceof Outcome.WorkerLost && o.message().contains(reason);
    }

    /** A liar writes one field all the time; sooner or later it hits between the worker's report and our reading. */
    private static Outcome lieOnce(Engines.Machine machine, Program p, Object[] lie) {
        HostFunctions host = HostFunctions.none().with(1, call -> call.setResult(0));
        try (Instance i = p.instantiate(machine.options().withHost(host))) {
            MemorySegment page = HostileWorker.controlPage(i.runner());
            boolean[] stop = {false};
            Thread liar = Thread.ofPlatform().start(() -> {
                try {
                    while (!stop[0]) {
                        if ((int) lie[1] == 8) {
                            page.set(JAVA_LONG, (int) lie[0], (long) lie[2]);
                        } else {
                            page.set(JAVA_INT, (int) lie[0], (int) (long) lie[2]);
                        }
                        VarHandle.fullFence();
                    }
                } catch (IllegalStateException closed) {
                    // the worker is gone
                }
            });
            Outcome o = null;
            for (int k = 0; k < 200 && !(o instanceof Outcome.WorkerLost); k++) {
                o = i.call(CallOptions.ofGas(100).withDeadline(Duration.ofSeconds(1)), "host");
            }
            stop[0] = true;
            try {
                liar.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return o;
        }
    }

    /**
     * More side entries than the budget holds: the rest is interpreted, with the same results and gas. The guest jumps to
     * every instruction of a long block.
     */
    @Test
    void sideEntriesBeyondTheBudget() {
        int n = 800;
        Guest g = Guest.rv64();
        g.label("block");
        for (int k = 0; k < n; k++) {
            g.i(Op.ADDI, A0, A0, 1);
        }
        g.ret();
        // visit(a0 = sum, a1 = address): jumps to a1, a1 + 4, … up to the block's end, returns the sum
        g.label("visit").i(Op.ADDI, T1, 1, 0).li(18, Guest.TEXT + 4 * n);
        g.label("next").i(Op.JALR, 1, A1, 0).i(Op.ADDI, A1, A1, 4).branch(Op.BNE, A1, 18, "next").i(Op.JALR, 0, T1, 0);
        byte[] elf = g.elf();
        Engines.each(machine -> {
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options())) {
                for (int round = 0; round < 2; round++) {
                    Outcome o = i.call(CallOptions.ofGas(1L << 40), "visit", 0, Guest.TEXT);
                    long sum = (long) n * (n + 1) / 2;
                    assertEquals(sum, assertInstanceOf(Outcome.Finished.class, o, o::message).result());
                    // each visit: k addis and a ret, then the three instructions around it; three to begin with, one to end
                    assertEquals(sum + n + 3L * n + 3 + 1, o.gasUsed());
                }
            }
        });
    }
}

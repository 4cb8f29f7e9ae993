package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.A2;
import static dev.rivet.Guest.GP;
import static dev.rivet.Guest.SP;
import static dev.rivet.Guest.T1;
import static dev.rivet.Guest.TP;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Op;
import dev.rivet.sandbox.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Pools: nothing left behind, limits, order, replacement, ends. */
class InstancePoolTest {
    private static final CallOptions GAS = CallOptions.ofGas(1_000_000);
    private static final long SECRET = 0x5ec2_e75e_c2e7_5ec2L;
    private static final HostFunctions BREAK = HostFunctions.none()
            .with(1, call -> call.setResult(call.memory().brk(call.argument(0))));

    /** stain(secret) leaves a secret wherever a guest can; id returns its argument; probe tells what a new guest sees. */
    private static Guest guest() {
        Guest g = Guest.rv64();
        g.label("stain").i(Op.ADDI, T1, A0, 0);
        g.li(A1, Guest.DATA).store(Op.SD, A0, 0, A1).store(Op.SD, A0, 2040, A1); // with and without first contents
        g.store(Op.SD, A0, -2000, SP).store(Op.SD, A0, -8, SP);
        g.i(Op.ADDI, A0, ZERO, 0).ecall(1).i(Op.ADDI, A2, A0, 0); // the heap's start
        g.li(A0, 0x3000).r(Op.ADD, A0, A0, A2).ecall(1);
        g.store(Op.SD, T1, 0, A2).li(A1, 0x2ff8).r(Op.ADD, A1, A1, A2).store(Op.SD, T1, 0, A1);
        g.i(Op.ADDI, GP, T1, 0).i(Op.ADDI, TP, T1, 0);
        g.li(A1, Guest.DATA).op(Op.LR_D, A0, A1, 0, 0).ret();
        g.label("probe").li(A1, Guest.DATA).op(Op.SC_D, A0, A1, ZERO, 0); // fails without a reservation
        g.r(Op.OR, A1, GP, TP).ret();
        g.label("id").ret();
        g.label("trap").op(Op.EBREAK, 0, 0, 0, 0);
        g.label("loop").jal(ZERO, "loop");
        return g.data("first contents".getBytes(StandardCharsets.US_ASCII), 8192);
    }

    /** What each scenario gets: a machine's engine of its own, so that limits are the scenario's. */
    private interface Body {
        void run(Engines.Machine machine, Program program, InstanceOptions options) throws Exception;
    }

    private static void each(Body body) {
        byte[] elf = guest().elf();
        Engines.each(machine -> {
            try (Program program = machine.load(elf)) {
                body.run(machine, program, machine.options().withMemoryLimit(1 << 20).withStackSize(1 << 16)
                        .withHost(BREAK));
            }
        });
    }

    private static InstancePool.Builder pool(Program program, InstanceOptions options) {
        return InstancePool.builder(program).options(options);
    }

    private static void assertNew(Instance instance) {
        GuestMemory guest = instance.machine().guest;
        assertEquals(0, guest.changedPages().length);
        assertEquals(guest.plan().heapStart(), guest.heapEnd());
        assertEquals(guest.plan().heapStart(), instance.memory().brk());
        for (int r = 0; r < 32; r++) {
            assertEquals(0, instance.register(r), "x" + r);
        }
        assertEquals(0, instance.machine().hart.reservation);
        assertEquals(0, instance.machine().hart.pc);
        assertNull(instance.attachment());
        for (long[] range : new long[][]{{Guest.DATA, Guest.DATA + 8192},
                {guest.plan().stackStart(), guest.plan().stackEnd()}}) {
            for (long at = range[0]; at < range[1]; at += 8) {
                assertTrue(instance.memory().readLong(at) != SECRET, "the secret lies at 0x" + Long.toHexString(at));
            }
        }
        assertArrayEquals("first contents".getBytes(StandardCharsets.US_ASCII), instance.memory().read(Guest.DATA, 14));
        assertEquals(0, instance.memory().readByte(Guest.DATA + 14));
    }

    @Test
    void theNextTenantFindsNoTraceOfTheLast() throws Exception {
        each((machine, program, options) -> {
            try (InstancePool pool = pool(program, options).size(1).build()) {
                Machine first = null;
                for (int round = 0; round < 5; round++) {
                    try (Instance i = pool.borrow()) {
                        assertNew(i);
                        if (first == null) {
                            first = i.machine();
                        }
                        assertSame(first, i.machine(), "nothing is tested unless it is the same machine again");
                        i.attach("a tenant's");
                        Outcome.Finished probe = assertInstanceOf(Outcome.Finished.class, i.call(GAS, "probe"));
                        assertEquals(1, probe.result(), "sc without lr");
                        assertEquals(0, probe.second(), "gp | tp");
                        assertInstanceOf(Outcome.Finished.class, i.call(GAS, "stain", SECRET));
                        assertEquals(SECRET, i.memory().readLong(Guest.DATA), "the stain is not made");
                        assertTrue(i.machine().guest.changedPages().length >= 4);
                        if (round == 1) {
                            assertInstanceOf(Outcome.Trapped.class, i.call(GAS, "trap"));
                        }
                        if (round == 2) {
                            assertInstanceOf(Outcome.OutOfGas.class, i.call(CallOptions.ofGas(100), "loop"));
                        }
                        if (round == 3) {
                            assertInstanceOf(Outcome.TimedOut.class,
                                    i.call(GAS.withGas(1L << 50).withDeadline(Duration.ofMillis(20)), "loop"));
                        }
                    }
                }
                try (Instance i = pool.borrow()) {
                    assertThrows(IllegalStateException.class, () -> i.resume(GAS), "the former tenant's call");
                    assertNew(i);
                }
            }
        });
    }

    @Test
    void whatWasGivenBackCannotBeUsed() throws Exception {
        each((machine, program, options) -> {
            try (InstancePool pool = pool(program, options).size(1).build()) {
                Instance old = pool.borrow();
                Memory memory = old.memory();
                MemorySegment slice = memory.slice(Guest.DATA, 16);
                slice.set(ValueLayout.JAVA_BYTE, 0, (byte) 'F');
                assertEquals('F', memory.readByte(Guest.DATA));
                assertTrue(memory.slice(Guest.TEXT, 4).isReadOnly());
                old.close();
                old.close();
                try (Instance now = pool.borrow()) {
                    assertThrows(IllegalStateException.class, () -> slice.get(ValueLayout.JAVA_BYTE, 0));
                    assertThrows(IllegalStateException.class, () -> memory.readByte(Guest.DATA));
                    assertThrows(IllegalStateException.class, () -> memory.writeByte(Guest.DATA, (byte) 1));
                    assertThrows(IllegalStateException.class, () -> memory.slice(Guest.DATA, 1));
                    assertThrows(IllegalStateException.class, () -> memory.isReadable(Guest.DATA, 1));
                    assertThrows(IllegalStateException.class, () -> memory.isWritable(Guest.DATA, 1));
                    assertThrows(IllegalStateException.class, memory::brk);
                    assertThrows(IllegalStateException.class, () -> memory.brk(0));
                    assertThrows(IllegalStateException.class, () -> old.call(GAS, "id"));
                    assertThrows(IllegalStateException.class, () -> old.register(1));
                    assertThrows(IllegalStateException.class, old::reset);
                    old.pause();
                    assertEquals(3, assertInstanceOf(Outcome.Finished.class, now.call(GAS, "id", 3)).result());
                    assertEquals('f', now.memory().readByte(Guest.DATA));
                }
            }
        });
    }

    @Test
    void aFullPoolMakesWaitAndThenTurnsAway() throws Exception {
        each((machine, program, options) -> {
            try (InstancePool pool = pool(program, options).size(2).maxWait(Duration.ofMillis(30)).build()) {
                Instance one = pool.borrow();
                Instance two = pool.borrow();
                assertNull(pool.tryBorrow());
                CapacityException e = assertThrows(CapacityException.class, pool::borrow);
                assertTrue(e.getMessage().contains("no instance became free within PT0.03S"), e.getMessage());
                one.close();
                try (Instance again = pool.tryBorrow()) {
                    assertNotNull(again);
                    assertSame(one.machine(), again.machine());
                }
                two.close();
            }
        });
    }

    @Test
    void waitersAreServedInTheOrderTheyCame() throws Exception {
        each((machine, program, options) -> {
            try (InstancePool pool = pool(program, options).size(1).maxWait(Duration.ofMinutes(1)).maxWaiting(5)
                    .build()) {
                Instance held = pool.borrow();
                List<Integer> order = new ArrayList<>();
                List<Thread> threads = new ArrayList<>();
                for (int n = 0; n < 5; n++) {
                    int mine = n;
                    Thread t = Thread.ofVirtual().start(() -> {
                        try (Instance i = pool.borrow()) {
                            synchronized (order) {
                                order.add(i.register(0) == 0 ? mine : -1);
                            }
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                    });
                    threads.add(t);
                    while (pool.waiting() != n + 1) {
                        Thread.onSpinWait();
                    }
                }
                CapacityException e = assertThrows(CapacityException.class, pool::borrow);
                assertTrue(e.getMessage().contains("5 callers already wait"), e.getMessage());
                held.close();
                for (Thread t : threads) {
                    t.join();
                }
                assertEquals(List.of(0, 1, 2, 3, 4), order);
            }
        });
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        each((machine, program, options) -> {
            try (InstancePool pool = pool(program, options).size(1).maxWait(Duration.ofMinutes(1)).build()) {
                Instance held = pool.borrow();
                AtomicReference<Throwable> thrown = new AtomicReference<>();
                Thread t = Thread.ofPlatform().start(() -> {
                    try {
                        pool.borrow().close();
                    } catch (Throwable e) {
                        thrown.set(e);
                    }
                });
                while (pool.waiting() != 1) {
                    Thread.onSpinWait();
                }
                t.interrupt();
                t.join();
                assertInstanceOf(InterruptedException.class, thrown.get());
                assertEquals(0, pool.waiting());
                held.close();
                pool.borrow().close();
            }
        });
    }

    private static void kill(Machine machine) {
        int pid = machine.runner.workerPid();
        assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
    }

    @Test
    void workersThatDieAreReplaced() throws Exception {
        byte[] elf = guest().elf();
        try (Engine engine = Engine.builder().sandbox(Engine.Sandbox.RELAXED).build();
                Program program = engine.load(elf, "test");
                InstancePool pool = InstancePool.builder(program).size(1).build()) {
            if (!engine.isNative()) {
                return; // no workers to lose
            }
            Machine first;
            try (Instance i = pool.borrow()) {
                first = i.machine();
            }
            kill(first);
            while (first.usable()) {
                Thread.onSpinWait();
            }
            try (Instance i = pool.borrow()) {
                assertTrue(i.machine() != first);
                assertEquals(5, assertInstanceOf(Outcome.Finished.class, i.call(GAS, "id", 5)).result());
                // and one that dies in its tenant's hands
                kill(i.machine());
                Outcome o = i.call(CallOptions.ofGas(1L << 60), "loop");
                assertInstanceOf(Outcome.WorkerLost.class, o, o::message);
            }
            assertEquals(6, assertInstanceOf(Outcome.Finished.class, pool.call(GAS, "id", 6)).result());
            assertEquals(1, engine.counters().workers());
            assertEquals(1, engine.counters().workersLost());
        }
    }

    @Test
    void aWorkerServesSoManyTenantsOnly() throws Exception {
        each((machine, program, options) -> {
            try (InstancePool pool = pool(program, options).size(1).maxUses(2).build()) {
                List<Machine> machines = new ArrayList<>();
                for (int n = 0; n < 5; n++) {
                    try (Instance i = pool.borrow()) {
                        machines.add(i.machine());
                    }
                }
                assertSame(machines.get(0), machines.get(1));
                assertTrue(machines.get(1) != machines.get(2));
                assertSame(machines.get(2), machines.get(3));
                assertTrue(machines.get(3) != machines.get(4));
            }
        });
    }

    /** An engine like the machine's, with limits of its own. */
    private static Engine.Builder like(Engines.Machine machine) {
        return Engine.builder().kind(machine.engine().isNative() ? Engine.Kind.NATIVE : Engine.Kind.INTERPRETER)
                .sandbox(Engine.Sandbox.RELAXED).spareWorkers(0);
    }

    @Test
    void theEnginesMemoryIsALimitAndIdleMachinesMakeWay() throws Exception {
        byte[] elf = guest().elf();
        Engines.each(machine -> {
            InstanceOptions options = machine.options().withMemoryLimit(1 << 20).withStackSize(1 << 16);
            try (Engine engine = like(machine).maxMemory(3 << 20).build();
                    Program program = engine.load(elf, "one");
                    Program other = engine.load(elf, "other");
                    InstancePool first = pool(program, options).size(3).build();
                    InstancePool second = pool(other, options).size(3).maxWait(Duration.ofMillis(20)).build()) {
                Instance[] held = {first.borrow(), first.borrow(), first.borrow()};
                assertEquals(3 << 20, engine.counters().memoryReserved());
                String message = assertThrows(CapacityException.class, second::borrow).getMessage();
                assertTrue(message.contains("or the engine is full"), message);
                message = assertThrows(CapacityException.class, () -> other.instantiate(options)).getMessage();
                assertTrue(message.contains("beyond the engine's 3145728"), message);
                held[0].close();
                held[1].close();
                try (Instance made = second.borrow(); Instance direct = other.instantiate(options)) {
                    assertEquals(1, assertInstanceOf(Outcome.Finished.class, made.call(GAS, "id", 1)).result());
                    assertEquals(2, assertInstanceOf(Outcome.Finished.class, direct.call(GAS, "id", 2)).result());
                    assertNull(first.tryBorrow(), "its idle machines have made way");
                }
                held[2].close();
                assertThrows(CapacityException.class, () -> other.instantiate(options.withMemoryLimit(4 << 20)));
                first.trim();
                second.trim();
                assertEquals(0, engine.counters().memoryReserved());
                assertEquals(0, engine.counters().workers());
            }
        });
    }

    @Test
    void whoWaitsForTheEngineIsServedWhenAnotherPoolGivesBack() throws Exception {
        byte[] elf = guest().elf();
        Engines.each(machine -> {
            if (!machine.engine().isNative()) {
                return; // the interpreter has no workers
            }
            try (Engine engine = like(machine).maxWorkers(1).build();
                    Program program = engine.load(elf, "one");
                    Program other = engine.load(elf, "other");
                    InstancePool first = pool(program, machine.options()).build();
                    InstancePool second = pool(other, machine.options()).maxWait(Duration.ofMinutes(1)).build()) {
                Instance held = first.borrow();
                AtomicReference<Outcome> got = new AtomicReference<>();
                Thread t = Thread.ofVirtual().start(() -> {
                    try {
                        got.set(second.call(GAS, "id", 4));
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
                while (second.waiting() != 1) {
                    Thread.onSpinWait();
                }
                assertThrows(CapacityException.class, () -> other.instantiate(machine.options()));
                held.close();
                t.join();
                assertEquals(4, assertInstanceOf(Outcome.Finished.class, got.get()).result());
            }
        });
    }

    @Test
    void closing() throws Exception {
        each((machine, program, options) -> {
            InstancePool pool = pool(program, options).size(2).maxWait(Duration.ofMinutes(1)).build();
            Instance one = pool.borrow();
            Instance two = pool.borrow();
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread waiter = Thread.ofPlatform().start(() -> {
                try {
                    pool.borrow();
                } catch (Throwable e) {
                    thrown.set(e);
                }
            });
            while (pool.waiting() != 1) {
                Thread.onSpinWait();
            }
            pool.close();
            pool.close();
            waiter.join();
            assertInstanceOf(IllegalStateException.class, thrown.get());
            assertThrows(IllegalStateException.class, pool::borrow);
            assertEquals(1, assertInstanceOf(Outcome.Finished.class, one.call(GAS, "id", 1)).result());
            one.close();
            program.close();
            assertThrows(IllegalStateException.class, () -> two.call(GAS, "id", 1), "closed with its program");
            assertThrows(IllegalStateException.class, () -> InstancePool.builder(program).build());
        });
    }

    @Test
    void manyThreadsFewInstances() throws Exception {
        each((machine, program, options) -> {
            try (InstancePool pool = pool(program, options).size(3).maxWait(Duration.ofMinutes(1)).build()) {
                AtomicInteger wrong = new AtomicInteger();
                AtomicInteger most = new AtomicInteger();
                Semaphore inside = new Semaphore(1000);
                CountDownLatch done = new CountDownLatch(12);
                for (int n = 0; n < 12; n++) {
                    int mine = n;
                    (n % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform()).start(() -> {
                        try {
                            for (int k = 0; k < 60; k++) {
                                try (Instance i = pool.borrow()) {
                                    inside.acquire();
                                    most.accumulateAndGet(1000 - inside.availablePermits(), Math::max);
                                    long value = mine * 1000L + k;
                                    boolean right = switch (k % 4) {
                                        case 0 -> i.call(GAS, "trap") instanceof Outcome.Trapped;
                                        case 1 -> i.call(CallOptions.ofGas(50), "loop") instanceof Outcome.OutOfGas;
                                        case 2 -> i.call(GAS, "stain", SECRET) instanceof Outcome.Finished;
                                        default -> i.call(GAS, "id", value) instanceof Outcome.Finished f
                                                && f.result() == value && i.memory().readByte(Guest.DATA) == 'f';
                                    };
                                    if (!right) {
                                        wrong.incrementAndGet();
                                    }
                                    inside.release();
                                }
                            }
                        } catch (Throwable e) {
                            e.printStackTrace();
                            wrong.incrementAndGet();
                        } finally {
                            done.countDown();
                        }
                    });
                }
                done.await();
                assertEquals(0, wrong.get());
                assertTrue(most.get() <= 3, most + " at a time");
            }
        });
    }
}

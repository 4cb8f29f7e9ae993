package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Op;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the library promises around a guest: limits, misuse, stopping, closing. */
class ApiTest {
    private static Guest endless() {
        Guest g = Guest.rv64();
        g.label("f").ecall(1);
        g.label("loop").i(Op.ADDI, A0, A0, 1).jal(ZERO, "loop");
        g.label("id").ret();
        return g;
    }

    @Test
    void limitsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> CallOptions.ofGas(-1));
        assertThrows(IllegalArgumentException.class, () -> CallOptions.ofDeadline(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> CallOptions.ofGas(1).withDeadline(Duration.ofSeconds(-1)));
        assertThrows(NullPointerException.class, () -> CallOptions.ofDeadline(null));
        assertFalse(CallOptions.unlimited().hasGas());
        assertEquals(Long.MAX_VALUE, CallOptions.unlimited().gas());
        assertNull(CallOptions.ofGas(1).deadline());
        assertThrows(IllegalArgumentException.class, () -> InstanceOptions.defaults().withMemoryLimit(0));
    }

    @Test
    void misuseIsSaidInOneLine() {
        Guest g = endless();
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf()); Instance i = p.instantiate(machine.options())) {
                CallOptions gas = CallOptions.ofGas(9);
                assertEquals("test has no symbol nothing; call it by address if the file is stripped",
                        assertThrows(IllegalArgumentException.class, () -> i.call(gas, "nothing")).getMessage());
                assertThrows(IllegalArgumentException.class, () -> i.call(gas, "id", 1, 2, 3, 4, 5, 6, 7));
                assertThrows(IllegalArgumentException.class, () -> i.call(gas, 1L << 32));
                assertThrows(IllegalArgumentException.class, () -> i.call(gas, -4L));
                assertThrows(NullPointerException.class, () -> i.call(null, "id"));
                assertEquals(6, assertInstanceOf(Outcome.Finished.class, i.call(gas, "id", 6)).result());
            }
        });
    }

    @Test
    void badFilesAndMissingFiles() {
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build()) {
            String message = assertThrows(BadProgramException.class, () -> engine.load(new byte[]{1, 2, 3, 4}, "x.elf"))
                    .getMessage();
            assertTrue(message.startsWith("x.elf: not an ELF file"), message);
            assertThrows(NoSuchFileException.class, () -> engine.load(Path.of("no", "such", "file")));
        }
    }

    @Test
    void aProgramThatDoesNotFitTheMemoryLimitIsRefused() {
        Guest g = endless().data(new byte[0], 1 << 20);
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf())) {
                String message = assertThrows(BadProgramException.class,
                        () -> p.instantiate(machine.options().withStackSize(4096).withMemoryLimit(1 << 20)))
                        .getMessage();
                assertTrue(message.contains("memory limit of 1048576"), message);
                p.instantiate(machine.options().withStackSize(4096).withMemoryLimit((1 << 20) + 8192)).close();
            }
        });
    }

    @Test
    void symbolsAndLocations() {
        Guest g = endless();
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf())) {
                assertEquals(g.address("loop"), p.symbol("loop").orElseThrow());
                assertTrue(p.symbol("nothing").isEmpty());
                assertEquals("pc 0x00010008 (loop+0x0)", p.locate(0x10008).toString());
                assertEquals("pc 0x00000004", p.locate(4).toString());
                assertEquals("test", p.name());
            }
        });
    }

    private static final HostFunctions NOTHING = HostFunctions.none().with(1, call -> call.setResult(0));

    @Test
    void deadlinesStopEndlessLoopsAndTheInstanceGoesOn() {
        Guest g = endless();
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf()); Instance i = p.instantiate(machine.options().withHost(NOTHING))) {
                for (int n = 0; n < 3; n++) {
                    Outcome o = i.call(CallOptions.ofDeadline(Duration.ofMillis(50)), "f");
                    assertInstanceOf(Outcome.TimedOut.class, o, o::message);
                    assertTrue(o.message().startsWith("timeout after 50ms at pc 0x0001000"), o.message());
                    assertTrue(o.message().endsWith("(loop+0x0)") || o.message().endsWith("(loop+0x4)"), o.message());
                    assertEquals(8,
                            assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "id", 8)).result());
                }
            }
        });
    }

    @Test
    void deadlinesStopEndlessHostCallsToo() {
        Guest g = Guest.rv64();
        g.label("f").ecall(1).jal(ZERO, "f");
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf()); Instance i = p.instantiate(machine.options().withHost(NOTHING))) {
                Outcome o = i.call(CallOptions.ofDeadline(Duration.ofMillis(50)), "f");
                assertInstanceOf(Outcome.TimedOut.class, o, o::message);
            }
        });
    }

    @Test
    void interruptsStopEndlessLoops() {
        Guest g = endless();
        Engines.each(machine -> {
            Thread caller = Thread.currentThread();
            HostFunctions host = HostFunctions.none().with(1,
                    call -> CompletableFuture.runAsync(() -> caller.interrupt(),
                            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS)));
            try (Program p = machine.load(g.elf()); Instance i = p.instantiate(machine.options().withHost(host))) {
                Outcome o = i.call(CallOptions.ofDeadline(Duration.ofMinutes(5)), "f");
                assertInstanceOf(Outcome.Interrupted.class, o, o::message);
                assertTrue(Thread.interrupted(), "the status stays set");
                assertEquals(8,
                        assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "id", 8)).result());
            }
        });
    }

    @Test
    void closingStopsACallUnderWay() {
        Guest g = endless();
        Engines.each(machine -> {
            CountDownLatch running = new CountDownLatch(1);
            HostFunctions host = HostFunctions.none().with(1, call -> running.countDown());
            try (Program p = machine.load(g.elf())) {
                Instance i = p.instantiate(machine.options().withHost(host));
                AtomicReference<Throwable> thrown = new AtomicReference<>();
                Thread t = Thread.ofPlatform().start(() -> {
                    try {
                        i.call(CallOptions.unlimited(), "f");
                    } catch (Throwable e) {
                        thrown.set(e);
                    }
                });
                running.await();
                i.close();
                t.join(60_000);
                assertFalse(t.isAlive());
                assertEquals("the instance was closed during the call", thrown.get().getMessage());
                assertThrows(IllegalStateException.class, () -> i.call(CallOptions.ofGas(1), "id"));
                assertThrows(IllegalStateException.class, () -> i.memory().readByte(Guest.DATA));
                i.close();
            }
        });
    }

    @Test
    void oneThreadAtATime() {
        Guest g = Guest.rv64();
        g.label("f").ecall(1).ret();
        Engines.each(machine -> {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            HostFunctions host = HostFunctions.none().with(1, call -> {
                try {
                    call.instance().call(CallOptions.ofGas(1), "f");
                } catch (Throwable e) {
                    thrown.set(e);
                }
            });
            try (Program p = machine.load(g.elf()); Instance i = p.instantiate(machine.options().withHost(host))) {
                assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "f"));
                assertEquals("the instance is in use, by another thread or by the call this one is in",
                        thrown.get().getMessage());
            }
        });
    }

    @Test
    void aHostCallIsOverWhenItsFunctionReturns() {
        Guest g = Guest.rv64();
        g.label("f").ecall(1).ret();
        Engines.each(machine -> {
            AtomicReference<HostCall> kept = new AtomicReference<>();
            try (Program p = machine.load(g.elf());
                    Instance i = p.instantiate(machine.options().withHost(HostFunctions.none().with(1, kept::set)))) {
                i.call(CallOptions.ofGas(9), "f");
                assertThrows(IllegalStateException.class, () -> kept.get().setResult(1));
                assertThrows(IllegalStateException.class, () -> kept.get().argument(0));
            }
        });
    }

    @Test
    void memoryIsChecked() {
        Guest g = endless().data(new byte[]{1, 2, 3, 4, 5, 6, 7, 8}, 4096);
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf()); Instance i = p.instantiate(machine.options())) {
                Memory m = i.memory();
                assertEquals(0x0807_0605_0403_0201L, m.readLong(Guest.DATA));
                assertEquals(0x0403_0201, m.readInt(Guest.DATA));
                assertEquals(0x0201, m.readShort(Guest.DATA));
                m.writeByte(Guest.DATA, (byte) 9);
                m.writeShort(Guest.DATA + 1, (short) 9);
                m.writeInt(Guest.DATA + 4095 - 3, 7);
                m.writeLong(Guest.DATA + 8, -1);
                assertEquals(9, m.readByte(Guest.DATA));
                assertEquals(-1, m.slice(Guest.DATA, 16).get(java.lang.foreign.ValueLayout.JAVA_LONG, 8));
                assertEquals("guest memory at 0x00020ffd, 4 bytes, cannot be written",
                        assertThrows(MemoryAccessException.class, () -> m.writeInt(Guest.DATA + 4093, 1)).getMessage());
                assertThrows(MemoryAccessException.class, () -> m.readLong(-1));
                assertThrows(MemoryAccessException.class, () -> m.read(Guest.DATA, -1));
                assertThrows(MemoryAccessException.class, () -> m.slice(Guest.DATA, 1L << 40));
                assertThrows(MemoryAccessException.class, () -> m.writeByte(Guest.TEXT, (byte) 1));
                assertTrue(m.slice(Guest.TEXT, 4).isReadOnly());
                assertFalse(m.slice(Guest.DATA, 4).isReadOnly());
                assertThrows(MemoryAccessException.class, () -> m.readString(Guest.DATA, 1));
                assertTrue(m.isReadable(Guest.TEXT, 4) && !m.isWritable(Guest.TEXT, 4));
            }
        });
    }

    @Test
    void instancesShareNothing() {
        Guest g = Guest.rv64().data(new byte[]{1}, 4096);
        g.label("inc").i(Op.LD, A1, A0, 0).i(Op.ADDI, A1, A1, 1).store(Op.SD, A1, 0, A0).i(Op.ADDI, A0, A1, 0).ret();
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf());
                    Instance a = p.instantiate(machine.options());
                    Instance b = p.instantiate(machine.options())) {
                for (int n = 2; n < 5; n++) {
                    assertEquals(n,
                            assertInstanceOf(Outcome.Finished.class, a.call(CallOptions.ofGas(9), "inc", Guest.DATA))
                                    .result());
                }
                assertEquals(2,
                        assertInstanceOf(Outcome.Finished.class, b.call(CallOptions.ofGas(9), "inc", Guest.DATA))
                                .result());
                a.reset();
                assertEquals(2,
                        assertInstanceOf(Outcome.Finished.class, a.call(CallOptions.ofGas(9), "inc", Guest.DATA))
                                .result());
                assertEquals(p, a.program());
                assertEquals(machine.engine().label(), a.statistics().engine());
                assertEquals(machine.engine().isNative(), a.statistics().hostBytes() > 0);
                assertEquals(5, a.statistics().guestInstructions());
            }
        });
    }

    @Test
    void closingAProgramClosesItsInstances() {
        Guest g = endless();
        Engines.each(machine -> {
            Program p = machine.load(g.elf());
            Instance i = p.instantiate(machine.options());
            p.close();
            assertThrows(IllegalStateException.class, () -> i.call(CallOptions.ofGas(1), "id"));
            assertThrows(IllegalStateException.class, p::instantiate);
            p.close();
        });
    }

    @Test
    void trapsCompareByWhatTheySay() {
        long[] regs = new long[32];
        Trap a = new Trap(Trap.Kind.BREAKPOINT, new Location(4, null, 0, null), 0, false, regs, "ebreak", null);
        Trap b = new Trap(Trap.Kind.BREAKPOINT, new Location(4, null, 0, null), 0, false, regs, "ebreak", null);
        assertEquals(a, b);
        assertEquals(a.hashCode(), b.hashCode());
        regs[3] = 1;
        assertEquals(0, a.register(3));
        assertNotEquals(a,
                new Trap(Trap.Kind.BREAKPOINT, new Location(4, null, 0, null), 0, false, regs, "ebreak", null));
        assertEquals("trap BREAKPOINT at pc 0x00000004: ebreak", a.toString());
    }
}

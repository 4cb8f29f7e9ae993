package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What the host program does wrong is answered with a typed exception of one line that says what, and harms nothing. */
class MisuseTest {
    private static final CallOptions GAS = CallOptions.ofGas(1000);

    private static byte[] guest() {
        Guest g = Guest.rv64();
        g.label("id").ret();
        g.label("host").ecall(1).ret();
        g.label("loop").ecall(1).label("on").i(Op.ADDI, A0, A0, 1).jal(ZERO, "on");
        return g.data(new byte[]{1, 2, 3, 4}, 4096).elf();
    }

    /** One line, and not a word too much. */
    private static String message(Throwable e) {
        String message = e.getMessage();
        assertTrue(message != null && !message.isBlank() && message.length() < 250, e::toString);
        assertFalse(message.contains("\n"), message);
        return message;
    }

    private static void refused(Class<? extends Throwable> type, String message, Executable what) {
        assertEquals(message, message(assertThrows(type, what)));
    }

    private static void works(Instance i) {
        assertEquals(7, assertInstanceOf(Outcome.Finished.class, i.call(GAS, "id", 7)).result());
    }

    @Test
    void everythingAfterClose() {
        byte[] elf = guest();
        Engines.each(machine -> {
            Program p = machine.load(elf);
            Instance i = p.instantiate(machine.options());
            works(i);
            Snapshot snapshot = i.snapshot();
            Memory memory = i.memory();
            MemorySegment slice = memory.slice(Guest.DATA, 4);
            InstancePool pool = InstancePool.builder(p).options(machine.options()).build();
            i.close();
            i.close();
            Map<String, Executable> uses = new LinkedHashMap<>();
            uses.put("call", () -> i.call(GAS, "id"));
            uses.put("call by address", () -> i.call(GAS, p.entry()));
            uses.put("run", () -> i.run(GAS, List.of("x"), List.of()));
            uses.put("resume", () -> i.resume(GAS));
            uses.put("snapshot", i::snapshot);
            uses.put("reset", i::reset);
            uses.put("rewind", () -> i.reset(snapshot));
            uses.put("stackTrace", i::stackTrace);
            uses.put("profile", () -> i.profile(Duration.ofMillis(1), stack -> {
            }));
            uses.put("register", () -> i.register(10));
            uses.put("readByte", () -> memory.readByte(Guest.DATA));
            uses.put("readInt", () -> memory.readInt(Guest.DATA));
            uses.put("write", () -> memory.write(Guest.DATA, new byte[1]));
            uses.put("slice", () -> memory.slice(Guest.DATA, 1));
            uses.put("isReadable", () -> memory.isReadable(Guest.DATA, 1));
            uses.put("brk", memory::brk);
            uses.put("move brk", () -> memory.brk(0));
            uses.forEach((name, use) -> assertEquals("the instance is closed",
                    message(assertThrows(IllegalStateException.class, use, name)), name));
            assertThrows(IllegalStateException.class, () -> slice.get(ValueLayout.JAVA_BYTE, 0));
            assertEquals("the instance is closed",
                    message(assertThrows(CompletionException.class, () -> i.callAsync(GAS, "id").join()).getCause()));
            i.pause(); // nothing to pause

            pool.close();
            pool.close();
            refused(IllegalStateException.class, "the pool is closed", pool::borrow);
            refused(IllegalStateException.class, "the pool is closed", pool::tryBorrow);
            refused(IllegalStateException.class, "the pool is closed", () -> pool.call(GAS, "id"));
            assertEquals("the pool is closed", message(
                    assertThrows(CompletionException.class, () -> pool.callAsync(GAS, "id").join()).getCause()));

            p.close();
            p.close();
            refused(IllegalStateException.class, "the program is closed", p::instantiate);
            refused(IllegalStateException.class, "the program is closed", () -> p.compile(machine.options()));
            refused(IllegalStateException.class, "the program is closed", () -> p.restore(snapshot, machine.options()));
            refused(IllegalStateException.class, "the program is closed", () -> InstancePool.builder(p).build());
            assertTrue(p.symbol("id").isPresent());

            Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
            engine.close();
            engine.close();
            refused(IllegalStateException.class, "the engine is closed", () -> engine.load(elf, "x"));
        });
    }

    @Test
    void argumentsThatMakeNoSense() {
        byte[] elf = guest();
        Engines.each(machine -> {
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options())) {
                refused(IllegalArgumentException.class, "7 arguments; a call has at most 6, pass more through memory",
                        () -> i.call(GAS, "id", 1, 2, 3, 4, 5, 6, 7));
                refused(IllegalArgumentException.class,
                        "test has no symbol main; call it by address if the file is stripped",
                        () -> i.call(GAS, "main"));
                refused(IllegalArgumentException.class, "0x100000000 is no guest address", () -> i.call(GAS, 1L << 32));
                refused(IllegalArgumentException.class, "register 32; there are 0 to 31", () -> i.register(32));
                refused(IllegalArgumentException.class, "register -1; there are 0 to 31", () -> i.register(-1));
                refused(NullPointerException.class, "options", () -> i.call(null, "id"));
                refused(NullPointerException.class, "symbol", () -> i.call(GAS, (String) null));
                refused(NullPointerException.class, "symbol", () -> p.symbol(null));
                refused(NullPointerException.class, "arguments", () -> i.run(GAS, null, List.of()));
                refused(NullPointerException.class, "environment", () -> i.run(GAS, List.of(), null));
                refused(NullPointerException.class, "snapshot", () -> i.reset(null));
                refused(NullPointerException.class, "snapshot", () -> p.restore(null, machine.options()));
                refused(NullPointerException.class, "options", () -> p.instantiate(null));
                refused(NullPointerException.class, "sink", () -> i.profile(Duration.ofMillis(1), null));
                refused(NullPointerException.class, "name", () -> machine.engine().load(elf, null));
                refused(NullPointerException.class, "elf", () -> machine.engine().load((byte[]) null, "x"));
                refused(IllegalStateException.class,
                        "nothing to resume: the last call ended neither out of gas nor paused", () -> i.resume(GAS));
                i.profile(Duration.ofSeconds(Long.MAX_VALUE), stack -> {
                });
                works(i);
                i.profile(null, null);
                try (Instance unmetered = p.instantiate(machine.options().withMetering(Metering.NONE))) {
                    refused(IllegalArgumentException.class,
                            "a gas limit for an instance with metering none; make the instance with another metering",
                            () -> unmetered.call(GAS, "id"));
                }
            }
        });
        refused(IllegalArgumentException.class, "cache limit 0; give a positive number of bytes",
                () -> CodeCache.open(Path.of("nowhere"), 0));
        assertThrows(IOException.class, () -> CodeCache.open(Path.of("/proc/nowhere"), 1));
    }

    @Test
    void memoryOutOfRange() {
        byte[] elf = guest();
        Engines.each(machine -> {
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options())) {
                Memory m = i.memory();
                refused(MemoryAccessException.class, "guest memory at 0x00000000, 1 byte, cannot be read",
                        () -> m.readByte(0));
                refused(MemoryAccessException.class, "guest memory at 0x00020ffe, 4 bytes, cannot be read",
                        () -> m.slice(Guest.DATA + 4094, 4));
                refused(MemoryAccessException.class, "guest memory at 0x00010000, 4 bytes, cannot be written",
                        () -> m.writeInt(Guest.TEXT, 1));
                refused(MemoryAccessException.class, "guest memory at 0x00020000, -1 bytes, cannot be read",
                        () -> m.read(Guest.DATA, -1));
                refused(MemoryAccessException.class,
                        "guest memory at 0x00020000: no text, there is no zero in the first 4 bytes",
                        () -> m.readString(Guest.DATA, 4));
                m.write(Guest.DATA + 4092, new byte[]{1, 2, 3, 4});
                refused(MemoryAccessException.class, "guest memory at 0x00021000, 1 byte, cannot be read",
                        () -> m.readString(Guest.DATA + 4092, 9));
                assertThrows(IndexOutOfBoundsException.class, () -> m.read(Guest.DATA, new byte[4], 2, 3));
                assertThrows(IndexOutOfBoundsException.class, () -> m.write(Guest.DATA, new byte[4], 2, 3));
                assertThrows(IndexOutOfBoundsException.class,
                        () -> m.slice(Guest.DATA, 4).get(ValueLayout.JAVA_BYTE, 4));
                assertThrows(IllegalArgumentException.class,
                        () -> m.slice(Guest.TEXT, 4).set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
                assertEquals(0x04030201, m.readInt(Guest.DATA));
            }
        });
    }

    @Test
    void twoThreads() throws Exception {
        byte[] elf = guest();
        Engines.each(machine -> {
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            HostFunctions host = HostFunctions.none().with(1, call -> {
                inside.countDown();
                go.await();
            });
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(host))) {
                AtomicReference<Outcome> end = new AtomicReference<>();
                Thread other = Thread.ofPlatform().start(() -> end.set(i.call(GAS, "host", 3)));
                inside.await();
                Snapshot[] none = new Snapshot[1];
                List<Executable> uses = List.of(() -> i.call(GAS, "id"), () -> i.run(GAS, List.of(), List.of()),
                        () -> i.resume(GAS), i::reset, () -> none[0] = i.snapshot(), i::stackTrace,
                        () -> i.profile(null, null));
                for (Executable use : uses) {
                    refused(IllegalStateException.class,
                            "the instance is in use, by another thread or by the call this one is in", use);
                }
                go.countDown();
                other.join();
                assertEquals(3, assertInstanceOf(Outcome.Finished.class, end.get()).result());
                works(i);
            }
        });
    }

    /** Says nothing of itself, or fails at that. */
    private static final class Mute extends RuntimeException {
        private static final long serialVersionUID = 1;

        Mute(String message) {
            super(message);
        }

        @Override
        public String toString() {
            if (getMessage() != null) {
                throw new IllegalStateException("not even this");
            }
            return null;
        }
    }

    /** The trap carries what was thrown; its one line has what it says, on one line. */
    @Test
    void hostFunctionsThatFail() {
        byte[] elf = guest();
        Engines.each(machine -> {
            Map<Throwable, String> failures = new LinkedHashMap<>();
            failures.put(new IllegalStateException("first line\n  second line"),
                    "java.lang.IllegalStateException: first line second line");
            failures.put(new IOException(), "java.io.IOException");
            failures.put(new AssertionError("no"), "java.lang.AssertionError: no");
            for (String said : new String[]{"no word", null}) {
                failures.put(new Mute(said), Mute.class.getName());
            }
            failures.put(new StackOverflowError(), null);
            AtomicReference<Throwable> next = new AtomicReference<>();
            HostFunctions host = HostFunctions.none().with(1, call -> {
                call.setResult(99);
                if (next.get() instanceof Error e) {
                    throw e;
                }
                throw (Exception) next.get();
            });
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(host))) {
                failures.forEach((thrown, text) -> {
                    next.set(thrown);
                    if (text == null) { // the JVM's own trouble goes through
                        assertSame(thrown, assertThrows(VirtualMachineError.class, () -> i.call(GAS, "host", 5)));
                    } else {
                        Outcome.Trapped t = assertInstanceOf(Outcome.Trapped.class, i.call(GAS, "host", 5));
                        assertEquals(Trap.Kind.HOST_ERROR, t.trap().kind());
                        assertSame(thrown, t.trap().cause());
                        assertEquals("host function 1 failed: " + text, t.trap().detail());
                        assertEquals(5, t.trap().register(A0), "registers are those before the ecall");
                        assertFalse(t.message().contains("\n"));
                    }
                    works(i);
                });
            }
        });
    }

    @Test
    void aCallWithinItsOwnHostCall() {
        byte[] elf = guest();
        Engines.each(machine -> {
            HostFunctions host = HostFunctions.none().with(1, call -> call.instance().call(GAS, "id"));
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(host))) {
                Outcome.Trapped t = assertInstanceOf(Outcome.Trapped.class, i.call(GAS, "host"));
                assertEquals("host function 1 failed: java.lang.IllegalStateException: "
                        + "the instance is in use, by another thread or by the call this one is in", t.trap().detail());
                works(i);
            }
        });
    }

    @Test
    void whatBelongsToAHostCallEndsWithIt() throws Exception {
        byte[] elf = guest();
        Engines.each(machine -> {
            AtomicReference<HostCall> kept = new AtomicReference<>();
            try (Program p = machine.load(elf);
                    Instance i = p.instantiate(machine.options().withHost(HostFunctions.none().with(1, kept::set)))) {
                i.call(GAS, "host");
                HostCall over = kept.get();
                List<Executable> uses = List.of(over::number, () -> over.argument(0), () -> over.register(0),
                        () -> over.setResult(1), () -> over.setSecondResult(1), over::memory, over::limits,
                        over::gasLeft, () -> over.charge(1), () -> over.exit(0), () -> over.attachment(String.class));
                for (Executable use : uses) {
                    refused(IllegalStateException.class, "the host call is over, or this is another thread", use);
                }
            }
            HostFunctions wrong = HostFunctions.none().with(1, call -> {
                refused(IllegalArgumentException.class, "argument 6; there are 0 to 5", () -> call.argument(6));
                refused(IllegalArgumentException.class, "register 32; there are 0 to 31", () -> call.register(32));
                refused(IllegalArgumentException.class, "a negative charge: -1", () -> call.charge(-1));
                refused(IllegalStateException.class, "the instance has nothing attached, not a java.lang.String",
                        () -> call.attachment(String.class));
                call.instance().attach(1);
                refused(IllegalStateException.class,
                        "the instance has a java.lang.Integer attached, not a java.lang.String",
                        () -> call.attachment(String.class));
            });
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(wrong))) {
                Outcome o = i.call(GAS, "host");
                assertInstanceOf(Outcome.Finished.class, o, o::message);
            }
        });
    }

    /** Closing from inside or outside ends the call; whoever made it is told. */
    @Test
    void closedInTheMiddle() {
        byte[] elf = guest();
        Map<String, java.util.function.BiConsumer<Program, HostCall>> closers = Map.of("the instance",
                (p, call) -> call.instance().close(), "the program", (p, call) -> p.close());
        Engines.each(machine -> closers.forEach((what, closer) -> {
            AtomicReference<Program> program = new AtomicReference<>();
            HostFunctions host = HostFunctions.none().with(1, call -> {
                closer.accept(program.get(), call);
                call.memory().readByte(Guest.DATA); // still there until the call is over
            });
            Program p = machine.load(elf);
            program.set(p);
            Instance i = p.instantiate(machine.options().withHost(host));
            refused(IllegalStateException.class, "the instance was closed during the call", () -> i.call(GAS, "host"));
            refused(IllegalStateException.class, "the instance is closed", () -> i.call(GAS, "id"));
            p.close();
        }));
    }

    @Test
    void anInterruptThatIsAlreadyThere() {
        byte[] elf = guest();
        Engines.each(machine -> {
            HostFunctions host = HostFunctions.none().with(1, call -> Thread.sleep(60_000));
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(host))) {
                Thread.currentThread().interrupt();
                Outcome o = i.call(CallOptions.unlimited(), "on");
                assertTrue(Thread.interrupted(), "the status stays set");
                assertInstanceOf(Outcome.Interrupted.class, o, o::message);

                Thread.currentThread().interrupt();
                o = i.call(GAS, "host"); // ends before the guest starts, or in the host function
                assertTrue(Thread.interrupted(), "the status stays set");
                assertTrue(o instanceof Outcome.Interrupted
                        || o instanceof Outcome.Trapped t && t.trap().cause() instanceof InterruptedException,
                        o::message);
                works(i);
            }
        });
    }
}

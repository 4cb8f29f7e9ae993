package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Op;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Annotated host methods, what they get and give; attachments; calls within calls. */
class HostMethodTest {
    private static final CallOptions GAS = CallOptions.ofGas(10_000);

    /** fN makes host call N and returns its result. */
    private static byte[] guest(int xlen) {
        Guest g = new Guest(xlen, 0);
        for (int n = 0; n < 12; n++) {
            g.label("f" + n).ecall(n).ret();
        }
        g.label("loop").i(Op.ADDI, A0, A0, 1).i(Op.ADDI, A1, A1, 1).jal(ZERO, "loop");
        return g.elf();
    }

    private record Session(String caller) {
    }

    interface Greeter {
        @HostMethod(7)
        int greet(Session session);
    }

    static class Base {
        @HostMethod(1)
        long all(long a, int b, boolean c, boolean d, long e, long f) {
            return a + 1000L * b + (c ? 10 : 0) + (d ? 20 : 0) + 100 * e + 200 * f;
        }

        @HostMethod(2)
        int negative(int a) {
            return -a;
        }

        @HostMethod(10)
        static boolean notZero(long a) {
            return a != 0;
        }
    }

    static final class Host extends Base implements Greeter {
        final List<Object> seen = new ArrayList<>();

        @HostMethod(value = 3, gas = 50)
        private void nothing() {
            seen.add("nothing");
        }

        @HostMethod(4)
        void contexts(long first, Memory memory, HostCall call, Instance instance, long second) {
            seen.addAll(List.of(first, memory, call.number(), instance, second));
            call.setSecondResult(9);
        }

        @HostMethod(5)
        void fails(Session session) throws IOException {
            throw new IOException(session.caller());
        }

        @HostMethod(6)
        void charges(HostCall call, long gas) {
            call.charge(gas);
            seen.add(call.gasLeft());
        }

        @Override
        public int greet(Session session) {
            return session.caller().length();
        }
    }

    private static long result(Outcome o) {
        return assertInstanceOf(Outcome.Finished.class, o, o::message).result();
    }

    private static Outcome.Trapped trap(Outcome o, Class<? extends Throwable> cause) {
        Outcome.Trapped t = assertInstanceOf(Outcome.Trapped.class, o, o::message);
        assertEquals(Trap.Kind.HOST_ERROR, t.trap().kind());
        assertInstanceOf(cause, t.trap().cause());
        return t;
    }

    @Test
    void methodsGetWhatTheyAskFor() {
        byte[] elf = guest(64);
        Engines.each(machine -> {
            Host host = new Host();
            HostFunctions functions = HostFunctions.of(MethodHandles.lookup(), host);
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(functions))) {
                assertEquals(1 + 2000 + 10 + 500 + 1200, result(i.call(GAS, "f1", 1, 2 + (7L << 32), 8, 0, 5, 6)));
                assertEquals(-3, result(i.call(GAS, "f2", 3)), "sign-extended");
                assertEquals(1, result(i.call(GAS, "f10", 1L << 40)));
                assertEquals(0, result(i.call(GAS, "f10", 0)));
                long plain = i.call(GAS, "f2", 0).gasUsed();
                assertEquals(plain + 50, i.call(GAS, "f3").gasUsed());
                assertEquals(4, result(i.call(GAS, "f3", 4)), "void leaves a0 alone");
                host.seen.clear();
                Outcome.Finished two = assertInstanceOf(Outcome.Finished.class, i.call(GAS, "f4", 11, 12));
                assertEquals(List.of(11L, i.memory(), 4L, i, 12L), host.seen);
                assertEquals(9, two.second());
                trap(i.call(GAS, "f7"), IllegalStateException.class);
                i.attach("not a session");
                String message = trap(i.call(GAS, "f7"), IllegalStateException.class).message();
                assertTrue(message.contains("has a java.lang.String attached, not a "), message);
                Session session = new Session("Grace");
                i.attach(session);
                assertSame(session, i.attachment());
                assertEquals(5, result(i.call(GAS, "f7")));
                assertTrue(trap(i.call(GAS, "f5"), IOException.class).message().contains("Grace"));
            }
        });
    }

    @Test
    void intsOnRv32() {
        byte[] elf = guest(32);
        Engines.each(machine -> {
            HostFunctions functions = HostFunctions.of(MethodHandles.lookup(), new Host());
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(functions))) {
                assertEquals(0xffff_fffdL, result(i.call(GAS, "f2", 3)));
            }
        });
    }

    @Test
    void chargesThatCannotBePaidEndTheCallBeforeIt() {
        byte[] elf = guest(64);
        Engines.each(machine -> {
            Host host = new Host();
            HostFunctions functions = HostFunctions.of(MethodHandles.lookup(), host);
            try (Program p = machine.load(elf); Instance i = p.instantiate(machine.options().withHost(functions))) {
                Outcome poor = i.call(CallOptions.ofGas(40), "f3");
                assertInstanceOf(Outcome.OutOfGas.class, poor, poor::message);
                assertEquals(List.of(), host.seen);
                assertEquals(38, poor.gasLeft(), "as it was before the host call");
                assertInstanceOf(Outcome.Finished.class, i.resume(CallOptions.ofGas(13)));
                assertEquals(List.of("nothing"), host.seen);
                assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(103), "f6", 0, 0));
            }
        });
    }

    static class Unfit {
        @HostMethod(1)
        void array(byte[] bytes) {
        }
    }

    static class TooMany {
        @HostMethod(1)
        void seven(int a, int b, int c, int d, int e, int f, int g) {
        }
    }

    static class Twice {
        @HostMethod(1)
        void one() {
        }

        @HostMethod(1)
        void two() {
        }
    }

    static class BadResult {
        @HostMethod(1)
        String text() {
            return "";
        }
    }

    static class Negative {
        @HostMethod(value = 1, gas = -1)
        void charge() {
        }
    }

    @Test
    void whatDoesNotFitIsRefusedWhenItIsBound() {
        for (Object host : new Object[]{new Unfit(), new TooMany(), new Twice(), new BadResult(), new Negative(),
                "none"}) {
            String message = assertThrows(IllegalArgumentException.class,
                    () -> HostFunctions.of(MethodHandles.lookup(), host)).getMessage();
            assertTrue(message.contains(host.getClass().getName()), message);
        }
        String message = assertThrows(IllegalArgumentException.class, () -> HostFunctions.of(new Host())).getMessage();
        assertTrue(message.contains("give HostFunctions.of a Lookup"), message);
    }

    @Test
    void callsNestSoDeepAndNoDeeper() {
        byte[] elf = guest(64);
        Engines.each(machine -> {
            int most = 3;
            Engine.Builder builder = Engine.builder().sandbox(Engine.Sandbox.RELAXED).maxCallDepth(most)
                    .kind(machine.engine().isNative() ? Engine.Kind.NATIVE : Engine.Kind.INTERPRETER);
            try (Engine engine = builder.build(); Program p = engine.load(elf, "nested")) {
                Instance[] chain = new Instance[6];
                List<Outcome> inner = new ArrayList<>();
                HostFunctions functions = HostFunctions.none().with(0, call -> {
                    int depth = (int) call.argument(0);
                    Outcome o = chain[depth + 1].call(call.limits(), "f0", depth + 1);
                    inner.add(o);
                    call.charge(o.gasUsed());
                    call.setResult(100 + depth);
                });
                for (int n = 0; n < chain.length; n++) {
                    chain[n] = p.instantiate(machine.options().withHost(functions));
                }
                assertEquals(100, result(chain[0].call(GAS, "f0", 0)));
                assertEquals(most, inner.size());
                // the innermost allowed call's own attempt was one too many
                trap(inner.get(0), CallDepthException.class);
                for (int n = 1; n < most; n++) {
                    assertEquals(100 + most - n, result(inner.get(n)));
                    assertTrue(inner.get(n).gasUsed() > inner.get(n - 1).gasUsed());
                }
                assertEquals(100, result(chain[0].call(GAS, "f0", 0)), "the count goes back");
                Outcome again = chain[0].call(GAS, "f0", 5);
                trap(again, ArrayIndexOutOfBoundsException.class);
            }
        });
    }

    @Test
    void limitsAreHandedOn() {
        byte[] elf = guest(64);
        Engines.each(machine -> {
            try (Program p = machine.load(elf); Instance inner = p.instantiate(machine.options())) {
                List<CallOptions> limits = new ArrayList<>();
                HostFunctions functions = HostFunctions.none().with(0, call -> limits.add(call.limits())).with(1,
                        call -> assertInstanceOf(Outcome.TimedOut.class, inner.call(call.limits(), "loop")));
                try (Instance i = p.instantiate(machine.options().withHost(functions))) {
                    i.call(CallOptions.ofGas(100), "f0");
                    assertEquals(98, limits.get(0).gas());
                    assertEquals(null, limits.get(0).deadline());
                    i.call(CallOptions.ofDeadline(Duration.ofMinutes(1)), "f0");
                    assertTrue(limits.get(1).deadline().compareTo(Duration.ofMinutes(1)) <= 0);
                    Outcome late = i.call(CallOptions.ofDeadline(Duration.ofMillis(50)), "f1");
                    assertInstanceOf(Outcome.TimedOut.class, late, late::message);
                }
            }
        });
    }
}

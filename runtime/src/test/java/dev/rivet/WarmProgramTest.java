package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program whose translation comes from the code cache is decoded late, and nobody can tell. */
class WarmProgramTest {
    @TempDir
    Path directory;

    /** Adds, asks the host, loops, traps: each function needs more of the program than the one before. */
    private static Guest guest() {
        Guest g = Guest.rv64();
        g.label("add").r(Op.ADD, A0, A0, A1).ret();
        g.label("ask").ecall(7).ret();
        g.label("loop").i(Op.ADDI, A0, A0, -1).branch(Op.BNE, A0, ZERO, "loop").ret();
        g.label("trap").jal(5, "deep").ret();
        g.label("deep").i(Op.ADDI, A1, A1, 3).i(Op.LW, A0, A0, 0).ret();
        g.label("illegal").word(0xffff_ffff);
        return g;
    }

    private Engine engine() throws Exception {
        return Engine.builder().sandbox(Engine.Sandbox.RELAXED).codeCache(CodeCache.open(directory, 1 << 24)).build();
    }

    private static InstanceOptions options(Metering metering) {
        return InstanceOptions.defaults().withMetering(metering)
                .withHost(HostFunctions.none().with(7, call -> call.setResult(call.argument(0) * 2)));
    }

    private static Outcome call(Instance i, String function, long... arguments) {
        return i.call(i.options().metering() == Metering.NONE ? CallOptions.unlimited() : CallOptions.ofGas(50),
                function, arguments);
    }

    /** All that can be seen of some calls. */
    private static List<String> seen(Instance i) {
        List<String> seen = new ArrayList<>();
        seen.add(call(i, "add", 40, 2).toString());
        seen.add(call(i, "ask", 21).toString());
        if (i.options().metering() != Metering.NONE) {
            seen.add(call(i, "loop", 1000).toString());
            seen.add(i.stackTrace().toString());
        }
        for (String trap : List.of("trap", "illegal")) {
            Outcome.Trapped trapped = assertInstanceOf(Outcome.Trapped.class, call(i, trap, 8, 4));
            seen.add(trapped.trap().message() + trapped.gasUsed() + i.stackTrace());
            for (int r = 0; r < 32; r++) {
                seen.add("x" + r + " " + trapped.trap().register(r));
            }
        }
        return seen;
    }

    @Test
    void sameOutcomesRegistersAndGas() throws Exception {
        byte[] elf = guest().elf();
        for (Metering metering : Metering.values()) {
            List<String> cold;
            try (Engine engine = engine();
                    Instance i = engine.load(elf, "test").instantiate(options(metering))) {
                cold = seen(i);
                assertEquals(engine.isNative() ? 1 : 0, engine.counters().translations());
            }
            try (Engine engine = engine();
                    Instance i = engine.load(elf, "test").instantiate(options(metering))) {
                assertEquals(cold, seen(i), metering.label());
                assertEquals(0, engine.counters().translations());
            }
        }
    }

    @Test
    void decodedWhenNeededAndNotBefore() throws Exception {
        byte[] elf = guest().elf();
        try (Engine engine = engine(); Program program = engine.load(elf, "test")) {
            program.compile(options(Metering.SYNC));
            assertTrue(program.text().isSwept());
        }
        try (Engine engine = engine();
                Program program = engine.load(elf, "test");
                Instance i = program.instantiate(options(Metering.SYNC))) {
            call(i, "add", 1, 2);
            call(i, "ask", 1);
            i.reset();
            assertEquals(14, i.statistics().guestInstructions());
            assertEquals(!engine.isNative(), program.text().isSwept());
            call(i, "trap", 1);
            assertTrue(program.text().isSwept());
        }
    }

    /** Without a cache there is nothing to wait for: who loads a program finds out at once whether it fits. */
    @Test
    void decodedAtOnceWithoutACache() {
        try (Engine engine = Engine.builder().sandbox(Engine.Sandbox.RELAXED).build();
                Program program = engine.load(guest().elf(), "test")) {
            assertTrue(program.text().isSwept());
        }
    }

    @Test
    void manyThreadsNeedItAtOnce() throws Exception {
        byte[] elf = guest().elf();
        try (Engine engine = engine(); Program program = engine.load(elf, "test")) {
            program.compile(options(Metering.SYNC));
        }
        try (Engine engine = engine(); ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 10; round++) {
                try (Program program = engine.load(elf, "test")) {
                    assertFalse(engine.isNative() && program.text().isSwept());
                    List<Callable<List<String>>> calls = new ArrayList<>();
                    for (int t = 0; t < 4; t++) {
                        Instance i = program.instantiate(options(Metering.SYNC));
                        calls.add(() -> seen(i));
                    }
                    List<Future<List<String>>> seen = threads.invokeAll(calls, 60, TimeUnit.SECONDS);
                    for (Future<List<String>> s : seen) {
                        assertArrayEquals(seen.getFirst().get().toArray(), s.get().toArray());
                    }
                }
            }
        }
    }
}

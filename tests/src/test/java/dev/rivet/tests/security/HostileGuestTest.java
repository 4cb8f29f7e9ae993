package dev.rivet.tests.security;

import static dev.rivet.x64.Reg.R12;
import static dev.rivet.x64.Reg.R13;
import static dev.rivet.x64.Reg.R14;
import static dev.rivet.x64.Reg.R15;
import static dev.rivet.x64.Reg.R8;
import static dev.rivet.x64.Reg.R9;
import static dev.rivet.x64.Reg.RBX;
import static dev.rivet.x64.Reg.RCX;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.HostFunctions;
import dev.rivet.Insight;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.MemoryAccessException;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.internal.Implant;
import dev.rivet.ir.Metering;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import dev.rivet.tools.escape.X64Noise;
import dev.rivet.x64.Mem;
import dev.rivet.x64.X64Assembler;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A guest that has broken out, seen by a user of the library: native code behind one of its functions tells the JVM that a
 * command is over and goes on writing the control page and the host return stack while the JVM reads them. It lies
 * plausibly: exits, signals and host addresses that exist. Whatever it does, each call ends soon and typed, with gas that
 * can be; pauses, profiles, stack traces and snapshots neither fail nor hang; and another instance of the same program
 * computes what it should.
 */
@Timeout(900)
class HostileGuestTest {
    private static final int TEXT = 0x10000;
    private static final int DATA = 0x20000;
    private static final long GAS = 1_000_000;
    private static final int ROUNDS = 30;
    /** Deadline, a second to be killed in, ten on an overloaded host, and then some. */
    private static final long HANGS_NANOS = 20_000_000_000L;
    private static final CallOptions LIMITS = CallOptions.unlimited().withDeadline(Duration.ofMillis(60));

    private final long evil;
    private final long good;
    private final byte[] elf;

    HostileGuestTest() {
        Asm a = new Asm(64, TEXT);
        evil = a.here();
        a.addi(Asm.A0, Asm.A0, 1).ret();
        good = a.here();
        int loop = a.label();
        a.li(Asm.T0, DATA).place(loop).sx(Asm.A0, 0, Asm.T0).lx(Asm.A2, 0, Asm.T0).add(Asm.A0, Asm.A0, Asm.A2);
        a.addi(Asm.A1, Asm.A1, -1).branch(Asm.BNE, Asm.A1, Asm.ZERO, loop).ret();
        a.li(Asm.A7, 1).ecall().ret(); // something to lie about
        a.word(-1);
        a.ebreak();
        elf = new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X).add(DATA, new byte[0], 4096, Image.R | Image.W)
                .bytes();
    }

    /** Stores a random number below a power of two, plus something, in a field. */
    private static void lie(X64Assembler a, int size, int field, int mask, long plus) {
        X64Noise.step(a);
        a.mov(8, R14, R15);
        a.aluImm(Alu.AND, 8, R14, mask);
        a.movImm(8, RCX, plus);
        a.alu(Alu.ADD, 8, R14, RCX);
        a.store(size, Mem.at(RBX, field), R14);
    }

    /** A random word, small as often as not, at a random place behind {@code base} in a register. */
    private static void scribble(X64Assembler a, int base, int mask) {
        X64Noise.store(a, 8, base, () -> a.aluImm(Alu.AND, 8, R12, mask), 0xffff);
    }

    /** a0 is the seed; bit 0 of a1 says whether single fields are plausible, bit 1 whether all of the page is fair game. */
    private static byte[] liar(long at) {
        X64Assembler a = X64Assembler.create("direct", at, 2048);
        int again = a.newLabel();
        int wild = a.newLabel();
        int told = a.newLabel();
        int on = a.newLabel();
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.load(8, R15, Mem.at(RBX, Control.REGS + 8 * 10));
        a.load(8, R13, Mem.at(RBX, Control.REGS + 8 * 11));
        a.movImm(8, R9, Layout.RETURN_STACK_TOP - 0x1000);
        a.bind(again);
        for (int i = 0; i < 3; i++) {
            scribble(a, R9, 0xff8);
        }
        a.testImm(4, R13, 1);
        a.jcc(Cond.E, wild);
        lie(a, 8, Control.PC, 0x3e, TEXT);
        lie(a, 8, Control.TARGET, 0x3e, TEXT);
        lie(a, 8, Control.HOST_PC, 0x3ff, Layout.CODE_BASE);
        lie(a, 8, Control.RETURN_SP, 0xff8, Layout.RETURN_STACK_TOP - 0x1000);
        lie(a, 8, Control.HOST_REGS + 8 * 4, 0xff8, Layout.RETURN_STACK_TOP - 0x1000);
        lie(a, 8, Control.GAS, 0xffff, 0);
        lie(a, 8, Control.HOST_REGS + 8 * 2, 0x1f_ffff, -1000);
        lie(a, 4, Control.SIGNAL, 15, 0);
        lie(a, 4, Control.EXIT, 7, Control.EXIT_ECALL);
        a.bind(wild);
        a.testImm(4, R15, 0x300_0000);
        a.jcc(Cond.NE, told);
        a.storeImm(4, Mem.at(RBX, Control.EXIT), Control.EXIT_SIGNAL); // signals are where most is read
        a.storeImm(4, Mem.at(RBX, Control.SIGNAL), 10);
        a.bind(told);
        a.load(4, R8, Mem.at(RBX, Control.COMMAND_SEQ));
        a.store(4, Mem.at(RBX, Control.DONE_SEQ), R8);
        // The JVM reads now. Everything it may read changes under its eyes.
        a.bind(on);
        scribble(a, R9, 0xff8);
        a.lea(8, RCX, Mem.at(RBX, Control.REGS));
        scribble(a, RCX, 0x3f8);
        lie(a, 8, Control.HOST_REGS + 8 * 2, 0x1f_ffff, -1000); // where gas is
        lie(a, 8, Control.HOST_PC, 0x3ff, Layout.CODE_BASE);
        int calm = a.newLabel();
        a.testImm(4, R13, 2);
        a.jcc(Cond.E, calm);
        scribble(a, RBX, 0x7f8);
        a.bind(calm);
        a.aluLoad(Alu.CMP, 4, R8, Mem.at(RBX, Control.COMMAND_SEQ));
        a.jcc(Cond.E, on);
        a.jmp(again);
        a.finish();
        return Arrays.copyOf(a.bytes(), a.length());
    }

    @Test
    void nothingHostileIsBelieved() throws Exception {
        fuzz(ROUNDS);
    }

    @Test
    @Tag("exhaustive")
    void nothingHostileIsBelievedForLong() throws Exception {
        fuzz(40 * ROUNDS);
    }

    private void fuzz(int rounds) throws Exception {
        Map<String, Integer> endings = new TreeMap<>();
        Random random = new Random(rounds);
        long longest = 0;
        AtomicBoolean over = new AtomicBoolean();
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).build();
                Program program = engine.load(elf, "hostile");
                ScheduledExecutorService pauser = Executors.newSingleThreadScheduledExecutor()) {
            for (Metering metering : Metering.values()) {
                try (Instance i = program.instantiate(options(metering))) {
                    Implant.put(Insight.runner(i), (int) evil, HostileGuestTest::liar);
                }
            }
            CompletableFuture<Long> bystander = CompletableFuture.supplyAsync(() -> compute(program, over));
            for (int n = 0; n < rounds; n++) {
                Metering metering = Metering.values()[n % Metering.values().length];
                try (Instance i = program.instantiate(options(metering))) {
                    i.profile(random.nextBoolean() ? Duration.ofNanos(200_000) : null, stack -> {
                    });
                    if (random.nextBoolean()) {
                        pauser.schedule(i::pause, random.nextInt(5000), TimeUnit.MICROSECONDS);
                    }
                    long start = System.nanoTime();
                    String ending = hostile(i, metering, random);
                    longest = Math.max(longest, System.nanoTime() - start);
                    endings.merge(ending, 1, Integer::sum);
                }
                assertTrue(longest < HANGS_NANOS, "a hostile guest held its caller for " + longest + " ns");
            }
            over.set(true);
            assertTrue(bystander.get() > 0);
        }
        System.out.println(String.format(Locale.ROOT, "hostile guests: %d, longest %.0f ms, ended as %s", rounds,
                longest / 1e6, endings));
        assertEquals(rounds, endings.values().stream().mapToInt(e -> e).sum());
    }

    private static InstanceOptions options(Metering metering) {
        return InstanceOptions.defaults().withMetering(metering).withMemoryLimit(4 << 20).withStackSize(256 << 10)
                .withHost(HostFunctions.none().with(1, c -> {
                    try {
                        c.memory().readString(c.argument(0) & 0xffff_ffffL, 100);
                    } catch (MemoryAccessException outside) {
                        // as asked for
                    }
                    c.setResult(1);
                }));
    }

    /** A call of the hostile function, with whatever can be done after it. */
    private String hostile(Instance i, Metering metering, Random random) {
        CallOptions limits = metering == Metering.NONE ? LIMITS : LIMITS.withGas(GAS);
        Outcome o = i.call(limits, evil, random.nextLong() | 1, random.nextInt(4));
        for (int n = 0; n < 3; n++) {
            long most = metering == Metering.NONE ? 0 : (n + 1) * GAS;
            assertTrue(o.gasUsed() >= 0 && o.gasLeft() >= 0 && o.gasUsed() <= most && o.gasLeft() <= most,
                    metering + ": " + o.gasUsed() + " used, " + o.gasLeft() + " left of " + most + ": " + o.message());
            i.stackTrace();
            if (!(o instanceof Outcome.Paused)) {
                break;
            }
            i.snapshot();
            o = i.resume(limits);
        }
        return o.getClass().getSimpleName();
    }

    /** Another instance of the program, all the while: the result and its gas. */
    private long compute(Program program, AtomicBoolean over) {
        long calls = 0;
        try (Instance i = program.instantiate(options(Metering.SYNC))) {
            while (!over.get() || calls == 0) {
                Outcome o = i.call(CallOptions.ofGas(GAS), good, 3, 100);
                assertTrue(o instanceof Outcome.Finished f && f.result() == doubled(3, 100), o.message());
                assertEquals(1 + 5 * 100 + 1, o.gasUsed());
                calls++;
            }
        }
        return calls;
    }

    private static long doubled(long x, int times) {
        return times == 0 ? x : doubled(x + x, times - 1);
    }
}

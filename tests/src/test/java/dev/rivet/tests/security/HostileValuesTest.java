package dev.rivet.tests.security;

import static dev.rivet.x64.Reg.R8;
import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBX;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.HostFunctions;
import dev.rivet.Insight;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.internal.Implant;
import dev.rivet.ir.Metering;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import dev.rivet.x64.Mem;
import dev.rivet.x64.X64Assembler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The control page's fields, value by value: native code behind a guest function answers its call with what its arguments
 * say. Every exit and signal, at every place of the program, with amounts of gas from both ends of what 64 bits hold: calls
 * end typed, and with gas that can be.
 */
@Timeout(300)
class HostileValuesTest {
    private static final int TEXT = 0x10000;
    private static final long GAS = 1000;
    /** What a gas register says; for FPU metering the bits of its double. */
    private static final long[] AMOUNTS = {Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MIN_VALUE, -1, GAS + 1,
            Double.doubleToRawLongBits(Double.POSITIVE_INFINITY) + 1};
    private static final int[] SIGNALS = {10, 5, 8, 11};
    private static final long SP = Layout.RETURN_STACK_TOP - 8;

    private final long evil;
    private final byte[] elf;

    /** What is said by way of arguments: a0 exit, a1 signal, a2 host pc, a3 gas, a4 pc and target, a5 stack pointer. */
    private record Lie(int exit, int signal, long hostPc, long gas, long pc, long sp) {
        long[] arguments() {
            return new long[]{exit, signal, hostPc, gas, pc, sp};
        }
    }

    HostileValuesTest() {
        Asm a = new Asm(64, TEXT);
        evil = a.here();
        a.addi(Asm.A0, Asm.A0, 1).ret();
        // Blocks that are paid ahead, a loop, and one of each that leaves.
        int skip = a.label();
        int loop = a.label();
        a.branch(Asm.BEQ, Asm.A0, Asm.A1, skip).addi(Asm.A0, Asm.A0, 1).addi(Asm.A0, Asm.A0, 2).place(skip)
                .addi(Asm.A0, Asm.A0, 3).branch(Asm.BEQ, Asm.A0, Asm.A1, loop)
                .addi(Asm.A0, Asm.A0, 4);
        a.place(loop).addi(Asm.A1, Asm.A1, -1).branch(Asm.BNE, Asm.A1, Asm.ZERO, loop);
        a.lx(Asm.A2, 0, Asm.A0).add(Asm.A2, Asm.A2, Asm.A0);
        a.li(Asm.A7, 1).ecall().ret();
        a.word(-1);
        a.ebreak();
        elf = new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X).bytes();
    }

    private static byte[] puppet(long at) {
        X64Assembler a = X64Assembler.create("direct", at, 2048);
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        int[] fields = {Control.EXIT, Control.SIGNAL};
        for (int i = 0; i < fields.length; i++) {
            a.load(4, RAX, Mem.at(RBX, Control.REGS + 8 * (10 + i)));
            a.store(4, Mem.at(RBX, fields[i]), RAX);
        }
        a.load(8, RAX, Mem.at(RBX, Control.REGS + 8 * 12));
        a.store(8, Mem.at(RBX, Control.HOST_PC), RAX);
        a.load(8, RAX, Mem.at(RBX, Control.REGS + 8 * 14));
        a.store(8, Mem.at(RBX, Control.PC), RAX);
        a.store(8, Mem.at(RBX, Control.TARGET), RAX);
        a.load(8, RAX, Mem.at(RBX, Control.REGS + 8 * 13));
        for (int r = 0; r < 16; r++) {
            a.store(8, Mem.at(RBX, Control.HOST_REGS + 8 * r), RAX);
            a.store(8, Mem.at(RBX, Control.HOST_VECTORS + 8 * r), RAX);
        }
        a.mov(8, R8, RAX);
        a.load(8, RAX, Mem.at(RBX, Control.REGS + 8 * 15));
        a.store(8, Mem.at(RBX, Control.HOST_REGS + 8 * 4), RAX);
        a.store(8, Mem.at(RBX, Control.GAS), R8);
        a.store(8, Mem.at(RBX, Control.RETURN_SP), RAX);
        a.movImm(8, RAX, Layout.WORKER_PUBLISH);
        a.jmpReg(RAX);
        a.finish();
        return Arrays.copyOf(a.bytes(), a.length());
    }

    private List<Lie> lies(List<Long> places) {
        List<Lie> all = new ArrayList<>();
        for (long gas : AMOUNTS) {
            for (long place : places) {
                for (int signal : SIGNALS) {
                    all.add(new Lie(Control.EXIT_SIGNAL, signal, place, gas, TEXT, SP));
                }
            }
            for (int exit = Control.EXIT_ECALL; exit < Control.EXIT_SIGNAL; exit++) {
                for (long pc : new long[]{TEXT, TEXT + 2, TEXT + 4 * 13, -1, 1L << 32 | TEXT}) {
                    all.add(new Lie(exit, 0, 0, gas, pc, SP));
                }
            }
        }
        for (long sp : new long[]{0, -8, SP + 1, SP + 16, Layout.RETURN_STACK_BASE - 8, Layout.RETURN_STACK_BASE}) {
            all.add(new Lie(Control.EXIT_ECALL, 0, 0, 1, TEXT, sp));
            all.add(new Lie(Control.EXIT_SIGNAL, 10, places.get(3), 1, TEXT, sp));
        }
        for (int exit : new int[]{-1, 0, 1, 11, 12, Integer.MIN_VALUE}) {
            all.add(new Lie(exit, 0, 0, 1, TEXT, SP));
        }
        return all;
    }

    @Test
    void everyFieldAtItsEnds() {
        InstanceOptions options = InstanceOptions.defaults().withMemoryLimit(4 << 20).withStackSize(256 << 10)
                .withHost(HostFunctions.none().with(1, c -> c.setResult(c.gasLeft())));
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).build();
                Program program = engine.load(elf, "hostile")) {
            for (Metering metering : Metering.values()) {
                boolean metered = metering != Metering.NONE;
                CallOptions limits = CallOptions.unlimited().withDeadline(Duration.ofMillis(20));
                limits = metered ? limits.withGas(GAS) : limits;
                Instance i = program.instantiate(options.withMetering(metering));
                try {
                    Implant.put(Insight.runner(i), (int) evil, HostileValuesTest::puppet);
                    for (Lie lie : lies(Implant.places(Insight.runner(i)))) {
                        Outcome o = i.call(limits, evil, lie.arguments());
                        i.stackTrace();
                        long most = metered ? GAS : 0;
                        assertTrue(o.gasUsed() >= 0 && o.gasLeft() >= 0 && o.gasUsed() <= most && o.gasLeft() <= most,
                                () -> metering + ", " + lie + ": " + o.gasUsed() + " used, " + o.gasLeft() + " left: "
                                        + o.message());
                        if (o instanceof Outcome.WorkerLost) {
                            i.close();
                            i = program.instantiate(options.withMetering(metering));
                        }
                    }
                } finally {
                    i.close();
                }
            }
        }
    }
}

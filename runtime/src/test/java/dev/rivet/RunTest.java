package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.A2;
import static dev.rivet.Guest.A7;
import static dev.rivet.Guest.GP;
import static dev.rivet.Guest.RA;
import static dev.rivet.Guest.SP;
import static dev.rivet.Guest.T0;
import static dev.rivet.Guest.T1;
import static dev.rivet.Guest.TP;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Op;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** DESIGN 1.4: how programs start, the Linux calls, calls of functions. */
class RunTest {
    private static final CallOptions GAS = CallOptions.ofGas(1_000_000);

    @Test
    void theStackIsLaidAsLinuxLaysIt() {
        for (int xlen : new int[]{32, 64}) {
            Guest g = new Guest(xlen, 0);
            g.label("_start").i(Op.ADDI, A0, SP, 0).ecall(1);
            Engines.each(machine -> {
                List<Long> seen = new ArrayList<>();
                HostFunctions host = HostFunctions.none().with(1, call -> {
                    readStack(call, xlen, seen);
                    for (int r = 0; r < 32; r++) {
                        assertEquals(r == SP || r == A0 ? call.argument(0) : r == A7 ? 1 : 0, call.register(r),
                                "x" + r);
                    }
                    call.exit(0x1ff);
                });
                try (Program p = machine.load(g.elf());
                        Instance i = p.instantiate(machine.options().withHost(host))) {
                    var o = assertInstanceOf(Outcome.Exited.class,
                            i.run(GAS, List.of("prog", "Grüße", ""), List.of("HOME=/", "X=")));
                    assertEquals(255, o.status());
                    assertEquals(3, seen.get(0));
                    assertEquals(0, seen.get(1) % 16);
                    assertEquals(0, i.register(GP));
                }
            });
        }
    }

    private static void readStack(HostCall call, int xlen, List<Long> seen) {
        Memory m = call.memory();
        int word = xlen / 8;
        long sp = call.argument(0);
        seen.clear();
        seen.add(word(m, sp, word));
        seen.add(sp);
        long at = sp + word;
        String[] strings = {"prog", "Grüße", "", null, "HOME=/", "X=", null};
        for (String s : strings) {
            long pointer = word(m, at, word);
            if (s == null) {
                assertEquals(0, pointer);
            } else {
                assertEquals(s, m.readString(pointer, 100));
                assertTrue(pointer > sp && pointer < 0xffff_0000L);
            }
            at += word;
        }
        boolean random = false;
        boolean entry = false;
        for (long type; (type = word(m, at, word)) != 0; at += 2 * word) {
            long value = word(m, at + word, word);
            if (type == 6) {
                assertEquals(4096, value);
            } else if (type == 9) {
                assertEquals(Guest.TEXT, value);
                entry = true;
            } else if (type == 25) {
                assertEquals(0, m.readLong(value) | m.readLong(value + 8));
                random = true;
            }
        }
        assertTrue(random && entry);
    }

    private static long word(Memory m, long at, int size) {
        return size == 8 ? m.readLong(at) : Integer.toUnsignedLong(m.readInt(at));
    }

    @Test
    void argumentsThatDoNotFitTheStackAreRefused() {
        Guest g = Guest.rv64();
        g.label("_start").ecall(93);
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf());
                    Instance i = p.instantiate(machine.options().withStackSize(4096))) {
                assertThrows(IllegalArgumentException.class, () -> i.run(GAS, List.of("x".repeat(5000)), List.of()));
                assertThrows(IllegalArgumentException.class, () -> i.run(GAS, List.of("a\0b"), List.of()));
                i.call(GAS, "_start"); // still in order
            }
        });
    }

    /** f makes the call with number a7 (t0 for RVE) = a3 and arguments a0–a2. */
    private static Guest caller(int xlen, int flags) {
        Guest g = new Guest(xlen, flags);
        int number = (flags & Guest.RVE) != 0 ? T0 : A7;
        g.label("f").i(Op.ADDI, number, 13, 0).op(Op.ECALL, 0, 0, 0, 0).ret();
        return g.data("Hello, world".getBytes(StandardCharsets.UTF_8), 8192);
    }

    @Test
    void linuxCalls() {
        for (int xlen : new int[]{32, 64}) {
            for (int flags : new int[]{0, Guest.RVE}) {
                Guest g = caller(xlen, flags);
                Engines.each(machine -> linuxCalls(machine, g, xlen));
            }
        }
    }

    private static void linuxCalls(Engines.Machine machine, Guest g, int xlen) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        InputStream in = new ByteArrayInputStream("input".getBytes(StandardCharsets.UTF_8));
        long mask = xlen == 64 ? -1 : 0xffff_ffffL;
        try (Program p = machine.load(g.elf());
                Instance i = p.instantiate(machine.options().withHost(LinuxHost.functions(in, out, err)))) {
            long d = Guest.DATA;
            // @formatter:off
            long[][] calls = {
                // a0, a1, a2, number, result
                {1, d, 5, 64, 5}, {2, d + 7, 5, 64, 5}, {1, 0, 0, 64, 0}, {0, d, 1, 64, -9}, {3, d, 1, 64, -9}, {-1, d, 1, 64, -9},
                {1, d + 8190, 2, 64, 2}, {1, d + 8190, 3, 64, -14}, {1, 0, 1, 64, -14}, {1, d, -1, 64, -14},
                {1, 0xffff_ffffL, 2, 64, -14}, {1, Guest.TEXT, 2, 64, 2},
                {0, d + 100, 3, 63, 3}, {0, d + 103, 100, 63, 2}, {0, d, 10, 63, 0}, {0, d, 0, 63, 0}, {1, d, 1, 63, -9},
                {0, Guest.TEXT, 1, 63, -14}, {0, d + 8190, 3, 63, -14}, {0, d, -1, 63, -14},
                {0, 0, 0, 9999 & 2047, -38}, {0, 0, 0, 65, -38}, {0, 0, 0, 0, -38},
                {0, 0, 0, 214, d + 8192}, {d + 8193, 0, 0, 214, d + 8193}, {d, 0, 0, 214, d + 8193}, {0xf000_0000L, 0, 0, 214, d + 8193},
                {1, d + 8192, 4096, 64, 4096}, {1, d + 8192, 4097, 64, -14}, {d + 8192, 0, 0, 214, d + 8192},
            };
            // @formatter:on
            for (long[] c : calls) {
                Outcome o = i.call(GAS, "f", c[0], c[1], c[2], c[3]);
                assertEquals(c[4] & mask, assertInstanceOf(Outcome.Finished.class, o, o::message).result(),
                        () -> "call " + c[3] + " of " + c[0] + " " + Long.toHexString(c[1]) + " " + c[2]);
            }
            assertEquals("Hello", out.toString(StandardCharsets.UTF_8).substring(0, 5));
            assertEquals("world", err.toString(StandardCharsets.UTF_8));
            assertEquals("input", new String(i.memory().read(d + 100, 5), StandardCharsets.UTF_8));
            for (int number : new int[]{93, 94}) {
                var o = assertInstanceOf(Outcome.Exited.class, i.call(GAS, "f", 0x102, 0, 0, number));
                assertEquals(2, o.status());
                assertEquals("exit 2", o.message());
                assertEquals(g.address("f") + 4, o.pc());
            }
        }
    }

    @Test
    void wideNumbersAndAddressesAreNotCutOff() {
        Guest g = caller(64, 0);
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf());
                    Instance i = p.instantiate(machine.options()
                            .withHost(
                                    LinuxHost.functions(InputStream.nullInputStream(), OutputStream.nullOutputStream(),
                                            OutputStream.nullOutputStream())))) {
                long high = 1L << 32;
                assertEquals(-38,
                        assertInstanceOf(Outcome.Finished.class, i.call(GAS, "f", 1, Guest.DATA, 1, high | 64))
                                .result());
                assertEquals(-14,
                        assertInstanceOf(Outcome.Finished.class, i.call(GAS, "f", 1, high | Guest.DATA, 1, 64))
                                .result());
                assertEquals(Guest.DATA + 8192, assertInstanceOf(Outcome.Finished.class,
                        i.call(GAS, "f", high | Guest.DATA + 9000, 0, 0, 214)).result());
            }
        });
    }

    @Test
    void brokenStreamsAnswerAnError() {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("broken");
            }
        };
        Guest g = caller(64, 0);
        Engines.each(machine -> {
            try (Program p = machine.load(g.elf());
                    Instance i = p.instantiate(machine.options()
                            .withHost(LinuxHost.functions(InputStream.nullInputStream(), broken, broken)))) {
                assertEquals(-5,
                        assertInstanceOf(Outcome.Finished.class, i.call(GAS, "f", 1, Guest.DATA, 1, 64)).result());
            }
        });
    }

    @Test
    void aCallStartsWithFreshRegistersButGpAndTp() {
        Guest g = Guest.rv64();
        g.label("set").li(GP, 1234).li(TP, 5678).li(T1, 9).i(Op.ADDI, 18, ZERO, 4).ret();
        g.label("get").ecall(3).ret();
        Engines.each(machine -> {
            HostFunctions host = HostFunctions.none().with(3, call -> {
                for (int r = 0; r < 32; r++) {
                    long expected = switch (r) {
                        case RA -> 0xffff_0000L;
                        case SP -> 0xffff_0000L;
                        case GP -> 1234;
                        case TP -> 5678;
                        case A0, A1, A2 -> r - 9;
                        case A7 -> 3;
                        default -> 0;
                    };
                    assertEquals(expected, call.register(r), "x" + r);
                }
                call.setResult(-1);
                call.setSecondResult(77);
            });
            try (Program p = machine.load(g.elf());
                    Instance i = p.instantiate(machine.options().withHost(host))) {
                i.call(GAS, "set");
                var o = assertInstanceOf(Outcome.Finished.class, i.call(GAS, "get", 1, 2, 3));
                assertEquals(-1, o.result());
                assertEquals(77, o.second());
                i.reset();
                assertEquals(0, i.register(GP));
            }
        });
    }

    /** Deeper than the host's return stack, so it has to wrap; then every return goes back. */
    @Test
    void recursionDeeperThanTheHostReturnStack() {
        Guest g = Guest.rv64();
        g.label("f").branch(Op.BEQ, A0, ZERO, "end").i(Op.ADDI, SP, SP, -16).store(Op.SD, RA, 0, SP)
                .i(Op.ADDI, A0, A0, -1).jal(RA, "f").i(Op.LD, RA, SP, 0).i(Op.ADDI, SP, SP, 16).i(Op.ADDI, A0, A0, 1);
        g.label("end").ret();
        Engines.each(machine -> {
            try (Instance i = machine.instance(g.elf())) {
                var o = assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(1L << 40), "f", 400_000));
                assertEquals(400_000, o.result());
                assertEquals(400_000L * (5 + 3 + 1) + 2, o.gasUsed());
            }
        });
    }

    /** The same through jalr, whose call can fail to push too. */
    @Test
    void indirectRecursionDeeperThanTheHostReturnStack() {
        Guest g = Guest.rv64();
        g.label("f").branch(Op.BEQ, A0, ZERO, "end").i(Op.ADDI, SP, SP, -16).store(Op.SD, RA, 0, SP)
                .i(Op.ADDI, A0, A0, -1).i(Op.JALR, RA, A1, 0).i(Op.LD, RA, SP, 0).i(Op.ADDI, SP, SP, 16)
                .i(Op.ADDI, A0, A0, 1);
        g.label("end").ret();
        Engines.each(machine -> {
            try (Instance i = machine.instance(g.elf())) {
                var o = assertInstanceOf(Outcome.Finished.class,
                        i.call(CallOptions.ofGas(1L << 40), "f", 400_000, g.address("f")));
                assertEquals(400_000, o.result());
                assertEquals(400_000L * (5 + 3 + 1) + 2, o.gasUsed());
            }
        });
    }
}

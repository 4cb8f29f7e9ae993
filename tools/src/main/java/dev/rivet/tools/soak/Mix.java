package dev.rivet.tools.soak;

import dev.rivet.CallOptions;
import dev.rivet.HostFunctions;
import dev.rivet.Instance;
import dev.rivet.Outcome;
import dev.rivet.Trap;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import java.time.Duration;
import java.util.Random;

/** The guest of a soak: one function for each way a call can end, and what it must end in. Knows no threads. */
final class Mix {
    private static final int TEXT = 0x10000;
    private static final int DATA = 0x20000;
    /** Instructions, and so gas, of a good call: once, and for each round. */
    private static final int GOOD_FIXED = 4;
    private static final int GOOD_ROUND = 11;
    private static final CallOptions PLENTY = CallOptions.ofGas(1L << 40).withDeadline(Duration.ofMinutes(2));
    private static final CallOptions SHORT = CallOptions.ofGas(1L << 50).withDeadline(Duration.ofMillis(3));
    private static final long[] BAD = {0, 8, 0xfff8, 0x0fff_0000L, 0x8000_0000L, 0xffff_fff0L, -8, 1L << 40,
            0x10_7ff0_0000L, 0x40_0000_1000L};

    /** What a call is to end in. */
    enum Kind {
        GOOD, HOST, ENDLESS, OUT_OF_GAS, BAD_LOAD, BAD_STORE, BAD_JUMP, RECURSION, ILLEGAL, BREAKPOINT, HOST_THROWS, NO_SUCH_CALL, FAULT_STORM
    }

    /** The ELF file. */
    final byte[] elf;
    private final int good;
    private final int host;
    private final Mishaps bad;
    private final int throwing;
    private final int unknown;

    Mix() {
        Asm a = new Asm(64, TEXT);
        good = a.here(); // a0: start of xorshift, a1: rounds; returns the sum of all its values, by way of memory
        int loop = a.label();
        a.li(Asm.T2, DATA);
        a.sx(Asm.ZERO, 0, Asm.T2);
        a.place(loop);
        a.slli(Asm.T0, Asm.A0, 13).xor(Asm.A0, Asm.A0, Asm.T0);
        a.srli(Asm.T0, Asm.A0, 7).xor(Asm.A0, Asm.A0, Asm.T0);
        a.slli(Asm.T0, Asm.A0, 17).xor(Asm.A0, Asm.A0, Asm.T0);
        a.lx(Asm.T0, 0, Asm.T2).add(Asm.T0, Asm.T0, Asm.A0).sx(Asm.T0, 0, Asm.T2);
        a.addi(Asm.A1, Asm.A1, -1).branch(Asm.BNE, Asm.A1, Asm.ZERO, loop);
        a.lx(Asm.A0, 0, Asm.T2).ret();
        host = a.here();
        a.li(Asm.A7, 1).ecall().ret();
        throwing = a.here();
        a.li(Asm.A7, 2).ecall().ret();
        unknown = a.here();
        a.li(Asm.A7, 77).ecall().ret();
        bad = new Mishaps(a);
        elf = new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X).add(DATA, new byte[0], 4096, Image.R | Image.W)
                .bytes();
    }

    /** The host's side: 1 adds, 2 throws. */
    static HostFunctions functions() {
        return HostFunctions.none().with(1, c -> c.setResult(c.argument(0) * 3 + c.argument(1))).with(2, c -> {
            throw new IllegalStateException("on purpose");
        });
    }

    /** Makes a call of a kind. Returns its outcome when it is one of those that outsiders cause, null when all is right. */
    Outcome call(Kind kind, Instance i, Random random) {
        return switch (kind) {
            case GOOD -> {
                long x = random.nextLong();
                int rounds = 1 + random.nextInt(20_000);
                yield finished(i.call(PLENTY, good, x, rounds), sum(x, rounds),
                        GOOD_FIXED + (long) GOOD_ROUND * rounds);
            }
            case HOST -> {
                long x = random.nextLong();
                yield finished(i.call(PLENTY, host, x, 5), x * 3 + 5, -1);
            }
            case ENDLESS -> is(i.call(SHORT, bad.endless), Outcome.TimedOut.class);
            case OUT_OF_GAS ->
                is(i.call(CallOptions.ofGas(random.nextInt(100_000)), bad.endless), Outcome.OutOfGas.class);
            case BAD_LOAD ->
                trapped(i.call(PLENTY, bad.load, BAD[random.nextInt(BAD.length)]), Trap.Kind.MEMORY_ACCESS);
            case BAD_STORE -> trapped(i.call(PLENTY, bad.store, random.nextBoolean() ? TEXT : 8, 1),
                    Trap.Kind.MEMORY_ACCESS);
            case BAD_JUMP -> trapped(i.call(PLENTY, bad.jump, random.nextBoolean() ? DATA : random.nextInt() & 0xfff0L),
                    Trap.Kind.BAD_JUMP);
            case RECURSION -> trapped(i.call(PLENTY, bad.deep), Trap.Kind.MEMORY_ACCESS);
            case ILLEGAL -> trapped(i.call(PLENTY, bad.illegal), Trap.Kind.ILLEGAL_INSTRUCTION);
            case BREAKPOINT -> trapped(i.call(PLENTY, bad.breakpoint), Trap.Kind.BREAKPOINT);
            case HOST_THROWS -> trapped(i.call(PLENTY, throwing), Trap.Kind.HOST_ERROR);
            case NO_SUCH_CALL -> trapped(i.call(PLENTY, unknown), Trap.Kind.HOST_ERROR);
            case FAULT_STORM -> {
                Outcome o = null;
                for (int n = 0; n < 100 && o == null; n++) {
                    o = trapped(i.call(PLENTY, bad.load, BAD[n % BAD.length]), Trap.Kind.MEMORY_ACCESS);
                }
                yield o;
            }
        };
    }

    private static long sum(long x, int rounds) {
        long sum = 0;
        for (int n = 0; n < rounds; n++) {
            x ^= x << 13;
            x ^= x >>> 7;
            x ^= x << 17;
            sum += x;
        }
        return sum;
    }

    private static Outcome finished(Outcome o, long result, long gas) {
        if (o instanceof Outcome.Finished f) {
            if (f.result() != result || gas >= 0 && f.gasUsed() != gas) {
                throw new Wrong("result " + f.result() + " and gas " + f.gasUsed() + ", not " + result + " and " + gas);
            }
            return null;
        }
        return outside(o, "finished");
    }

    private static Outcome trapped(Outcome o, Trap.Kind kind) {
        if (o instanceof Outcome.Trapped t && t.trap().kind() == kind) {
            return null;
        }
        return outside(o, "trap " + kind);
    }

    private static Outcome is(Outcome o, Class<? extends Outcome> expected) {
        return expected.isInstance(o) ? null : outside(o, expected.getSimpleName());
    }

    private static Outcome outside(Outcome o, String expected) {
        if (o instanceof Outcome.WorkerLost || o instanceof Outcome.Interrupted) {
            return o;
        }
        throw new Wrong(o.message() + ", not " + expected);
    }

    /** A call that did not end as it had to. */
    static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String what) {
            super(what);
        }
    }
}

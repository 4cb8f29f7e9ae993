package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.A2;
import static dev.rivet.Guest.DATA;
import static dev.rivet.Guest.RA;
import static dev.rivet.Guest.SP;
import static dev.rivet.Guest.T1;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.rivet.ir.Op;
import org.junit.jupiter.api.Test;

/** DESIGN 1.5: every kind of trap, its line, and the registers before it. */
class TrapTest {
    private static Trap trap(Instance i, long gas, String symbol, long... arguments) {
        return assertInstanceOf(Outcome.Trapped.class, i.call(CallOptions.ofGas(gas), symbol, arguments)).trap();
    }

    private interface Check {
        void run(Instance instance) throws Exception;
    }

    private static void on(Guest g, Check check) {
        on(g, HostFunctions.none(), check);
    }

    private static void on(Guest g, HostFunctions host, Check check) {
        byte[] elf = g.elf();
        Engines.each(machine -> {
            try (Program p = machine.load(elf);
                    Instance i = p.instantiate(machine.options().withHost(host))) {
                check.run(i);
            }
        });
    }

    @Test
    void everyLoadAndStoreReportsItsAddressAndDirection() {
        Op[] ops = {Op.LB, Op.LBU, Op.LH, Op.LHU, Op.LW, Op.LWU, Op.LD, Op.SB, Op.SH, Op.SW, Op.SD};
        Guest g = Guest.rv64();
        for (Op op : ops) {
            g.label(op.name()).i(Op.ADDI, A1, A1, 1);
            if (op.kind == Op.Kind.LOAD) {
                g.i(op, A0, A0, -8);
            } else {
                g.store(op, A1, -8, A0);
            }
            g.ret();
        }
        on(g, i -> {
            for (Op op : ops) {
                boolean write = op.kind == Op.Kind.STORE;
                for (long base : new long[]{8, 0x1_0000_0010L, 0xffff_0008L, 0x7000_0000L, 4, -8}) {
                    long address = base - 8 & 0xffff_ffffL;
                    Trap t = trap(i, 100, op.name(), base, 41);
                    assertEquals(Trap.Kind.MEMORY_ACCESS, t.kind());
                    assertEquals(address, t.address());
                    assertEquals(write, t.write());
                    assertEquals(base, t.register(A0));
                    assertEquals(42, t.register(A1));
                    assertEquals("trap MEMORY_ACCESS at pc 0x%08x (%s+0x4): %s at 0x%08x".formatted(t.pc(), op,
                            write ? "write" : "read", address), t.message());
                }
            }
        });
    }

    @Test
    void readOnlyPagesRefuseWritesAndTextCanBeRead() {
        Guest g = Guest.rv64();
        g.label("read").i(Op.LW, A0, A0, 0).ret();
        g.label("write").store(Op.SW, A0, 0, A0).ret();
        on(g, i -> {
            long text = g.address("read");
            long bits = assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "read", text)).result();
            assertEquals(0x00052503, bits);
            assertEquals(text, trap(i, 9, "write", text).address());
        });
    }

    @Test
    void misalignedAccessesWorkAlsoAcrossPagesAndTrapWhereTheSecondPageIsMissing() {
        Guest g = Guest.rv64().data(new byte[]{1, 2, 3, 4, 5, 6, 7, 8, 9}, 8192);
        g.label("ld").i(Op.LD, A0, A0, 0).ret();
        g.label("sd").store(Op.SD, A1, 0, A0).ret();
        on(g, i -> {
            var o = assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "ld", DATA + 1));
            assertEquals(0x0908_0706_0504_0302L, o.result());
            i.call(CallOptions.ofGas(9), "sd", DATA + 4093, 0x1122_3344_5566_7788L);
            assertEquals(0x1122_3344_5566_7788L, i.memory().readLong(DATA + 4093));
            Trap t = trap(i, 9, "sd", DATA + 8189, 1);
            assertEquals(DATA + 8189, t.address());
            assertEquals(0, i.memory().readShort(DATA + 8190));
            assertEquals(DATA + 8185, trap(i, 9, "ld", DATA + 8185).address());
        });
    }

    @Test
    void illegalWordsOfBothSizes() {
        Guest g = new Guest(64, Guest.RVC);
        g.label("f").half(0x0000).nop();
        g.label("g").word(0xc0001073); // csrrw: there are no CSRs
        g.label("h").half(0x0001).half(0x0000);
        on(g, i -> {
            Trap t = trap(i, 5, "f", 7);
            assertEquals(Trap.Kind.ILLEGAL_INSTRUCTION, t.kind());
            assertEquals("trap ILLEGAL_INSTRUCTION at pc 0x00010000 (f+0x0): 0x0000 is no supported instruction",
                    t.message());
            assertEquals(7, t.register(A0));
            assertEquals("trap ILLEGAL_INSTRUCTION at pc 0x00010006 (g+0x0): 0xc0001073 is no supported instruction",
                    trap(i, 5, "g").message());
            Outcome o = i.call(CallOptions.ofGas(5), "h");
            assertEquals(g.address("h") + 2, o.pc());
            assertEquals(2, o.gasUsed());
        });
    }

    @Test
    void registersAboveFifteenAreIllegalInAnEmbeddedFile() {
        Guest g = new Guest(64, Guest.RVE);
        g.label("f").r(Op.ADD, 16, A0, A0).ret();
        on(g, i -> assertEquals(Trap.Kind.ILLEGAL_INSTRUCTION, trap(i, 5, "f").kind()));
    }

    @Test
    void breakpoint() {
        Guest g = Guest.rv64();
        g.label("f").i(Op.ADDI, A0, A0, 1).op(Op.EBREAK, 0, 0, 0, 0).ret();
        on(g, i -> {
            Trap t = trap(i, 5, "f", 1);
            assertEquals("trap BREAKPOINT at pc 0x00010004 (f+0x4): ebreak", t.message());
            assertEquals(2, t.register(A0));
        });
    }

    @Test
    void badJumpsStandAtTheJumpWithRdAsItWas() {
        Guest g = Guest.rv64();
        g.label("jalr").i(Op.JALR, A1, A0, 4).ret();
        g.label("same").i(Op.JALR, A0, A0, 0).ret();
        g.label("call").i(Op.JALR, RA, A0, 0).ret();
        g.label("jal").word(0x7fdff0ef); // jal ra, +0xffffc: far behind the segment
        g.label("branch").word(0x7ea50fe3); // beq a0, a0, +4094
        on(g, i -> {
            for (long target : new long[]{0, 0x20000, 0x10002, 0xffff_0004L, 0x7fff_ffff_0000_0000L, 0x1_0001_0002L,
                    0xf000_0000L}) {
                Trap t = trap(i, 9, "same", target);
                assertEquals(Trap.Kind.BAD_JUMP, t.kind());
                assertEquals(target & 0xffff_fffeL, t.address());
                assertEquals(target, t.register(A0));
                assertEquals(g.address("same"), t.pc());
                t = trap(i, 9, "jalr", target - 4, 77);
                assertEquals(target & 0xffff_fffeL, t.address());
                assertEquals(77, t.register(A1));
                t = trap(i, 9, "call", target);
                assertEquals(0xffff_0000L, t.register(RA));
                assertEquals("trap BAD_JUMP at pc 0x%08x (call+0x0): jump to 0x%08x".formatted(t.pc(),
                        target & 0xffff_fffeL), t.message());
            }
            Trap t = trap(i, 9, "jal");
            assertEquals(g.address("jal") + 0xffffcL, t.address());
            assertEquals(0xffff_0000L, t.register(RA));
            t = trap(i, 9, "branch");
            assertEquals(g.address("branch") + 4094L, t.address());
            assertEquals(g.address("branch"), t.pc());
        });
    }

    @Test
    void bitZeroOfATargetIsClearedAndTargetsWrap() {
        Guest g = Guest.rv64();
        g.label("f").i(Op.JALR, ZERO, A0, -1).ret();
        g.label("g").i(Op.ADDI, A0, ZERO, 9).ret();
        on(g, i -> {
            for (long target : new long[]{0, 1, 1L << 32, -1L << 32}) {
                Outcome o = i.call(CallOptions.ofGas(9), "f", g.address("g") + 1 + target);
                assertEquals(9, assertInstanceOf(Outcome.Finished.class, o).result());
            }
        });
    }

    @Test
    void runningOffTheEndOfASegment() {
        Guest g = new Guest(64, Guest.RVC);
        g.label("f").nop().half(0x0013); // the first half of a four-byte instruction
        on(g, i -> {
            Outcome o = i.call(CallOptions.ofGas(9), "f", 3);
            Trap t = assertInstanceOf(Outcome.Trapped.class, o).trap();
            assertEquals("trap BAD_JUMP at pc 0x00010004 (f+0x4): no instruction at 0x00010004", t.message());
            assertEquals(1, o.gasUsed());
            assertEquals(0x10004, t.address());
            o = i.call(CallOptions.ofGas(9), 0x10004); // a valid target with nothing there
            assertEquals(0x10004, assertInstanceOf(Outcome.Trapped.class, o).trap().pc());
            assertEquals(0, o.gasUsed());
            o = i.call(CallOptions.ofGas(9), 0x10006); // outside
            assertEquals(Trap.Kind.BAD_JUMP, assertInstanceOf(Outcome.Trapped.class, o).trap().kind());
        });
    }

    @Test
    void hostErrorsCarryTheirCauseAndKeepRegisters() {
        Guest g = Guest.rv64();
        g.label("f").ecall(5).ret();
        g.label("g").ecall(6).ret();
        RuntimeException cause = new IllegalStateException("two\nlines");
        HostFunctions host = HostFunctions.none().with(5, call -> {
            call.setResult(1);
            throw cause;
        });
        on(g, host, i -> {
            Trap t = trap(i, 9, "f", 8);
            assertEquals(Trap.Kind.HOST_ERROR, t.kind());
            assertSame(cause, t.cause());
            assertEquals(8, t.register(A0));
            assertEquals("trap HOST_ERROR at pc 0x00010004 (f+0x4): host function 5 failed: "
                    + "java.lang.IllegalStateException: two lines", t.message());
            assertEquals("trap HOST_ERROR at pc 0x00010010 (g+0x4): no host function has number 6",
                    trap(i, 9, "g").message());
        });
    }

    @Test
    void atomicsTrapWhenMisalignedBeforeAnythingElse() {
        Guest g = Guest.rv64();
        g.label("lr").r(Op.LR_W, A0, A1, 0).ret();
        g.label("sc").r(Op.SC_D, A0, A1, A2).ret();
        g.label("amo").r(Op.AMOADD_D, A0, A1, A2).ret();
        on(g, i -> {
            Trap t = trap(i, 9, "lr", 1, DATA + 2);
            assertEquals("trap MEMORY_ACCESS at pc 0x00010000 (lr+0x0): read at 0x00020002", t.message());
            assertEquals(1, t.register(A0));
            assertEquals("write at 0x00020004", trap(i, 9, "sc", 1, DATA + 4, 5).detail());
            assertEquals("write at 0x00020004", trap(i, 9, "amo", 1, DATA + 4, 5).detail());
            assertEquals("write at 0x00010000", trap(i, 9, "amo", 1, 0x10000, 5).detail());
            assertEquals("read at 0x00000004", trap(i, 9, "lr", 1, 4).detail());
            // a failing sc touches no memory
            assertEquals(1,
                    assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "sc", 1, 8, 5)).result());
        });
    }

    @Test
    void reservations() {
        Guest g = Guest.rv64().data(new byte[]{5}, 4096);
        g.label("good").r(Op.LR_W, A0, A1, 0).r(Op.SC_W, A0, A1, A2).r(Op.SC_W, T1, A1, A2).r(Op.SUB, A0, T1, A0).ret();
        g.label("width").r(Op.LR_W, A0, A1, 0).r(Op.SC_D, A0, A1, A2).ret();
        g.label("place").r(Op.LR_W, A0, A1, 0).i(Op.ADDI, A1, A1, 4).r(Op.SC_W, A0, A1, A2).ret();
        g.label("store").r(Op.LR_D, A0, A1, 0).store(Op.SD, A2, 0, A1).r(Op.SC_D, A0, A1, A2).ret();
        g.label("take").r(Op.LR_W, A0, A1, 0).ret();
        g.label("late").r(Op.SC_W, A0, A1, A2).ret();
        on(g, i -> {
            String[] names = {"good", "width", "place", "store"};
            long[] results = {1, 1, 1, 0};
            for (int k = 0; k < names.length; k++) {
                Outcome o = i.call(CallOptions.ofGas(99), names[k], 0, DATA, 6);
                assertEquals(results[k], assertInstanceOf(Outcome.Finished.class, o).result(), names[k]);
            }
            i.call(CallOptions.ofGas(99), "take", 0, DATA);
            assertEquals(1,
                    assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "late", 0, DATA)).result(),
                    "a new call starts without a reservation");
        });
    }

    @Test
    void aTrappedInstanceCanBeCalledAgainAndKeepsItsMemory() {
        Guest ok = Guest.rv64();
        ok.label("f").store(Op.SD, A0, 0, A1).i(Op.LD, A0, ZERO, 0).ret();
        ok.label("g").i(Op.LD, A0, A1, 0).ret();
        on(ok, i -> {
            trap(i, 9, "f", 1234, DATA);
            Outcome o = i.call(CallOptions.ofGas(9), "g", 0, DATA);
            assertEquals(1234, assertInstanceOf(Outcome.Finished.class, o).result());
            i.reset();
            o = i.call(CallOptions.ofGas(9), "g", 0, DATA);
            assertEquals(0, assertInstanceOf(Outcome.Finished.class, o).result());
        });
    }

    @Test
    void stackOverflowHitsTheGuard() {
        Guest g = Guest.rv64();
        g.label("f").i(Op.ADDI, SP, SP, -2048).store(Op.SD, A0, 0, SP).jal(ZERO, "f");
        byte[] elf = g.elf();
        Engines.each(machine -> {
            try (Program p = machine.load(elf);
                    Instance i = p.instantiate(machine.options().withStackSize(16384))) {
                Trap t = trap(i, 10_000, "f");
                assertEquals(0xffff_0000L - 16384 - 2048, t.address());
                assertEquals(t.address(), t.register(SP));
            }
        });
    }

    @Test
    void thirtyTwoBitRegistersAreZeroExtended() {
        Guest g = new Guest(32, 0);
        g.label("f").i(Op.ADDI, A0, ZERO, -1).i(Op.LW, A1, ZERO, -4).ret();
        on(g, i -> {
            Trap t = trap(i, 9, "f", 0, -1);
            assertEquals(0xffff_ffffL, t.register(A0));
            assertEquals(0xffff_ffffL, t.register(A1));
            assertEquals(0xffff_fffcL, t.address());
        });
    }

    /** Control runs from one executable segment into the next, but no block does, and no instruction. */
    @Test
    void segmentsThatTouch() {
        Guest g = Guest.rv64();
        g.label("f").i(Op.ADDI, A0, A0, 1).nop().split().i(Op.ADDI, A0, A0, 2).ret();
        on(g, i -> {
            Outcome o = i.call(CallOptions.ofGas(4), "f", 0);
            assertEquals(3, assertInstanceOf(Outcome.Finished.class, o, o::message).result());
            assertEquals(4, o.gasUsed());
            Outcome stopped = i.call(CallOptions.ofGas(3), "f", 0);
            assertEquals(Guest.TEXT + 8, assertInstanceOf(Outcome.OutOfGas.class, stopped).pc());
            assertEquals(2, stopped.gasUsed());
            assertEquals(2, i.call(CallOptions.ofGas(3), Guest.TEXT + 8, 0).gasUsed());
        });
        Guest cut = new Guest(64, Guest.RVC);
        cut.label("f").half(0x0001).half(0x0513).split().half(0x0015).ret(); // addi a0, a0, 1 across the border
        on(cut, i -> {
            Outcome o = i.call(CallOptions.ofGas(9), "f", 7);
            Trap t = assertInstanceOf(Outcome.Trapped.class, o, o::message).trap();
            assertEquals(Trap.Kind.BAD_JUMP, t.kind());
            assertEquals(Guest.TEXT + 2, t.pc());
            assertEquals(1, o.gasUsed());
        });
    }

    @Test
    void pagesWithoutRightsCannotBeTouchedAndTheHeapIsBehindThem() {
        Guest g = Guest.rv64().data(new byte[]{1}, 8192).dataRights(0);
        g.label("f").i(Op.LD, A0, A0, 0).ret();
        on(g, i -> {
            assertEquals(DATA, trap(i, 9, "f", DATA).address());
            assertEquals(DATA + 8192, i.memory().brk());
            assertEquals(DATA + 9000, i.memory().brk(DATA + 9000));
            assertEquals(0,
                    assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(9), "f", DATA + 8192)).result());
            assertEquals(DATA + 8184, trap(i, 9, "f", DATA + 8184).address());
        });
    }
}

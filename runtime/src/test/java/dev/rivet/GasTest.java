package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.A1;
import static dev.rivet.Guest.RA;
import static dev.rivet.Guest.S0;
import static dev.rivet.Guest.T1;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** DESIGN 1.6: what is charged when, and where running out of it stops. */
class GasTest {
    /** f(a0 = n, a1 = 0): adds n + … + 1 into a1 and returns it. Blocks of 1, 3 and 2 instructions. */
    private static byte[] sum() {
        Guest g = Guest.rv64();
        g.label("f").branch(Op.BEQ, A0, ZERO, "done");
        g.label("loop").r(Op.ADD, A1, A1, A0).i(Op.ADDI, A0, A0, -1).branch(Op.BNE, A0, ZERO, "loop");
        g.label("done").i(Op.ADDI, A0, A1, 0).ret();
        return g.elf();
    }

    @Test
    void everyInstructionOfABlockIsChargedAtItsEntry() {
        Engines.each(machine -> {
            try (Instance i = machine.instance(sum())) {
                var f = assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(1000), "f", 4));
                assertEquals(10, f.result());
                assertEquals(1 + 4 * 3 + 2, f.gasUsed());
                assertEquals(1000 - 15, f.gasLeft());
                assertEquals(0xffff_0000L, f.pc());
            }
        });
    }

    @Test
    void exactlyEnoughIsEnoughAndOneShortStopsBeforeTheBlock() {
        Engines.each(machine -> {
            try (Instance i = machine.instance(sum())) {
                var f = assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(15), "f", 4));
                assertEquals(0, f.gasLeft());
                var o = assertInstanceOf(Outcome.OutOfGas.class, i.call(CallOptions.ofGas(14), "f", 4));
                assertEquals("out of gas at pc 0x00010010 (done+0x0)", o.message());
                assertEquals(1, o.gasLeft());
                assertEquals(13, o.gasUsed());
                assertEquals(0, i.register(A0));
                assertEquals(10, i.register(A1));
            }
        });
    }

    @Test
    void everyBudgetStopsAndResumesWithTheSameEnd() {
        Engines.each(machine -> {
            try (Instance i = machine.instance(sum())) {
                for (int budget = 0; budget <= 15; budget++) {
                    Outcome o = i.call(CallOptions.ofGas(budget), "f", 4);
                    long used = o.gasUsed();
                    int spent = budget < 1 ? 0 : budget < 13 ? 1 + (budget - 1) / 3 * 3 : budget < 15 ? 13 : 15;
                    assertEquals(spent, used, "budget " + budget);
                    assertEquals(budget - used, o.gasLeft());
                    while (o instanceof Outcome.OutOfGas) {
                        o = i.resume(CallOptions.ofGas(1));
                        used += o.gasUsed();
                    }
                    assertEquals(10, assertInstanceOf(Outcome.Finished.class, o).result());
                    assertEquals(15, used);
                    assertEquals(0, budget < 15 ? o.gasLeft() : 0);
                }
            }
        });
    }

    @Test
    void onlyOutOfGasCanBeResumed() {
        Engines.each(machine -> {
            try (Instance i = machine.instance(sum())) {
                assertThrows(IllegalStateException.class, () -> i.resume(CallOptions.ofGas(1)));
                i.call(CallOptions.ofGas(3), "f", 4);
                i.reset();
                assertThrows(IllegalStateException.class, () -> i.resume(CallOptions.ofGas(1)));
                i.call(CallOptions.ofGas(100), "f", 4);
                assertThrows(IllegalStateException.class, () -> i.resume(CallOptions.ofGas(1)));
            }
        });
    }

    @Test
    void costsComeFromTheModel() {
        CostModel model = CostModel.of("mine", 1, Map.of(Op.ADD, 7, Op.JALR, 100));
        Engines.each(machine -> {
            try (Program p = machine.load(sum());
                    Instance i = p.instantiate(machine.options().withCosts(model))) {
                assertEquals(1 + 4 * 9 + 101, i.call(CallOptions.ofGas(1000), "f", 4).gasUsed());
            }
        });
    }

    @Test
    void aJumpIntoTheMiddleOfABlockIsChargedFromThere() {
        Guest g = Guest.rv64();
        g.label("f").nop().nop().nop().i(Op.ADDI, A0, ZERO, 5).ret();
        Engines.each(machine -> {
            try (Instance i = machine.instance(g.elf())) {
                for (int skipped = 0; skipped < 5; skipped++) {
                    Outcome o = i.call(CallOptions.ofGas(100), g.address("f") + 4L * skipped);
                    assertEquals(5 - skipped, o.gasUsed());
                    assertEquals(skipped < 4 ? 5 : 0, assertInstanceOf(Outcome.Finished.class, o).result());
                    Outcome none = i.call(CallOptions.ofGas(4 - skipped), g.address("f") + 4L * skipped);
                    assertEquals(g.address("f") + 4L * skipped, assertInstanceOf(Outcome.OutOfGas.class, none).pc());
                    assertEquals(0, none.gasUsed());
                }
            }
        });
    }

    /**
     * A jump between the boundaries of the sweep: the upper half of a lui is c.li a0, 3 followed by a c.jr ra. Decoding runs
     * from there and not from the sweep's view of those bytes.
     */
    @Test
    void aJumpIntoAnInstructionDecodesAndChargesFromThere() {
        Guest g = new Guest(64, Guest.RVC);
        // lui x?, imm with upper half 0x450d (c.li a0, 3), then c.jr ra = 0x8082
        g.label("f").half(0x0537).half(0x450d).half(0x8082).ret();
        Engines.each(machine -> {
            try (Instance i = machine.instance(g.elf())) {
                var o = assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(2), g.address("f") + 2L));
                assertEquals(3, o.result());
                assertEquals(2, o.gasUsed());
                assertEquals(0x450d0000L,
                        assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(2), "f")).result());
                assertInstanceOf(Outcome.OutOfGas.class, i.call(CallOptions.ofGas(1), g.address("f") + 2L));
                assertEquals(3, assertInstanceOf(Outcome.Finished.class, i.resume(CallOptions.ofGas(1))).result());
            }
        });
    }

    /** A side entry that meets a leader on its own boundaries ends there: the rest is charged as a block of its own. */
    @Test
    void aSideEntryEndsAtTheNextLeader() {
        Guest g = new Guest(64, Guest.RVC);
        // f+2: c.li a0,3 and then the leader "next"
        g.label("f").half(0x0537).half(0x450d).label("next").i(Op.ADDI, A0, A0, 1).ret();
        g.label("other").branch(Op.BEQ, ZERO, ZERO, "next");
        Engines.each(machine -> {
            try (Instance i = machine.instance(g.elf())) {
                Outcome stopped = i.call(CallOptions.ofGas(2), g.address("f") + 2L);
                assertEquals("out of gas at pc 0x00010004 (next+0x0)", stopped.message());
                assertEquals(1, stopped.gasUsed());
                assertEquals(3, i.register(A0));
                assertEquals(4, assertInstanceOf(Outcome.Finished.class, i.resume(CallOptions.ofGas(1))).result());
            }
        });
    }

    @Test
    void budgetsReachTheLargestLong() {
        Engines.each(machine -> {
            try (Instance i = machine.instance(sum())) {
                assertEquals(Long.MAX_VALUE - 15, i.call(CallOptions.ofGas(Long.MAX_VALUE), "f", 4).gasLeft());
                assertEquals(Long.MAX_VALUE - 15, i.call(CallOptions.unlimited(), "f", 4).gasLeft());
                i.call(CallOptions.ofGas(2), "f", 4);
                assertEquals(Long.MAX_VALUE - 14, i.resume(CallOptions.ofGas(Long.MAX_VALUE)).gasLeft());
            }
        });
    }

    @Test
    void hostFunctionsChargeAndTheHostCallIsMadeAgain() {
        Guest g = Guest.rv64();
        g.label("f").i(Op.ADDI, S0, S0, 1).ecall(7).ret();
        int[] calls = {0};
        HostFunctions host = HostFunctions.none().with(7, call -> {
            calls[0]++;
            call.setResult(99);
            call.charge(10);
            call.setResult(call.gasLeft());
        });
        Engines.each(machine -> {
            calls[0] = 0;
            try (Program p = machine.load(g.elf());
                    Instance i = p.instantiate(machine.options().withHost(host))) {
                Outcome o = i.call(CallOptions.ofGas(12), "f", 1);
                assertEquals("out of gas at pc 0x00010008 (f+0x8)", o.message());
                assertEquals(3, o.gasUsed());
                assertEquals(9, o.gasLeft());
                assertEquals(1, i.register(A0));
                o = i.resume(CallOptions.ofGas(2));
                assertEquals(1, assertInstanceOf(Outcome.Finished.class, o).result());
                assertEquals(11, o.gasUsed());
                assertEquals(2, calls[0]);
                assertEquals(1, i.register(S0));
            }
        });
    }

    @Test
    void withoutMeteringNothingIsCountedAndNoLimitIsTaken() {
        Engines.each(machine -> {
            try (Program p = machine.load(sum());
                    Instance i = p.instantiate(machine.options().withMetering(Metering.NONE))) {
                Outcome o = i.call(CallOptions.unlimited(), "f", 4);
                assertEquals(0, o.gasUsed());
                assertEquals(0, o.gasLeft());
                String message = assertThrows(IllegalArgumentException.class, () -> i.call(CallOptions.ofGas(5), "f"))
                        .getMessage();
                assertEquals("a gas limit for an instance with metering none; make the instance with another metering",
                        message);
            }
        });
    }

    /** The callee's return address is a leader; the caller's jal and what follows are charged apart. */
    @Test
    void callsAndReturns() {
        Guest g = Guest.rv64();
        g.label("f").i(Op.ADDI, T1, RA, 0).jal(RA, "g").i(Op.ADDI, RA, T1, 0).ret();
        g.label("g").i(Op.ADDI, A0, A0, 1).ret();
        Engines.each(machine -> {
            try (Instance i = machine.instance(g.elf())) {
                assertEquals(6, i.call(CallOptions.ofGas(6), "f", 1).gasUsed());
                assertEquals(g.address("f") + 8L,
                        assertInstanceOf(Outcome.OutOfGas.class, i.call(CallOptions.ofGas(5), "f", 1)).pc());
                assertEquals(g.address("g") + 0L,
                        assertInstanceOf(Outcome.OutOfGas.class, i.call(CallOptions.ofGas(3), "f", 1)).pc());
            }
        });
    }

    /** Asynchronous metering stops late, but whether the limit was kept is exact. */
    @Test
    void asynchronousMeteringIsExactInItsResult() {
        Guest g = Guest.rv64();
        g.label("loop").i(Op.ADDI, A0, A0, 1).jal(ZERO, "loop");
        g.label("call").ecall(1).ret();
        int[] calls = {0};
        HostFunctions host = HostFunctions.none().with(1, call -> calls[0]++);
        Engines.each(machine -> {
            InstanceOptions options = machine.options().withMetering(Metering.ASYNC).withHost(host);
            try (Program p = machine.load(sum());
                    Program q = machine.load(g.elf());
                    Instance i = p.instantiate(options);
                    Instance j = q.instantiate(options)) {
                assertEquals(0,
                        assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.ofGas(15), "f", 4)).gasLeft());
                assertInstanceOf(Outcome.OutOfGas.class, i.call(CallOptions.ofGas(14), "f", 4));
                assertThrows(IllegalStateException.class, () -> i.resume(CallOptions.ofGas(14)));
                Outcome o = assertInstanceOf(Outcome.OutOfGas.class, j.call(CallOptions.ofGas(1_000_000), "loop"));
                if (machine.engine().isNative()) {
                    assertEquals(0, o.gasLeft());
                    assertEquals(1_000_000, o.gasUsed());
                }
                calls[0] = 0;
                assertInstanceOf(Outcome.OutOfGas.class, j.call(CallOptions.ofGas(1), "call"));
                assertEquals(0, calls[0], "gas is looked at before the host call");
                assertEquals(0,
                        assertInstanceOf(Outcome.Finished.class, j.call(CallOptions.ofGas(3), "call")).gasLeft());
                assertEquals(1, calls[0]);
            }
        });
    }
}

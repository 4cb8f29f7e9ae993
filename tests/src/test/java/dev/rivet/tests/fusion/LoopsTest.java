package dev.rivet.tests.fusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Conformance;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Forms;
import dev.rivet.tools.conform.Image;
import dev.rivet.tools.conform.Isa;
import dev.rivet.tools.conform.Stop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Loops of one block in which 32-bit sums accumulate, each with one more instruction of every kind before or behind the
 * sum: whatever a translator carries from turn to turn, registers, pc and gas are the interpreter's, with any budget, after
 * a fault in any turn, entered anywhere, and wherever the loop is paused.
 */
class LoopsTest {
    private static final int TEXT = 0x1_0000;
    private static final int DATA = 0x400_0000;
    private static final int A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, S1 = 9, GP = 3;
    private static final int TURNS = 3;

    private static final List<Op> SUMS = List.of(Op.ADDW, Op.SUBW, Op.ADDIW);
    /** rd, rs1, rs2 of the other instruction; a0 accumulates. */
    private static final int[][] OTHERS = {{A2, A2, A3}, {A2, A0, A3}, {A2, A3, A0}, {A3, A2, A2}, {A2, 0, A0},
            {A2, A0, 0}, {A0, A0, A3}, {A0, A2, A0}, {GP, A0, A2}, {A2, GP, A0}, {0, A0, A2}};

    private static int sum(Op op, boolean swapped) {
        return op == Op.ADDIW
                ? Forms.of(op).encode(64, A0, A0, 0, 0x7ff)
                : Forms.of(op).encode(64, A0, swapped ? A1 : A0, swapped ? A0 : A1, 0);
    }

    private static int other(Op op, int[] r) {
        int imm = op.kind == Op.Kind.LOAD || op.kind == Op.Kind.STORE ? 8 : op == Op.SLTIU ? 1 : -3;
        boolean access = op.kind == Op.Kind.LOAD || op.kind == Op.Kind.STORE || op.kind == Op.Kind.ATOMIC;
        return Forms.of(op).encode(64, r[0], access ? S1 : r[1], r[2], imm);
    }

    /** A loop of {@value #TURNS} turns; what is behind it does not belong to its block. */
    private static void loop(Asm asm, int... words) {
        int head = asm.label();
        asm.addi(GP, A4, 0).addi(A4, 0, TURNS).li(S1, DATA + 64).place(head);
        for (int word : words) {
            asm.insn(word);
        }
        asm.addi(A4, A4, -1).branch(Asm.BNE, A4, 0, head).ebreak();
    }

    private static byte[] elf(Isa isa, Asm asm) {
        return new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X)
                .add(DATA, new byte[]{1, 2, 3, (byte) 0x84}, 4096, Image.R | Image.W).bytes();
    }

    @ParameterizedTest
    @CsvSource({"rv64e, SYNC", "rv64e, FPU", "rv64i, SYNC"})
    void whateverElseIsInTheLoop(String name, Metering metering) {
        Isa isa = Isa.of(name);
        Asm asm = new Asm(64, TEXT);
        List<Integer> functions = new ArrayList<>();
        for (Op op : Op.values()) {
            boolean plain = op.kind == Op.Kind.ALU || op.kind == Op.Kind.LOAD || op.kind == Op.Kind.STORE
                    || op.kind == Op.Kind.ATOMIC;
            for (int[] r : plain && Forms.of(op).on(64) ? OTHERS : new int[0][]) {
                for (Op sum : SUMS) {
                    functions.add(asm.here());
                    loop(asm, other(op, r), sum(sum, r[1] == A3 && sum == Op.ADDW));
                    functions.add(asm.here());
                    loop(asm, sum(sum, r[1] == A3 && sum == Op.ADDW), other(op, r));
                }
            }
        }
        long[][] arguments = {{0x7fff_fffeL, 1, 7, 9, 0, 0}, {-1, 0xdead_beef_8000_0001L, -8, 3, 0, 0}};
        try (Duel.Sides sides = Conformance.sides();
                Duel duel = new Duel(sides, elf(isa, asm), "loops " + name, metering, CostModel.UNIT)) {
            duel.watch(DATA, 4096);
            for (int f = 0; f < functions.size(); f++) {
                duel.call(100, functions.get(f), arguments[f % 2]);
                duel.call(4 + f % 16, functions.get(f), arguments[f / 2 % 2]);
            }
        }
        assertTrue(functions.size() > 5_000, "only " + functions.size() + " functions");
    }

    /** All pairs of instructions that are often in such loops, one of them computing from the sum. */
    @ParameterizedTest
    @EnumSource(value = Metering.class, names = {"SYNC", "FPU"})
    void pairsInTheLoop(Metering metering) {
        List<Op> ops = Arrays.stream(Op.values()).filter(op -> op.kind == Op.Kind.ALU && Forms.of(op).on(64)).toList();
        Asm asm = new Asm(64, TEXT);
        List<Integer> functions = new ArrayList<>();
        for (Op first : ops) {
            for (Op second : ops) {
                functions.add(asm.here());
                loop(asm, sum(Op.ADDW, false), other(first, new int[]{A2, A0, A1}),
                        other(second, new int[]{A2, A2, A3}));
            }
        }
        try (Duel.Sides sides = Conformance.sides();
                Duel duel = new Duel(sides, elf(Isa.of("rv64e"), asm), "pairs", metering, CostModel.UNIT)) {
            for (int function : functions) {
                duel.call(100, function, 0x7fff_ffffL, 0xffff_ffff_0000_0003L, 5, 1, 0, 0);
            }
        }
        assertTrue(functions.size() > 5_000, "only " + functions.size() + " functions");
    }

    /** lbu, sum, sb and a sum of the address, which runs into unmapped memory; all budgets, all entries, all resumes. */
    @ParameterizedTest
    @CsvSource({"rv64e, SYNC", "rv64ec, SYNC", "rv64e, FPU", "rv64i, FPU"})
    void anyBudgetAnyEntryAndFaults(String name, Metering metering) {
        Isa isa = Isa.of(name);
        for (int form = 0; form < 4; form++) {
            Asm asm = new Asm(64, TEXT);
            int head = asm.label();
            int enter = asm.label();
            if (form >= 2) {
                asm.j(enter); // so control does not fall into the loop
            }
            int start = asm.here();
            if (form == 3) {
                asm.addi(A5, A5, 1).branch(Asm.BEQ, A5, 0, enter).addi(A5, A5, 1).j(enter);
            }
            asm.place(enter).place(head);
            if (form % 2 == 0) {
                asm.load(4, A2, 0, A3).insn(sum(Op.ADDW, false)).insn(Forms.of(Op.ADDIW).encode(64, A3, A3, 0, 1));
                asm.store(0, A0, 0, A3).branch(Asm.BNE, A3, A4, head);
            } else {
                asm.insn(sum(Op.SUBW, false)).store(0, A1, 0, A0).branch(Asm.BGE, A0, A4, head);
            }
            int end = asm.here();
            asm.addi(A5, A5, 1).ebreak();
            try (Duel.Sides sides = Conformance.sides();
                    Duel duel = new Duel(sides, elf(isa, asm), "loop " + form, metering,
                            CostModel.UNIT)) {
                for (long end4 : new long[]{DATA + 4, DATA + 4096}) {
                    for (int entry = TEXT; entry <= end; entry += 4) {
                        long[] arguments = {DATA + 20, 5, 0, end4 - 4, form % 2 == 0 ? end4 + 8 : DATA - 8, 0};
                        for (int budget = 0; budget < 50; budget++) {
                            duel.reset();
                            Stop stop = duel.call(budget, entry, arguments);
                            for (int i = 0; i < 30 && stop.kind().equals(Stop.OUT_OF_GAS); i++) {
                                stop = duel.resume(3 + (i + budget) % 9);
                            }
                        }
                    }
                }
            }
            assertTrue(start < end);
        }
    }

    /** A loop that takes seconds, paused all the time; at each pause the sum is that of the turns made. */
    @ParameterizedTest
    @EnumSource(Metering.class)
    void pausedAnywhere(Metering metering) throws Exception {
        Asm asm = new Asm(64, TEXT);
        int head = asm.label();
        asm.place(head).insn(sum(Op.ADDW, false)).addi(A2, A2, -1).branch(Asm.BNE, A2, 0, head).ebreak();
        long turns = 60_000_000;
        InstanceOptions options = InstanceOptions.defaults().withMetering(metering);
        boolean limited = metering != Metering.NONE;
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).build();
                Program program = engine.load(elf(Isa.of("rv64e"), asm), "loop");
                Instance instance = program.instantiate(options)) {
            boolean[] over = {false};
            Thread pauser = Thread.ofPlatform().start(() -> {
                while (!over[0]) {
                    instance.pause();
                    java.util.concurrent.locks.LockSupport.parkNanos(400_000);
                }
            });
            int pauses = 0;
            int inside = 0;
            try {
                CallOptions limit = limited ? CallOptions.ofGas(4 * turns) : CallOptions.unlimited();
                Outcome outcome = instance.call(limit, TEXT, 0, 7, turns);
                while (outcome instanceof Outcome.Paused paused) {
                    pauses++;
                    long made = turns - instance.register(A2);
                    int at = (int) paused.usage().at().pc() - TEXT >> 2;
                    inside += at == 0 ? 0 : 1;
                    long sums = at == 1 ? made + 1 : made;
                    assertEquals((int) (7 * sums), instance.register(A0), "after " + made + " turns, at " + at);
                    outcome = instance.resume(limited ? CallOptions.ofGas(0) : limit);
                }
                assertEquals(0, instance.register(A2));
                assertEquals((int) (7 * turns), instance.register(A0));
            } finally {
                over[0] = true;
                pauser.join();
            }
            System.out.println("loops: " + metering + ", " + pauses + " pauses, " + inside + " inside");
            assertTrue(pauses > 4, pauses + " pauses");
        }
    }

}

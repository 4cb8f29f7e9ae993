package dev.rivet.tools.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.Engine;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The suites bite: what differs in one bit is reported. The interpreter stands on both sides, with different programs. */
class DuelTest {
    private static final int TEXT = 0x10000;
    private static final int DATA = 0x20000000;

    private static byte[] program(int word, int data) {
        Asm asm = new Asm(64, TEXT).li(10, 5).li(11, 7).word(word).lui(12, DATA).sx(10, 8, 12).ebreak();
        return new Image(64, Image.RVE).entry(TEXT).add(asm, Image.R | Image.X)
                .add(DATA, new byte[]{(byte) data}, 64, Image.R | Image.W).bytes();
    }

    private static String message(byte[] left, byte[] right, CostModel rightCosts) {
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
                Machine a = new Machine(engine, left, "left", Metering.SYNC, CostModel.UNIT);
                Machine b = new Machine(engine, right, "right", Metering.SYNC, rightCosts);
                Duel duel = new Duel("duel", a, b).watch(DATA, 64)) {
            return assertThrows(Duel.Disagreement.class, () -> duel.call(100, TEXT)).getMessage();
        }
    }

    @Test
    void oneBitOfDifferenceIsSeen() {
        int add = Forms.of(Op.ADD).encode(64, 10, 10, 11, 0);
        int sub = Forms.of(Op.SUB).encode(64, 10, 10, 11, 0);
        int other = Forms.of(Op.ADD).encode(64, 13, 10, 11, 0);
        byte[] right = program(add, 1);
        assertTrue(message(right, program(sub, 1), CostModel.UNIT).contains("x10 0xc / 0xfffffffffffffffe"));
        assertTrue(message(right, program(other, 1), CostModel.UNIT).contains("x13 0x0 / 0xc"));
        assertTrue(message(right, program(add, 3), CostModel.UNIT).contains("memory at 0x20000000"));
        assertTrue(message(right, program(0x100073, 1), CostModel.UNIT).contains("pc"));
        assertTrue(message(right, right, CostModel.of("two", 1, java.util.Map.of(Op.ADD, 2))).contains("gas used"));
    }

    /** No two instructions of one shape give the same results over the vectors that the quick suite uses. */
    @Test
    void operandsTellEveryInstructionFromEveryOther() {
        for (int xlen : new int[]{32, 64}) {
            long[] pairs = Vectors.pairs(xlen);
            List<Op> ops = new ArrayList<>();
            List<long[]> results = new ArrayList<>();
            for (Op op : Op.values()) {
                if (op.kind == Op.Kind.ALU && Forms.of(op).on(xlen) && Forms.of(op).shape() == Forms.Shape.R) {
                    long[] r = new long[pairs.length / 2];
                    for (int i = 0; i < r.length; i++) {
                        r[i] = Manual.result(op, xlen, pairs[2 * i], pairs[2 * i + 1], 0);
                    }
                    for (int k = 0; k < ops.size(); k++) {
                        assertTrue(java.util.Arrays.mismatch(results.get(k), r) >= 0, op + " and " + ops.get(k));
                    }
                    ops.add(op);
                    results.add(r);
                }
            }
            assertTrue(ops.size() > 40);
        }
    }

    @Test
    void shrinkingKeepsWhatFails() {
        FuzzProgram program = new FuzzProgram(4);
        int wanted = program.items.get(program.items.size() / 2).id();
        FuzzProgram small = new Shrinker(p -> p.items.stream().anyMatch(i -> i.id() == wanted)).shrink(program);
        assertEquals(List.of(wanted), small.items.stream().map(FuzzItem::id).toList());
        assertTrue(small.assemble().elf().length > 0);
    }
}

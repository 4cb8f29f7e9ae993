package dev.rivet.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Plans of random programs, walked at random beside exact gas: the register always tells the gas there is, no block runs
 * that cannot be paid, and every walk ends, whichever way it goes.
 */
class GasPlanTest {
    private static final int TEXT = 0x1_0000;

    /** Instructions of four bytes; leaders as the sweep makes them. */
    private static Code code(long... insts) {
        Code.Builder b = new Code.Builder(64, true, false, insts.length + 1);
        TreeSet<Integer> leaders = new TreeSet<>(List.of(0));
        for (int i = 0; i < insts.length; i++) {
            b.add(TEXT + 4 * i, insts[i]);
            Op op = Inst.op(insts[i]);
            if (op.endsBlock()) {
                leaders.add(i + 1);
            }
            int target = i + Inst.imm(insts[i]) / 4;
            if ((op.kind == Op.Kind.BRANCH || op == Op.JAL) && target >= 0 && target < insts.length) {
                leaders.add(target);
            }
        }
        b.add(TEXT + 4 * insts.length, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(TEXT, TEXT + 4 * insts.length, 0, insts.length)).entry(TEXT);
        leaders.forEach(b::leader);
        return b.build();
    }

    private static long inst(Op op, int rs2, int imm) {
        return Inst.pack(op, 5, 6, rs2, imm, 4);
    }

    private static Code random(Random random) {
        int n = 1 + random.nextInt(random.nextInt(4) == 0 ? 400 : 40);
        int straight = 1 + random.nextInt(random.nextInt(3) == 0 ? 200 : 20);
        long[] insts = new long[n];
        for (int i = 0; i < n; i++) {
            int distance = (random.nextInt(n) - i) * 4;
            insts[i] = random.nextInt(straight) > 1 ? inst(Op.ADDI, 0, 1) : switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> inst(Op.BNE, 7, distance);
                case 4, 5 -> inst(Op.BEQ, 0, distance);
                case 6, 7 -> inst(Op.JAL, 0, distance);
                case 8 -> inst(Op.JALR, 0, 0);
                case 9 -> inst(Op.ECALL, 0, 0);
                case 10 -> inst(Op.BLT, 7, 1 << 20);
                default -> inst(Op.MUL, 7, 0);
            };
        }
        return code(insts);
    }

    /** Walks from a leader until gas runs out, the text ends or nothing can be paid; returns how far. */
    private static int walk(Code code, CostModel costs, GasPlan plan, int from, long gas, Random random) {
        int[] leaders = leaders(code);
        long register = gas - GasPlan.RESERVE;
        int state = 0;
        int at = from;
        for (int steps = 0;; steps++) {
            if (steps == 0 && register < 0) {
                return steps; // too little to enter with
            }
            if (state != plan.before(at)) {
                // Entered from the table, or fallen into.
                register -= plan.before(at) - state;
                state = plan.before(at);
            }
            assertEquals(gas, register + GasPlan.RESERVE + state, "before " + at);
            assertEquals(gas, register + plan.missing(at, true));
            int cost = code.blockCost(at, costs);
            boolean late = plan.late(at);
            if (!late) {
                register -= plan.pay(at);
                if (plan.checks(at) && register < 0) {
                    assertEquals(gas, register + GasPlan.RESERVE + plan.pay(at) + plan.before(at));
                    return steps;
                }
            }
            gas -= cost;
            assertTrue(gas >= 0, "block " + at + " cannot be paid");
            int end = code.blockEnd(at);
            for (int i = at; i <= end; i++) {
                assertEquals(gas, register + plan.missing(i, false), "at " + i + " in " + at);
            }
            if (late) {
                assertTrue(plan.checks(at));
                register -= plan.pay(at);
            }
            state = plan.after(at);
            assertEquals(gas, register + GasPlan.RESERVE + state);
            Op op = Inst.op(code.insts[end]);
            int target = op.kind == Op.Kind.BRANCH || op == Op.JAL
                    ? code.indexOf(code.pcs[end] + Inst.imm(code.insts[end]))
                    : -1;
            if (late && register < 0) {
                return steps;
            }
            if (op == Op.JAL || op.kind == Op.Kind.BRANCH && random.nextBoolean()) {
                if (target < 0) {
                    assertEquals(0, state);
                    return steps;
                }
                assertEquals(plan.before(target), state, "from " + at + " to " + target);
                at = target;
            } else if (op == Op.JALR) {
                assertEquals(0, state);
                at = leaders[random.nextInt(leaders.length)];
            } else if (op.kind == Op.Kind.TRAP) {
                assertEquals(0, state);
                return steps;
            } else {
                at = end + 1;
            }
        }
    }

    private static int[] leaders(Code code) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < code.count; i++) {
            if (code.isLeader(i)) {
                all.add(i);
            }
        }
        return all.stream().mapToInt(i -> i).toArray();
    }

    @Test
    void randomWalksAreExactAndEnd() {
        Random random = new Random(1);
        long steps = 0;
        for (int n = 0; n < 3000; n++) {
            Code code = random(random);
            CostModel costs = n % 3 == 0 ? CostModel.WEIGHTED : CostModel.UNIT;
            GasPlan plan = GasPlan.of(code, costs);
            assertTrue(plan.checks(code.count - 1), "behind a segment another may follow");
            int[] leaders = leaders(code);
            for (int k = 0; k < 20; k++) {
                long gas = random.nextInt(k < 10 ? 600 : 5000);
                steps += walk(code, costs, plan, leaders[random.nextInt(leaders.length)], gas, random);
            }
        }
        assertTrue(steps > 1_000_000, steps + " blocks");
    }

    @Test
    void aSideEntryPaysForItself() {
        Code code = code(inst(Op.ADDI, 0, 1), inst(Op.BNE, 7, -4), inst(Op.ADDI, 0, 1));
        GasPlan plan = GasPlan.ofSide(code, CostModel.UNIT);
        assertEquals(2, plan.pay(0));
        assertTrue(plan.checks(0));
        assertFalse(plan.late(0));
        assertEquals(GasPlan.RESERVE, plan.missing(1, false));
    }

    /**
     * The last block goes back to one that looks for gas only once it has run, and owes much when it does; so the last one
     * has to look itself.
     */
    @Test
    void whatComesBackToALatePaymentChecks() {
        long[] insts = new long[301];
        Arrays.fill(insts, inst(Op.ADDI, 0, 1));
        insts[100] = inst(Op.BNE, 7, 0);
        insts[200] = inst(Op.BNE, 7, -99 * 4);
        insts[300] = inst(Op.JAL, 0, -199 * 4);
        Code code = code(insts);
        GasPlan plan = GasPlan.of(code, CostModel.UNIT);
        assertTrue(plan.late(101));
        assertEquals(-100, plan.after(101));
        Random random = new Random(1);
        for (int gas = 0; gas < 2000; gas++) {
            walk(code, CostModel.UNIT, plan, 0, gas, random);
        }
        assertTrue(plan.checks(201));
    }

    /** What the plan is for: a loop of three blocks pays and checks once, on its way back. */
    @Test
    void aLoopPaysOnce() {
        Code code = code(inst(Op.ADDI, 0, 1), inst(Op.ADDI, 0, 1), inst(Op.BEQ, 7, 32), inst(Op.ADDI, 0, 1),
                inst(Op.BEQ, 7, 24), inst(Op.ADDI, 0, 1), inst(Op.BNE, 7, -24), inst(Op.ADDI, 0, 1),
                inst(Op.ADDI, 0, 1), inst(Op.ADDI, 0, 1), inst(Op.ADDI, 0, 1), inst(Op.JALR, 0, 0));
        GasPlan plan = GasPlan.of(code, CostModel.UNIT);
        assertEquals(0, plan.pay(0));
        assertEquals(-3, plan.after(0));
        assertFalse(plan.checks(0) || plan.checks(3));
        assertEquals(2, plan.pay(3), "the second exit leads to where the first one does");
        assertEquals(5, plan.pay(5));
        assertTrue(plan.late(5) && plan.checks(5));
        assertEquals(-5, plan.within(5));
        assertEquals(0, plan.after(11));
    }
}

package dev.rivet.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ChainsTest {
    private static final CostModel UNIT = CostModel.UNIT;

    private static long op(Op op, int imm) {
        return Inst.pack(op, op.kind == Op.Kind.ALU ? 5 : 0, 6, 7, imm, op == Op.END ? 0 : 4);
    }

    /** A program at 0x1000 whose leaders are what follows the end of a block, and the targets. */
    private static Code code(long... insts) {
        Code.Builder b = new Code.Builder(64, true, false, insts.length + 1);
        for (int i = 0; i < insts.length; i++) {
            b.add(0x1000 + 4 * i, insts[i]);
        }
        int end = b.add(0x1000 + 4 * insts.length, op(Op.END, 0));
        b.texts(new Code.Text(0x1000, 0x1000 + 4 * insts.length, 0, end)).entry(0x1000);
        b.leader(0);
        for (int i = 0; i < insts.length; i++) {
            Op.Kind kind = Inst.op(insts[i]).kind;
            int target = i + Inst.imm(insts[i]) / 4;
            if ((kind == Op.Kind.BRANCH || Inst.op(insts[i]) == Op.JAL) && target >= 0 && target < insts.length) {
                b.leader(target);
            }
        }
        return b.build();
    }

    private static void check(Chains c, int leader, int price, int rest, int expected) {
        assertEquals(price, c.price(leader), "price of " + leader);
        assertEquals(rest, c.rest(leader), "rest of " + leader);
        assertEquals(expected, c.expected(leader), "expected at " + leader);
    }

    @Test
    void aWayAroundAFewInstructionsCostsNothing() {
        Chains c = new Chains(code(op(Op.ADD, 0), op(Op.BEQ, 12), op(Op.ADD, 0), op(Op.ADD, 0), op(Op.ADD, 0),
                op(Op.ECALL, 0)), UNIT);
        check(c, 0, 4, 2, 4); // its own two and the two where the ways meet
        check(c, 2, 4, 2, 4); // pays 2 when fallen into
        check(c, 4, 2, 0, 2);
        assertEquals(2, c.paidBefore(2));
        assertEquals(2, c.paidBefore(4));
        assertEquals(0, c.paidBefore(0));
    }

    @Test
    void bothWaysOfAnAlternativePayWhereTheyMeet() {
        // beq else; add; j meet; else: add; add; meet: ebreak
        Chains c = new Chains(code(op(Op.BEQ, 12), op(Op.ADD, 0), op(Op.JAL, 12), op(Op.ADD, 0), op(Op.ADD, 0),
                op(Op.EBREAK, 0)), UNIT);
        check(c, 5, 1, 0, 1);
        check(c, 3, 3, 1, 3);
        check(c, 1, 3, 1, 3);
        check(c, 0, 4, 3, 4);
        assertEquals(0, c.paidBefore(3), "nobody falls in behind a jump");
    }

    @Test
    void aLoopsHeadThatIsFallenIntoPaysForItself() {
        Chains c = new Chains(code(op(Op.ADD, 0), op(Op.ADD, 0), op(Op.BNE, -4), op(Op.EBREAK, 0)), UNIT);
        check(c, 0, 1, 0, 1);
        check(c, 1, 2, 0, 0);
        check(c, 3, 1, 0, 1);
        assertEquals(0, c.paidBefore(1));
        assertEquals(0, c.paidBefore(3));
    }

    @Test
    void nothingIsPaidAheadAcrossCallsAndTraps() {
        Chains c = new Chains(code(Inst.pack(Op.JAL, 1, 0, 0, 8, 4), op(Op.ECALL, 0),
                Inst.pack(Op.JALR, 0, 1, 0, 0, 4), op(Op.ILLEGAL, 0)), UNIT);
        for (int i = 0; i < 4; i++) {
            check(c, i, 1, 0, 1);
        }
        check(c, 4, 0, 0, 0);
    }

    /** Long runs of blocks are cut, so that no charge is far ahead. */
    @Test
    void restsAreBounded() {
        Random random = new Random(1);
        long[] insts = new long[30_000];
        for (int i = 0; i < insts.length; i++) {
            insts[i] = random.nextInt(3) == 0 ? op(Op.BEQ, 4 * (1 + random.nextInt(6))) : op(Op.ADD, 0);
        }
        Code code = code(insts);
        Chains c = new Chains(code, UNIT);
        int longest = 0;
        for (int i = 0; i < code.count; i = code.nextLeader(i + 1)) {
            assertEquals(code.blockCost(i, UNIT) + c.rest(i), c.price(i));
            assertTrue(c.rest(i) <= Chains.MOST);
            assertTrue(c.expected(i) == 0 || c.expected(i) == c.price(i));
            assertEquals(c.rest(i), c.restAt(code.blockEnd(i)));
            longest = Math.max(longest, c.rest(i));
        }
        assertTrue(longest > Chains.MOST / 2);
    }

    @Test
    void previousLeaders() {
        Code code = code(new Random(2).longs(300, 0, 5).map(x -> op(x == 0 ? Op.EBREAK : Op.ADD, 0)).toArray());
        int last = 0;
        for (int i = 0; i < code.count; i++) {
            last = code.isLeader(i) ? i : last;
            assertEquals(last, code.previousLeader(i));
        }
    }
}

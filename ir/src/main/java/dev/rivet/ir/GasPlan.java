package dev.rivet.ir;

import java.util.Arrays;

/**
 * Where synchronous metering charges and checks, so that most blocks need neither, and every stop is exact all the same.
 *
 * <p>A machine register holds {@code gas - RESERVE - state}. The state is a constant of each place in the program, so the gas
 * of every place is known: {@link #before} a block (nothing of it charged) and {@link #after} its charge, until its end. It
 * is what is charged already (positive) or still owed (negative, the usual case): a block that owes costs nothing, and
 * whoever pays later pays for all. Where control flow joins, all ways must come with the same state: the first
 * transfer to a place decides it, later ones pay the difference at their block's head ({@link #pay}), and falling into a
 * block from the one before it is adjusted in between.
 *
 * <p>Blocks whose last instruction transfers backwards or jumps indirectly (or ends a segment, behind which another may
 * begin) {@link #checks check} behind their payment that
 * the register is not negative: every cycle has one of them. Between two checks at most {@link #MOST_UNCHECKED} is charged,
 * and with at most {@link #MOST_OWED} owed at a check the reserve covers it: unchecked blocks can always be paid. Where a
 * check fails, gas may still suffice: whoever runs the code goes on by another engine that looks at every block. The same
 * when the code is entered with less than the reserve.
 *
 * <p>Indirect jumps, entries from outside, and side entries come with state 0 and leave with it.
 *
 * <p>One pass, linear. The result is a function of the program and the costs alone.
 */
public final class GasPlan {
    /** Gas that the register holds less than there is, in state 0. */
    public static final int RESERVE = 256;
    /** Most that is owed inside a block. */
    public static final int MOST_OWED = 128;
    /** Most that is charged between two checks. */
    public static final int MOST_UNCHECKED = RESERVE - MOST_OWED;

    private static final int UNKNOWN = Integer.MIN_VALUE;

    private final Code code;
    private final int[] before;
    private final int[] after;
    private final int[] pay;
    private final long[] checks;
    private final long[] late;

    private GasPlan(Code code) {
        this.code = code;
        before = new int[code.count];
        after = new int[code.count];
        pay = new int[code.count];
        checks = new long[(code.count >>> 6) + 1];
        late = new long[(code.count >>> 6) + 1];
    }

    /** The plan of a side entry: every block pays for itself and checks; the state is 0 everywhere. */
    public static GasPlan ofSide(Code code, CostModel costs) {
        GasPlan plan = new GasPlan(code);
        for (int i = 0; i < code.count; i = code.blockEnd(i) + 1) {
            plan.pay[i] = code.blockCost(i, costs);
            plan.check(i);
        }
        return plan;
    }

    /** The plan of a whole program. */
    public static GasPlan of(Code code, CostModel costs) {
        GasPlan plan = new GasPlan(code);
        Arrays.fill(plan.before, UNKNOWN);
        int[] reach = new int[code.count]; // most charged without a check on a transfer to here
        int end;
        boolean falls = false;
        int state = 0;
        int unchecked = 0;
        for (int i = 0; i < code.count; i = end + 1) {
            end = code.blockEnd(i);
            int cost = code.blockCost(i, costs);
            Op op = Inst.op(code.insts[end]);
            int target = op.kind == Op.Kind.BRANCH || op == Op.JAL ? plan.target(end) : -1;
            if (plan.before[i] == UNKNOWN) {
                plan.before[i] = falls ? state : 0;
            }
            // A cycle through a target that checks at its head is checked there; one that pays late has to be paid first.
            boolean there = target >= 0 && plan.checks(target) && !plan.late(target);
            boolean back = target == i || target >= 0 && target < i && !there;
            unchecked = (falls ? Math.max(unchecked, reach[i]) : reach[i]) + cost;
            boolean much = unchecked > MOST_UNCHECKED || unchecked < 0;
            if (back || much || op == Op.JALR || op == Op.END) {
                plan.check(i);
                unchecked = 0;
                if (back && !much && compares(code.insts[end])) {
                    plan.late[i >>> 6] |= 1L << i;
                }
            }
            int owing = plan.before[i] - cost;
            state = plan.demand(end, op, target);
            if (state == UNKNOWN) {
                state = owing < -MOST_OWED || owing > 0 ? 0 : owing;
            }
            plan.after[i] = state;
            plan.pay[i] = state - owing;
            if (target >= 0) {
                plan.before[target] = state;
                reach[target] = Math.max(reach[target], unchecked);
            }
            falls = op.kind == Op.Kind.BRANCH || !op.endsBlock();
        }
        return plan;
    }

    private void check(int i) {
        checks[i >>> 6] |= 1L << i;
    }

    /** Whether this is a branch that compares two registers. */
    private static boolean compares(long inst) {
        return Inst.op(inst).kind == Op.Kind.BRANCH && Inst.rs2(inst) != 0;
    }

    /** The leader that a direct transfer goes to, −1 if it is none. */
    private int target(int i) {
        int target = code.indexOf(code.pcs[i] + Inst.imm(code.insts[i]));
        return target >= 0 && code.isLeader(target) ? target : -1;
    }

    /** The state a block must have at its end, or UNKNOWN for any. */
    private int demand(int end, Op op, int target) {
        if (!op.endsBlock()) {
            return UNKNOWN;
        }
        return target >= 0 ? before[target] : 0;
    }

    /** State before the block of a leader, where direct transfers to it arrive. */
    public int before(int leader) {
        return before[leader];
    }

    /** State behind the payment of a leader's block. */
    public int after(int leader) {
        return after[leader];
    }

    /**
     * Whether a leader's block pays and checks at its end instead of its head, just before the backward branch of two
     * registers that it ends with: there both conditions make one branch. The block itself can be paid in any case, and
     * where the check fails, the way on leads out of the code, to the one target or the other.
     */
    public boolean late(int leader) {
        return (late[leader >>> 6] >>> leader & 1) != 0;
    }

    /** State between the head of a leader's block and its last instruction. */
    public int within(int leader) {
        return late(leader) ? after[leader] - pay[leader] : after[leader];
    }

    /** What a leader's block takes from the register; may be 0 or negative. */
    public int pay(int leader) {
        return pay[leader];
    }

    /** Whether the register must not be negative behind a leader's payment. */
    public boolean checks(int leader) {
        return (checks[leader >>> 6] >>> leader & 1) != 0;
    }

    /**
     * What to add to the register to get the gas there is, before the payment of a block that pays late.
     *
     * @param i an instruction
     * @param entering just before the first host instruction of a leader, with nothing of it charged
     */
    public int missing(int i, boolean entering) {
        int leader = i;
        while (leader > 0 && !code.isLeader(leader)) {
            leader--;
        }
        return RESERVE + (entering && leader == i ? before[leader] : within(leader));
    }
}

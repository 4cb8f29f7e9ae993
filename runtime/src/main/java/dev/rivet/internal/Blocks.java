package dev.rivet.internal;

import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Inst;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * What the interpreter remembers of a program under one cost model: where blocks end, what they cost, where direct jumps
 * lead, and the side entries it met. All of it is computed when first needed and is a function of the program alone, so
 * threads share an object without locks: an {@code int} that two of them compute is the same.
 */
public final class Blocks {
    /** In {@link #target}: the target is no instruction of the sweep. */
    static final int OUTSIDE = -1;

    /** Instructions of side entries that are kept at most; a guest may enter everywhere, but not fill our heap. */
    private static final int SIDE_LIMIT = 1 << 20;

    final Code code;
    final CostModel costs;
    private final int[] ends; // index + 1, 0 while not known
    private final int[] prices; // cost + 1, 0 while not known
    private final int[] targets; // index + 1, −1 for OUTSIDE, 0 while not known
    private final IntFunction<Code> sideSweep;
    private final ConcurrentHashMap<Integer, Blocks> sides = new ConcurrentHashMap<>();
    private final AtomicInteger sideCount = new AtomicInteger();

    /**
     * An empty memory.
     *
     * @param sideSweep decodes from a valid jump target that is on no boundary of the sweep
     */
    public Blocks(Code code, CostModel costs, IntFunction<Code> sideSweep) {
        this.code = code;
        this.costs = costs;
        this.sideSweep = sideSweep;
        ends = new int[code.count];
        prices = new int[code.count];
        targets = new int[code.count];
    }

    /** Index of the last instruction of the block entered at {@code i}. */
    int end(int i) {
        int known = ends[i];
        if (known == 0) {
            known = code.blockEnd(i) + 1;
            ends[i] = known;
        }
        return known - 1;
    }

    /** Gas for entering at {@code i}. */
    int cost(int i) {
        int known = prices[i];
        if (known == 0) {
            known = code.blockCost(i, costs) + 1;
            prices[i] = known;
        }
        return known - 1;
    }

    /**
     * Index in the program's code of the target of the direct jump or branch {@code i}, or {@link #OUTSIDE} where the
     * sweep has no instruction there.
     *
     * @param main the program's own code; differs from {@link #code} when this is a side entry's
     */
    int target(Code main, int i) {
        int known = targets[i];
        if (known == 0) {
            int index = main.indexOf(code.pcs[i] + Inst.imm(code.insts[i]));
            known = index < 0 ? OUTSIDE : index + 1;
            targets[i] = known;
        }
        return known < 0 ? OUTSIDE : known - 1;
    }

    /** The side entry at a valid jump target that is on no boundary of the sweep. */
    Blocks side(int pc) {
        Blocks known = sides.get(pc);
        if (known == null) {
            known = new Blocks(sideSweep.apply(pc), costs, null);
            if (sideCount.addAndGet(known.code.count) > SIDE_LIMIT) {
                sides.clear();
                sideCount.set(known.code.count);
            }
            sides.put(pc, known);
        }
        return known;
    }
}

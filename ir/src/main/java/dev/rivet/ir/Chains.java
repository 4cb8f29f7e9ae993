package dev.rivet.ir;

/**
 * Gas paid ahead. A translator may charge several blocks where the first of them begins and let control run on into the
 * others for nothing; this class says which, for a whole program. It is a function of the code and the costs alone, so who
 * handles a fault can compute it again.
 *
 * <p>For each leader: its <em>price</em> is what an entry that has paid nothing is charged, the block itself and its
 * <em>rest</em>, which is paid for what comes behind the block. A leader that is entered <em>prepaid</em> expects that those
 * who fall into it, branch or jump to it directly have paid its price; {@link #expected} is that price, or 0. An edge from a
 * block with rest r to a leader that expects e costs e − r, and gives back r − e where that is negative. All other entries
 * (indirect jumps, calls, returns, the host) pay the price.
 *
 * <p>So while a block runs, gas is lower by its rest than by the rules of DESIGN 1.6. Whoever stops there adds the rest; and
 * where a charge cannot be paid that is no more than a hint: what is left may do for some of the blocks, which whoever is
 * told has to run one by one. A rest is never more than {@value #MOST}.
 *
 * <p>The choices. Straight on: the rest is what the next block expects. A forward branch: what its target expects, so that
 * the way around a few instructions costs nothing, they pay for themselves, and code where ways meet is paid before they
 * part. A forward jump: what its target expects. Backward, and where control leaves translated code or becomes indirect:
 * nothing. A loop's head that is fallen into expects nothing, so that each turn pays in one place. So no way through a
 * program has more charges than it has blocks, and no branch needs a detour where it is taken.
 *
 * <p>One pass from the last instruction to the first, constant work for each.
 */
public final class Chains {
    /** Most gas that is paid for what comes behind a block. */
    public static final int MOST = 1 << 12;

    private static final long PREPAID = 1L << 63;
    /** In {@link #plan}, of a leader not planned yet: a branch or jump further down leads to it. */
    private static final long LOOP = 1;

    private final Code code;
    /** For each leader: bit 63 whether it is entered prepaid, bits 32–62 its rest, bits 0–31 its price. */
    private final long[] plan;

    /** Plans a whole program. */
    public Chains(Code code, CostModel costs) {
        this.code = code;
        plan = new long[code.count];
        long[] insts = code.insts;
        for (int next = code.count; next > 0;) {
            int last = next - 1;
            int i = code.previousLeader(last);
            int cost = costs.sum(insts, i, next);
            int rest = rest(i, last, insts[last]);
            if (rest > MOST || cost > Integer.MAX_VALUE - rest) {
                rest = 0;
            }
            long prepaid = plan[i] == LOOP && fallenInto(i) ? 0 : PREPAID;
            plan[i] = prepaid | (long) rest << 32 | cost + rest;
            next = i;
        }
    }

    private int rest(int leader, int last, long inst) {
        Op op = Inst.op(inst);
        return switch (op.kind) {
            case ALU, LOAD, STORE, ATOMIC, NONE -> expected(last + 1);
            case BRANCH -> {
                int target = code.indexOf(code.pcs[last] + Inst.imm(inst));
                if (target < 0 || !code.isLeader(target)) {
                    yield expected(last + 1);
                }
                if (target <= leader) {
                    plan[target] = LOOP;
                    yield 0;
                }
                // a loop's head behind it pays for itself; so does the target then
                yield expected(last + 1) == 0 && !fallenInto(target) ? 0 : expected(target);
            }
            case JUMP -> {
                if (op == Op.JALR || Inst.rd(inst) != 0) {
                    yield 0;
                }
                int target = code.indexOf(code.pcs[last] + Inst.imm(inst));
                if (target < 0 || !code.isLeader(target)) {
                    yield 0;
                }
                if (target <= leader) {
                    plan[target] = LOOP;
                    yield 0;
                }
                yield expected(target);
            }
            case TRAP -> 0;
        };
    }

    /** Whether control can come to a leader from the instruction before it without a jump. */
    public boolean fallenInto(int leader) {
        if (leader == 0) {
            return false;
        }
        Op.Kind before = Inst.op(code.insts[leader - 1]).kind;
        return before != Op.Kind.JUMP && before != Op.Kind.TRAP;
    }

    /**
     * The plan itself, for those who walk a program: for each leader, bit 63 whether it is entered prepaid, bits 32–62 its
     * rest, bits 0–31 its price. Shared; not to be written.
     */
    public long[] packed() {
        return plan;
    }

    /** What an entry at a leader is charged that has paid nothing. */
    public int price(int leader) {
        return (int) plan[leader];
    }

    /** How much of the price is for what comes behind the block. */
    public int rest(int leader) {
        return (int) (plan[leader] >>> 32) & Integer.MAX_VALUE;
    }

    /** What those have to have paid who fall into a leader or come by a direct jump or branch. */
    public int expected(int leader) {
        long p = plan[leader];
        return p < 0 ? (int) p : 0;
    }

    /** The rest of the block that an instruction belongs to. */
    public int restAt(int i) {
        return rest(code.previousLeader(i));
    }

    /** What is paid already where control comes to a leader from the instruction before it. */
    public int paidBefore(int leader) {
        return plan[leader] < 0 && fallenInto(leader) ? restAt(leader - 1) : 0;
    }
}

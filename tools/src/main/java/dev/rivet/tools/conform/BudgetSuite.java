package dev.rivet.tools.conform;

import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.tools.conform.BudgetPrograms.Function;
import dev.rivet.tools.conform.BudgetPrograms.Piece;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * Budgets enumerated: each way through each function of {@link BudgetPrograms}, with every budget from nothing to one more
 * than enough, resumed to exactly enough, and once from nothing gas by gas. Where gas is too expensive for that, with the
 * budgets around the beginning of each block. What comes out is compared with the interpreter and, by what blocks cost, with
 * what must come out.
 */
final class BudgetSuite implements Suite {
    /** More than any function needs. */
    private static final long PLENTY = 1_000_000;
    /** Budgets further than this from the beginning of a block are not tried, if there are many. */
    private static final int NEAR = 2;
    /** Ways with more gas are tried near the beginnings of blocks. */
    private static final int MANY = 400;
    /** Random programs of the quick half, and in all. */
    private static final int QUICK = 300;
    private static final int WHOLE = 10_000;
    private static final long SEEDS = 3_000_000;
    /** Everything costs 100 but xori, so that costs of blocks can be made to the unit. */
    static final CostModel EDGES = edges();

    private static CostModel edges() {
        Map<Op, Integer> costs = new EnumMap<>(Op.class);
        for (Op op : Op.values()) {
            if (op != Op.END) {
                costs.put(op, op == Op.XORI ? 1 : CostModel.MAX_COST);
            }
        }
        return CostModel.of("edges", 1, costs);
    }

    @Override
    public String name() {
        return "budgets";
    }

    @Override
    public void run(Setting setting, Tally tally) {
        Piece[] all = Piece.values();
        for (Metering metering : setting.meterings()) {
            if (metering == Metering.SYNC || metering == Metering.FPU) {
                random(setting, tally, metering);
            }
        }
        for (Isa isa : setting.isas()) {
            for (Metering metering : setting.meterings()) {
                if (metering == Metering.NONE) {
                    continue; // there are no budgets
                }
                every(setting, tally, isa, metering, setting.costs(), 2, all);
                every(setting, tally, isa, metering, EDGES, 2, all);
                if (setting.all()) {
                    every(setting, tally, isa, metering, setting.costs(), 3, all);
                }
            }
        }
    }

    private static void every(Setting setting, Tally tally, Isa isa, Metering metering, CostModel costs, int length,
            Piece... pieces) {
        String title = isa + " " + metering.label() + ", costs " + costs.name() + ", " + length + " pieces";
        BudgetPrograms.Made made = BudgetPrograms.every(isa, length, pieces);
        try (Machine oracle = new Machine(setting.sides().oracle(), made.elf(), title, Metering.SYNC, costs);
                Machine subject = new Machine(setting.sides().subject(), made.elf(), title, metering, costs)) {
            Trial trial = new Trial(new Duel(title, oracle, subject).watch(BudgetPrograms.DATA, 256), metering, costs);
            for (Function function : made.functions()) {
                for (int way = 0; way < function.ways() && !tally.enough(); way++) {
                    long before = trial.budgets;
                    try {
                        trial.run(function, way);
                    } catch (Duel.Disagreement e) {
                        tally.fail(function.name() + ", way " + way + ": " + e.getMessage());
                    }
                    tally.add(trial.budgets - before);
                }
            }
        }
        tally.line(title, "budgets");
    }

    /** Random programs that come to an end soon, from their start, with every budget. */
    private static void random(Setting setting, Tally tally, Metering metering) {
        for (long seed = SEEDS; seed < SEEDS + (setting.all() ? WHOLE : QUICK) && !tally.enough(); seed++) {
            FuzzProgram program = new FuzzProgram(seed);
            String title = "seed " + seed + " " + program.isa + " " + metering.label();
            try (Duel duel = new Duel(setting.sides(), program.assemble().elf(), title, metering, setting.costs())) {
                duel.watch(FuzzProgram.DATA, FuzzProgram.DATA_SIZE);
                Stop whole = duel.call(MANY, FuzzProgram.TEXT);
                long total = whole.kind().equals(Stop.OUT_OF_GAS) ? 0 : whole.gasUsed();
                for (long budget = 0; budget < total; budget++) {
                    duel.reset();
                    Stop stop = duel.call(budget, FuzzProgram.TEXT);
                    Stop end = duel.resume(total - budget);
                    if (stop.gasUsed() + end.gasUsed() != total || end.gasLeft() != 0 || end.pc() != whole.pc()) {
                        tally.fail(title + ": budget " + budget + " of " + total + ": " + stop + ", resumed: " + end);
                        break;
                    }
                }
                tally.add(total);
            } catch (Duel.Disagreement e) {
                tally.fail(e.getMessage());
            }
        }
        tally.line(metering.label() + ", random programs", "budgets");
    }

    /** All budgets of one program. */
    private static final class Trial {
        private final Duel duel;
        private final boolean exact;
        private final CostModel costs;
        private final Code code;
        private long budgets;

        Trial(Duel duel, Metering metering, CostModel costs) {
            this.duel = duel;
            exact = metering != Metering.ASYNC;
            this.costs = costs;
            code = duel.oracle().code();
            if (!exact) {
                duel.oracle().withGasUnseen();
                duel.subject().withGasUnseen();
            }
        }

        void run(Function function, int way) {
            TreeSet<Long> starts = blocks(function, way);
            long total = starts.last();
            long from = 0;
            for (long budget = 0; budget <= total + 1; budget++) {
                if (budget > from + NEAR && total > MANY) { // on to the next block
                    Long next = starts.higher(budget);
                    budget = next == null ? budget : Math.max(budget, next - NEAR);
                }
                from = starts.floor(budget);
                one(function, way, budget, from, total);
            }
        }

        /** What has been used where each block begins, and at the end: found by giving the interpreter gas for one block after the other. */
        private TreeSet<Long> blocks(Function function, int way) {
            TreeSet<Long> starts = new TreeSet<>();
            long used = 0;
            Stop stop = duel.oracle().call(0, function.entry(), way, 0);
            while (stop.kind().equals(Stop.OUT_OF_GAS)) {
                starts.add(used);
                int cost = code.blockCost(code.indexOf((int) stop.pc()), costs);
                stop = duel.oracle().resume(cost);
                if (stop.gasLeft() != 0 || stop.gasUsed() != cost || used > PLENTY) {
                    throw new Duel.Disagreement("the interpreter, given " + cost + " gas for a block: " + stop);
                }
                used += cost;
            }
            starts.add(used);
            duel.reset(); // only one side has run
            if (exact) {
                onward(function, way, used);
            }
            return starts;
        }

        /** From nothing, gas by gas or, where that would be too many, in hundreds and one. */
        private void onward(Function function, int way, long total) {
            Stop stop = duel.call(0, function.entry(), way, total);
            long step = total > MANY ? CostModel.MAX_COST + 1 : 1;
            long used = 0;
            while (stop.kind().equals(Stop.OUT_OF_GAS)) {
                stop = duel.resume(step);
                budgets++;
                used += stop.gasUsed();
            }
            if (used != total) {
                throw new Duel.Disagreement("in portions of " + step + " it used " + used + ", not " + total);
            }
        }

        /** A budget that pays for what begins before {@code from} and for no further block. */
        private void one(Function function, int way, long budget, long from, long total) {
            budgets++;
            if (!exact) {
                late(function, way, budget, total);
                return;
            }
            Stop stop = duel.call(budget, function.entry(), way, budget * 0x9e3779b9L);
            boolean ended = budget >= total;
            if (stop.kind().equals(Stop.OUT_OF_GAS) == ended || stop.gasUsed() != from
                    || stop.gasLeft() != budget - from) {
                throw new Duel.Disagreement(
                        "budget " + budget + " of " + total + ", blocks begin at " + from + ": " + stop);
            }
            if (!ended) {
                Stop end = duel.resume(total - budget);
                if (end.kind().equals(Stop.OUT_OF_GAS) || end.gasLeft() != 0 || end.gasUsed() != total - from) {
                    throw new Duel.Disagreement("resumed from " + budget + " with exactly enough: " + end);
                }
            }
        }

        /** Where gas is looked at now and then: the same end if it is enough, else none left. */
        private void late(Function function, int way, long budget, long total) {
            if (budget >= total) {
                duel.call(budget, function.entry(), way, budget);
                return;
            }
            Stop stop = duel.subject().call(budget, function.entry(), way, budget);
            if (!stop.kind().equals(Stop.OUT_OF_GAS) || stop.gasLeft() != 0 || stop.gasUsed() != budget) {
                throw new Duel.Disagreement(duel + ": budget " + budget + " of " + total + ": " + stop);
            }
        }
    }
}

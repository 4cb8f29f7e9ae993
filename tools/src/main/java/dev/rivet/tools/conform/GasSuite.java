package dev.rivet.tools.conform;

import dev.rivet.ir.Metering;

/**
 * Gas is exact: random programs with budgets of 0, 1, exactly enough, one less, random; resumed in portions; entered in the
 * middle of blocks. Each (program, budget) pair must stop alike everywhere: pc, registers, memory, gas. The modes that do
 * not stop at the block (none, async) must come to the same end where there is one.
 */
final class GasSuite implements Suite {
    private static final int QUICK = 8_000;
    private static final int WHOLE = 120_000;
    private static final long SEEDS = 1_000_000;

    @Override
    public String name() {
        return "gas";
    }

    @Override
    public void run(Setting setting, Tally tally) {
        for (Metering metering : setting.meterings()) {
            FuzzTrial trial = new FuzzTrial(setting.sides(), metering, setting.costs());
            long seed = SEEDS;
            while (trial.pairs() < (setting.all() ? WHOLE : QUICK) && !tally.enough()) {
                long before = trial.pairs();
                try {
                    trial.run(new FuzzProgram(seed++));
                } catch (Duel.Disagreement e) {
                    tally.fail(e.getMessage());
                }
                tally.add(trial.pairs() - before);
            }
            tally.line(metering.label() + ", " + (seed - SEEDS) + " programs", "(program, budget) pairs");
        }
    }
}

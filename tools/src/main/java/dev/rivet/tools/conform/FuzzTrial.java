package dev.rivet.tools.conform;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Runs one random program on two engines: from its start and from other places (many of them no leaders), with budgets of
 * every size, resumed in random portions; everything is compared at each stop. What is tried is a function of the
 * program's seed.
 */
final class FuzzTrial {
    private static final int MOST_GAS = 20_000;

    private final Duel.Sides sides;
    private final Metering metering;
    private long pairs;
    private long gas;
    private long resumes;
    private long instructions;
    private final CostModel usual;
    private boolean unit;

    FuzzTrial(Duel.Sides sides, Metering metering) {
        this(sides, metering, CostModel.UNIT);
    }

    /** Trials with these costs, every fourth with random ones. */
    FuzzTrial(Duel.Sides sides, Metering metering, CostModel usual) {
        this.sides = sides;
        this.metering = metering;
        this.usual = usual;
    }

    /** (program, budget) pairs so far. */
    long pairs() {
        return pairs;
    }

    /** Gas used so far, on each engine. */
    long gas() {
        return gas;
    }

    /** Instructions executed, on each engine: gas of the trials with unit costs. */
    long instructions() {
        return instructions;
    }

    /** Runs resumed after they were out of gas. */
    long resumes() {
        return resumes;
    }

    /** Tries a program; throws {@link Duel.Disagreement}. */
    void run(FuzzProgram program) {
        FuzzProgram.Assembled made = program.assemble();
        SplittableRandom random = new SplittableRandom(program.seed ^ 0x747269616cL);
        String name = "seed " + program.seed + " " + program.isa + " " + metering.label();
        CostModel costs = random.nextInt(4) == 0 ? costs(random) : usual;
        unit = costs == CostModel.UNIT;
        if (metering == Metering.NONE || metering == Metering.ASYNC) {
            late(made, random, name, costs);
            return;
        }
        try (Duel duel = new Duel(sides, made.elf(), name, metering, costs)) {
            duel.watch(FuzzProgram.DATA, FuzzProgram.DATA_SIZE);
            for (int round = 0; round < 3; round++) {
                budgets(duel, entry(made, round, random), random);
            }
        }
    }

    private static int entry(FuzzProgram.Assembled made, int round, SplittableRandom random) {
        if (round == 0) {
            return FuzzProgram.TEXT;
        }
        int entry = made.entries()[random.nextInt(made.entries().length)];
        return entry + (random.nextInt(3) == 0 ? 2 * random.nextInt(4) : 0);
    }

    /**
     * Modes that do not stop at the block: where the interpreter comes to an end within a limit, they must come to the same
     * end; asynchronous metering must say so for exactly enough gas, and no for one less and for programs that go on.
     */
    private void late(FuzzProgram.Assembled made, SplittableRandom random, String name, CostModel costs) {
        boolean none = metering == Metering.NONE;
        try (Machine oracle = new Machine(sides.oracle(), made.elf(), name, Metering.SYNC, costs).withGasUnseen();
                Machine subject = new Machine(sides.subject(), made.elf(), name, metering, costs).withGasUnseen()) {
            for (int round = 0; round < 6; round++) {
                int entry = entry(made, round, random);
                long[] arguments = random.longs(6).toArray();
                oracle.reset();
                subject.reset();
                Stop whole = count(oracle.call(MOST_GAS, entry, arguments));
                if (!whole.kind().equals(Stop.OUT_OF_GAS)) {
                    Stop found = count(subject.call(whole.gasUsed(), entry, arguments));
                    String difference = whole.withGas(0, 0).difference(found.withGas(0, 0));
                    boolean exact = none || found.gasUsed() == whole.gasUsed() && found.gasLeft() == 0;
                    long at = oracle.memory(FuzzProgram.DATA, FuzzProgram.DATA_SIZE)
                            .mismatch(subject.memory(FuzzProgram.DATA, FuzzProgram.DATA_SIZE));
                    if (difference != null || !exact || at >= 0) {
                        throw new Duel.Disagreement(String.format("%s: call of %#x: %s / %s%s, memory %d", name, entry,
                                whole, found, difference, at));
                    }
                    if (!none && whole.gasUsed() > 0) {
                        subject.reset();
                        refused(name, count(subject.call(whole.gasUsed() - 1, entry, arguments)));
                    }
                } else if (!none && random.nextInt(8) == 0) {
                    refused(name, count(subject.call(MOST_GAS, entry, arguments)));
                }
            }
        }
    }

    private static void refused(String name, Stop stop) {
        if (!stop.kind().equals(Stop.OUT_OF_GAS) || stop.gasLeft() != 0) {
            throw new Duel.Disagreement(name + ": with too little gas " + stop);
        }
    }

    private static CostModel costs(SplittableRandom random) {
        Map<Op, Integer> table = new EnumMap<>(Op.class);
        for (Op op : Op.values()) {
            if (op != Op.END) {
                table.put(op, 1 + random.nextInt(random.nextInt(3) == 0 ? CostModel.MAX_COST : 5));
            }
        }
        return CostModel.of("fuzz", 1, table);
    }

    private Stop count(Stop stop) {
        pairs++;
        gas += stop.gasUsed();
        instructions += unit ? stop.gasUsed() : 0;
        return stop;
    }

    private void budgets(Duel duel, int entry, SplittableRandom random) {
        long[] arguments = random.longs(6).toArray();
        duel.reset();
        Stop whole = count(duel.call(MOST_GAS, entry, arguments));
        long used = whole.gasUsed();
        boolean ended = !whole.kind().equals(Stop.OUT_OF_GAS);
        for (long budget : new long[]{0, 1, used, used - 1, random.nextInt(40), random.nextLong(used + 1)}) {
            if (budget < 0) {
                continue;
            }
            duel.reset();
            Stop stop = count(duel.call(budget, entry, arguments));
            if (budget == used && ended) {
                expect(duel, whole, stop, budget);
            } else if (budget < used && !stop.kind().equals(Stop.OUT_OF_GAS)) {
                throw new Duel.Disagreement(duel + ": " + stop + " with less gas than " + used);
            }
            resume(duel, whole, stop, budget, random);
        }
    }

    /** Goes on in portions until the run has had as much gas as the whole one; then it must have come as far. */
    private void resume(Duel duel, Stop whole, Stop first, long budget, SplittableRandom random) {
        Stop stop = first;
        long given = budget;
        long used = stop.gasUsed();
        long calls = stop.calls();
        for (int i = 0; stop.kind().equals(Stop.OUT_OF_GAS) && given < MOST_GAS && i < 12; i++) {
            long left = MOST_GAS - given;
            long more = i == 11
                    ? left
                    : Math.min(left, random.nextInt(4) == 0 ? random.nextInt(2000) : random.nextInt(60));
            stop = count(duel.resume(more));
            resumes++;
            given += more;
            used += stop.gasUsed();
            calls ^= stop.calls();
        }
        if (given == MOST_GAS && used != whole.gasUsed()) {
            throw new Duel.Disagreement(duel + ": in portions it used " + used + ", at once " + whole.gasUsed());
        }
        if (!stop.kind().equals(Stop.OUT_OF_GAS) && (used != whole.gasUsed() || stop.pc() != whole.pc())) {
            throw new Duel.Disagreement(duel + ": in portions " + stop + ", at once " + whole + " " + calls);
        }
    }

    private static void expect(Duel duel, Stop whole, Stop exact, long budget) {
        if (exact.gasLeft() != 0 || exact.pc() != whole.pc() || !exact.kind().equals(whole.kind())) {
            throw new Duel.Disagreement(duel + ": with exactly " + budget + " " + exact + ", with plenty " + whole);
        }
    }
}

package dev.rivet.tools.conform;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import java.util.ArrayList;
import java.util.List;

/** A program with many places to call, and the calls to make; every stop is compared, and with what must come out. */
final class Scenario {
    /** Stands for: whatever the oracle says. */
    static final int ANY = -1;

    /** One call: where, with what, and the kind and pc it must stop with ({@link #ANY} pc and null kind for any). */
    private record Call(int entry, long gas, long[] arguments, String kind, int pc, String text) {
    }

    final String name;
    final Isa isa;
    private final Image image;
    private final List<Call> calls = new ArrayList<>();
    private final List<int[]> watched = new ArrayList<>();

    /** A scenario over an image. */
    Scenario(String name, Isa isa, Image image) {
        this.name = name;
        this.isa = isa;
        this.image = image;
    }

    /** Compares a range of memory after each call. */
    Scenario watch(int address, int length) {
        watched.add(new int[]{address, length});
        return this;
    }

    /** A call with plenty of gas. */
    void call(String text, int entry, String kind, int pc, long... arguments) {
        call(text, Duel.PLENTY, entry, kind, pc, arguments);
    }

    /** A call. */
    void call(String text, long gas, int entry, String kind, int pc, long... arguments) {
        calls.add(new Call(entry, gas, arguments, kind, pc, text));
    }

    /** Makes all calls with each way of counting gas. */
    void run(Suite.Setting setting, Tally tally) {
        byte[] elf = image.bytes();
        for (Metering metering : setting.meterings()) {
            String title = isa + " " + name + " " + metering.label();
            try (Duel duel = new Duel(setting.sides(), elf, title, metering, setting.costs())) {
                watched.forEach(w -> duel.watch(w[0], w[1]));
                tally.add(calls(duel, metering, setting.costs() == CostModel.UNIT, tally));
            }
        }
    }

    /** Where less than plenty of gas ends is known for unit costs only; with others the engines must still agree. */
    private long calls(Duel duel, Metering metering, boolean unit, Tally tally) {
        long made = 0;
        int failed = 0;
        for (Call c : calls) {
            if (failed == 3) {
                break;
            }
            if (c.gas != Duel.PLENTY && metering != Metering.SYNC && metering != Metering.FPU) {
                continue;
            }
            try {
                Stop stop = duel.call(c.gas, c.entry, c.arguments);
                boolean known = unit || c.gas == Duel.PLENTY;
                if (known
                        && (c.kind != null && !c.kind.equals(stop.kind()) || c.pc != ANY && c.pc != (int) stop.pc())) {
                    tally.fail(String.format("%s: %s: %s, not %s at pc %#x", duel, c.text, stop, c.kind, c.pc));
                    failed++;
                }
                made++;
            } catch (Duel.Disagreement d) {
                tally.fail(c.text + ": " + d.getMessage());
                failed++;
                if (d.getMessage().contains("WORKER")) {
                    break;
                }
            }
        }
        return made;
    }
}

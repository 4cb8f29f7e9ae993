package dev.rivet.tools.conform;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.util.List;

/**
 * Every instruction that computes, loads or stores × every combination of registers × edge operands, and every compressed
 * register-only instruction: results on the tested engine against the interpreter's.
 */
final class RegistersSuite implements Suite {
    @Override
    public String name() {
        return "registers";
    }

    @Override
    public void run(Setting setting, Tally tally) {
        for (Isa isa : setting.isas()) {
            for (Op op : Op.values()) {
                if (Forms.of(op) != null && !tally.enough()) {
                    run(setting, tally, RegisterPrograms.of(isa, op, setting.all()), isa + " " + op);
                }
            }
            run(setting, tally, RegisterPrograms.compressed(isa, setting.all()), isa + " compressed");
        }
    }

    private static void run(Setting setting, Tally tally, List<Guest> guests, String what) {
        if (guests.isEmpty()) {
            return;
        }
        long combinations = 0;
        for (Guest guest : guests) {
            byte[] expected = null;
            for (Metering metering : setting.meterings()) {
                try (Machine subject = open(setting, setting.sides().subject(), guest, metering)) {
                    Stop found = subject.run(Duel.PLENTY);
                    if (expected == null || metering == Metering.NONE) {
                        try (Machine oracle = open(setting, setting.sides().oracle(), guest, metering)) {
                            compare(tally, guest, metering, oracle.run(Duel.PLENTY), found);
                            expected = oracle.written();
                        }
                    }
                    Comparison.results(guest, "the interpreter", expected, metering + " code", subject.written())
                            .forEach(tally::fail);
                }
                tally.add(guest.cases());
            }
            combinations += guest.combinations();
        }
        tally.line(what + ", " + combinations + " combinations", "cases");
    }

    private static Machine open(Setting setting, dev.rivet.Engine engine, Guest guest, Metering metering) {
        return new Machine(engine, guest.elf(), guest.isa() + " " + guest.name(), metering, setting.costs());
    }

    private static void compare(Tally tally, Guest guest, Metering metering, Stop a, Stop b) {
        String difference = a.difference(b);
        if (difference != null) {
            tally.fail(
                    guest.isa() + " " + guest.name() + " " + metering.label() + ": interpreter / native:" + difference);
        } else if (!a.kind().equals("EXITED")) {
            tally.fail(guest.isa() + " " + guest.name() + " did not end: " + a);
        }
    }
}

package dev.rivet.tools.conform;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.io.IOException;
import java.util.List;

/**
 * The interpreter, which judges translated code, is judged itself: by the second writing of the manual ({@link Manual}) for
 * everything that only computes, and by qemu for what it knows.
 */
final class JudgeSuite implements Suite {
    @Override
    public String name() {
        return "judge";
    }

    @Override
    public void run(Setting setting, Tally tally) {
        String missing = Qemu.missing();
        if (missing != null) {
            tally.note("judged by the manual alone: " + missing);
        }
        for (Isa isa : setting.isas()) {
            for (Op op : Op.values()) { // one after the other: the programs of all would need many gigabytes
                if (Forms.of(op) != null) {
                    judge(setting, tally, isa + " " + op, RegisterPrograms.of(isa, op, setting.all()), missing == null);
                }
            }
            judge(setting, tally, isa + " compressed", RegisterPrograms.compressed(isa, setting.all()),
                    missing == null);
        }
    }

    private static void judge(Setting setting, Tally tally, String what, List<Guest> guests, boolean qemu) {
        int unknown = 0;
        for (Guest guest : guests) {
            if (!tally.enough()) {
                unknown += judge(setting, tally, guest, qemu) ? 0 : 1;
            }
        }
        if (!guests.isEmpty()) {
            tally.line(what + (unknown == 0 || !qemu ? "" : ", not known to qemu"), "cases");
        }
    }

    /** Whether qemu judged, too. */
    private static boolean judge(Setting setting, Tally tally, Guest guest, boolean qemu) {
        byte[] found;
        try (Machine machine = new Machine(setting.sides().oracle(), guest.elf(), guest.name(), Metering.NONE,
                CostModel.UNIT)) {
            machine.run(0);
            found = machine.written();
        }
        tally.add(guest.cases());
        Comparison.manual(guest, "the interpreter", found).forEach(tally::fail);
        if (!qemu || !guest.outside()) {
            return false;
        }
        try {
            byte[] outside = Qemu.run(guest.isa(), guest.elf());
            Comparison.results(guest, "qemu", outside, "the interpreter", found).stream()
                    .filter(line -> !line.contains(Qemu.KNOWN_WRONG)).forEach(tally::fail);
        } catch (IOException e) {
            tally.fail(guest.isa() + " " + guest.name() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            tally.fail("interrupted");
        }
        return true;
    }
}

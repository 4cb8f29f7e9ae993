package dev.rivet.tools.escape;

import dev.rivet.ir.Target;
import dev.rivet.sandbox.SandboxException;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerLauncher;
import dev.rivet.sandbox.WorkerProgram;
import dev.rivet.tools.soak.Held;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.StringJoiner;
import java.util.function.Consumer;

/**
 * Makes all attacks, one after the other, and counts how they end. After each the attacker's worker must still obey or be
 * gone; a bystander in another worker must notice nothing; at the end nothing may be left over.
 */
public final class Escape {
    private static final byte PATTERN = 0x3c;
    /** Attacks that ended as they must not, before giving up. */
    private static final int ENOUGH = 20;

    private final Consumer<String> out;
    private final Arsenal arsenal;
    private final WorkerProgram program;
    private final WorkerLauncher launcher;
    private long attacks;
    private int escapes;

    /**
     * A suite for a target.
     *
     * @param out takes the report, line by line
     * @throws SandboxException if workers of this target cannot run here
     */
    public Escape(Target target, Consumer<String> out) {
        this.out = out;
        arsenal = arsenal(target);
        program = program(target);
        launcher = WorkerLauncher.forTarget(target.label());
    }

    private static Arsenal arsenal(Target target) {
        return switch (target) {
            case X86_64 -> new X64Arsenal();
            case AARCH64 -> new A64Arsenal();
        };
    }

    private static WorkerProgram program(Target target) {
        for (WorkerProgram p : ServiceLoader.load(WorkerProgram.class, Escape.class.getClassLoader())) {
            if (p.target().equals(target.label())) {
                return p;
            }
        }
        throw new SandboxException("no worker for " + target.label() + " on the class path");
    }

    /** Attacks made. */
    public long attacks() {
        return attacks;
    }

    /**
     * Makes the attacks. Under an emulator, where there is no system call filter, without those that it alone stops.
     *
     * @return how many ended as they must not; 0 is what should come out
     */
    public int run() {
        WorkerFactory.Mode mode = launcher.isEmulated() ? WorkerFactory.Mode.RELAXED : WorkerFactory.Mode.STRICT;
        byte[] code = arsenal.bytes();
        try (WorkerFactory warm = new WorkerFactory(program, launcher, mode, 0); Cell first = new Cell(warm, code)) {
            first.run(arsenal.address("answer"), 1); // opens what the process keeps
        }
        Held before = Held.now();
        try (WorkerFactory factory = new WorkerFactory(program, launcher, mode, launcher.isEmulated() ? 0 : 4);
                Cell cell = new Cell(factory, code);
                Cell bystander = new Cell(factory, code)) {
            bystander.fill(PATTERN);
            ask(bystander, 1, "the bystander");
            List<Attack> all = Attacks.all(arsenal, cell, program, launcher.isEmulated());
            for (Attack.Group group : Attack.Group.values()) {
                List<Attack> some = all.stream().filter(a -> a.group() == group).toList();
                if (some.isEmpty()) {
                    continue; // this architecture has none
                }
                if (launcher.isEmulated() && some.getFirst().needsFilter()) {
                    out.accept(String.format(Locale.ROOT, "%-40s %,7d not made: an emulator has no system call filter",
                            group.text, some.size()));
                } else {
                    group(group, some, cell);
                    ask(bystander, attacks, "the bystander after " + group.text);
                    check(bystander.holds(PATTERN), "the bystander's memory changed during " + group.text);
                }
                if (escapes >= ENOUGH) {
                    out.accept("giving up");
                    break;
                }
            }
            out.accept(String.format(Locale.ROOT, "%,d attacks used up %,d workers", attacks, cell.workers()));
        }
        leftovers(before);
        return escapes;
    }

    private void group(Attack.Group group, List<Attack> some, Cell cell) {
        long start = System.nanoTime();
        Map<Ending.Kind, Integer> endings = new EnumMap<>(Ending.Kind.class);
        for (Attack a : some) {
            Attacks.prepare(a, cell);
            long weapon = arsenal.address(a.weapon());
            boolean endless = a.allowed().contains(Ending.Kind.STOPPED);
            Ending e = endless ? cell.runShortly(weapon, a.slots()) : cell.run(weapon, a.slots());
            attacks++;
            endings.merge(e.kind(), 1, Integer::sum);
            check(a.allows(e), group.text + ": " + a.name() + ": " + e);
            if (e.kind() == Ending.Kind.ANSWERED || e.kind() == Ending.Kind.STOPPED) {
                // He may have made a mess of his worker; the next attacker starts with a good one.
                cell.replace();
            }
        }
        cell.replace();
        StringJoiner how = new StringJoiner(", ");
        endings.forEach((kind, count) -> how.add(String.format(Locale.ROOT, "%,d %s", count, kind.text)));
        out.accept(String.format(Locale.ROOT, "%-40s %,7d attacks %6.1f s: %s", group.text, some.size(),
                (System.nanoTime() - start) / 1e9, how));
    }

    private void ask(Cell cell, long value, String who) {
        Ending e = cell.run(arsenal.address("answer"), value);
        check(e.kind() == Ending.Kind.ANSWERED && cell.slot(0) == value + 1, who + " does not answer: " + e);
    }

    private void check(boolean good, String what) {
        if (!good) {
            escapes++;
            out.accept("ESCAPED " + what);
        }
    }

    private void leftovers(Held before) {
        try {
            Held after = before.later();
            check(after.beyond(before) == 0, "left over: " + before + " became " + after);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

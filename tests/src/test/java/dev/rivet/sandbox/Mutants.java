package dev.rivet.sandbox;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Makes workers whose policy lacks something, for tests that have to notice. */
public final class Mutants {
    /** Number of rows. */
    public static final int ROWS = Hardening.ROWS.size();

    private Mutants() {
    }

    /** What a row does, for messages. */
    public static String name(int row) {
        Hardening.Row r = Hardening.ROWS.get(row);
        StringBuilder text = new StringBuilder(
                row + " " + (r.layer() == null ? "base" : r.layer().label()) + ": " + r.call());
        for (long a : r.args()) {
            text.append(" 0x").append(Long.toHexString(a));
        }
        return text.toString();
    }

    /** The only row with this call, or the first of them. */
    public static int row(String call) {
        for (int i = 0; i < ROWS; i++) {
            if (Hardening.ROWS.get(i).call().equals(call)) {
                return i;
            }
        }
        throw new IllegalArgumentException(call);
    }

    /** Workers without these rows. */
    public static WorkerFactory without(WorkerProgram program, Collection<Integer> gone) {
        List<Hardening.Row> left = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            if (!gone.contains(i)) {
                left.add(Hardening.ROWS.get(i));
            }
        }
        return factory(program, left, SeccompFilter.program(program.syscalls()));
    }

    /**
     * Workers that are held up for a second just before they ask to be killed with the JVM: they wait for a word to change
     * that does not. The last two arguments, which that call does not look at, hold the second.
     */
    public static WorkerFactory slowToBeTied(WorkerProgram program) {
        List<Hardening.Row> rows = new ArrayList<>(Hardening.ROWS);
        int i = 0;
        int before = 0; // rows of the same list that come first
        while (rows.get(i).layer() != Hardening.Layer.PARENT_DEATH) {
            before += rows.get(i++).phase() == Hardening.Phase.BARE ? 1 : 0;
        }
        long arguments = Layout.CONTROL_BASE + Control.SETUP_ROWS + (long) before * Control.SETUP_ROW + 8;
        rows.add(i, new Hardening.Row(null, Hardening.Phase.BARE, "futex", -Errno.ETIMEDOUT, arguments + 40, 0, 0,
                arguments + 32, 1, 0));
        return factory(program, rows, SeccompFilter.program(program.syscalls()));
    }

    /** The filter's program, one instruction a long. */
    public static long[] filter(WorkerProgram program) {
        return SeccompFilter.program(program.syscalls());
    }

    /** Workers with another filter. */
    public static WorkerFactory filtered(WorkerProgram program, long[] filter) {
        return factory(program, Hardening.ROWS, filter);
    }

    private static WorkerFactory factory(WorkerProgram program, List<Hardening.Row> rows, long[] filter) {
        return new WorkerFactory(program, WorkerLauncher.DIRECT, new Hardening.Policy(rows, filter),
                WorkerFactory.Mode.STRICT, 0);
    }
}

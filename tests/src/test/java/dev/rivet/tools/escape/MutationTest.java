package dev.rivet.tools.escape;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.HardeningException;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.Mutants;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerProgram;
import dev.rivet.tests.security.Limits;
import dev.rivet.tests.security.Witness;
import dev.rivet.x64.X64Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Takes one row after the other out of the policy, and breaks each instruction of the filter: something must turn red each
 * time, by what workers do or by what the kernel says of them. (That the list is the reviewed one, row by row, is tested
 * besides, in HardeningSeenFromOutsideTest.)
 */
@Timeout(600)
class MutationTest {
    private static final WorkerProgram PROGRAM = new Crowded(new X64Worker());
    private static final long BUFFER = Cell.DATA + 0x1000;
    private static final int SIGALTSTACK = 131;
    private static final int PRCTL = 157;

    private static final Arsenal ARSENAL = new X64Arsenal();

    /** Signals that workers catch, and how to get them. */
    private static final Map<Integer, String> FAULTS = Map.of(4, "instruction ud2", 5, "instruction int3", 8,
            "instruction division by zero", 11, "load");

    /** What is wrong with workers that lack these rows. */
    private static List<String> without(Collection<Integer> rows) {
        List<String> red = new ArrayList<>();
        try (WorkerFactory factory = Mutants.without(PROGRAM, rows); Cell cell = new Cell(factory, ARSENAL.bytes())) {
            Witness.findings(cell.pid()).forEach(f -> red.add("outside: " + f));
            behaviour(cell, red);
        } catch (RuntimeException e) {
            red.add("does not start: " + e.getMessage());
        }
        inside(rows, red);
        return red;
    }

    /** What turns red when a row goes, where it matters: for chroot, where the old root cannot be detached. */
    private static List<String> withoutRow(int row) {
        List<Integer> context = row == Mutants.row("chroot")
                ? List.of(Mutants.row("pivot_root"), Mutants.row("umount2"))
                : List.of();
        List<Integer> rows = new ArrayList<>(context);
        rows.add(row);
        List<String> red = new ArrayList<>(without(rows));
        red.removeAll(context.isEmpty() ? List.of() : without(context));
        return red;
    }

    private static void expect(List<String> red, String what, Ending expected, Ending found) {
        if (!expected.equals(found)) {
            red.add("behaviour: " + what + " is " + found);
        }
    }

    private static void behaviour(Cell cell, List<String> red) {
        expect(red, "an answer", new Ending(Ending.Kind.ANSWERED, 2), cell.run(ARSENAL.address("answer"), 1));
        FAULTS.forEach((signal, weapon) -> expect(red, weapon, new Ending(Ending.Kind.TRAPPED, signal),
                cell.run(ARSENAL.address(weapon), 0)));
        expect(red, "a touch of the heap", new Ending(Ending.Kind.TRAPPED, 7),
                cell.run(ARSENAL.address("load"), cell.memory().plan().heapStart()));
        expect(red, "a request", new Ending(Ending.Kind.STOPPED, 0), cell.runShortly(ARSENAL.address("endless")));
        expect(red, "a fault without a stack", new Ending(Ending.Kind.TRAPPED, 4),
                cell.run(ARSENAL.address("jump"), ARSENAL.address("instruction ud2"), 0, 0, 0, 0));
        expect(red, "a system call", new Ending(Ending.Kind.KILLED, 31), cell.run(ARSENAL.address("call"), 39));
    }

    /** Asks the kernel from inside, which needs a worker without the filter. */
    private static void inside(Collection<Integer> rows, List<String> red) {
        List<Integer> all = new ArrayList<>(rows);
        all.add(Mutants.row("seccomp"));
        try (WorkerFactory factory = Mutants.without(PROGRAM, all); Cell cell = new Cell(factory, ARSENAL.bytes())) {
            ask(cell, red, "death signal", 0, 9, PRCTL, 2, BUFFER);
            ask(cell, red, "dumpable", 0, -1, PRCTL, 3, 0);
            ask(cell, red, "secure bits", 0xef, -1, PRCTL, 27, 0);
            ask(cell, red, "no new privileges", 1, -1, PRCTL, 39, 0);
            ask(cell, red, "signal stack", 0, -1, SIGALTSTACK, 0, BUFFER);
            if (cell.memory().view().get(JAVA_LONG, BUFFER) != Layout.SIGNAL_STACK) {
                red.add("inside: signal stack");
            }
        } catch (RuntimeException e) {
            red.add("does not start: " + e.getMessage());
        }
    }

    /** Makes a system call; {@code word} is what it leaves in the buffer, −1 for nothing. */
    private static void ask(Cell cell, List<String> red, String what, long result, int word, long... call) {
        cell.memory().view().set(JAVA_LONG, BUFFER, 0);
        Ending e = cell.run(ARSENAL.address("call"), call);
        if (e.kind() != Ending.Kind.ANSWERED || cell.slot(0) != result
                || word >= 0 && cell.memory().view().get(JAVA_INT, BUFFER) != word) {
            red.add("inside: " + what);
        }
    }

    @Test
    void theWholePolicyIsGreen() {
        assertEquals(List.of(), without(List.of()));
    }

    @Test
    void everyRowIsMissed() {
        Map<String, Integer> how = new TreeMap<>();
        List<String> unnoticed = new ArrayList<>();
        for (int row = 0; row < Mutants.ROWS; row++) {
            if (row == Mutants.row("mount") || denied(row) != 0) {
                continue; // tests of their own
            }
            List<String> red = withoutRow(row);
            System.out.println(
                    "mutation: without " + Mutants.name(row) + ": " + (red.isEmpty() ? "NOTHING" : red.getFirst()));
            if (red.isEmpty()) {
                unnoticed.add(Mutants.name(row));
            } else {
                how.merge(red.getFirst().substring(0, red.getFirst().indexOf(':')), 1, Integer::sum);
            }
        }
        System.out.println("mutation: " + Mutants.ROWS + " rows dropped in turn, noticed by " + how
                + " and three by tests of their own; not noticed " + unnoticed);
        assertEquals(List.of(), unnoticed);
    }

    /** The resource of a row that sets what is 0 on most hosts anyway: NICE, RTPRIO; 0 for other rows. */
    private static int denied(int row) {
        return Mutants.name(row).contains("prlimit64 0x0 0xd ")
                ? 13
                : Mutants.name(row).contains("prlimit64 0x0 0xe ") ? 14 : 0;
    }

    /** Where such a call is refused, a policy with its row does not start workers and one without it does. */
    static final class Denied {
        public static void main(String[] args) {
            for (int row = 0; row < Mutants.ROWS; row++) {
                if (denied(row) == 0) {
                    continue;
                }
                Limits.fail(302, 1, denied(row), 1);
                List<Integer> soFar = new ArrayList<>();
                for (int r = 0; r < row; r++) {
                    if (denied(r) != 0) {
                        soFar.add(r);
                    }
                }
                System.out.print(starts(soFar) + " ");
                soFar.add(row);
                System.out.println(starts(soFar));
            }
        }

        private static boolean starts(List<Integer> without) {
            try (WorkerFactory factory = Mutants.without(PROGRAM, without);
                    Cell cell = new Cell(factory, ARSENAL.bytes())) {
                return cell.pid() > 0;
            } catch (HardeningException e) {
                return false;
            }
        }
    }

    @Test
    void limitsThatAreZeroAnywayAreSet() throws Exception {
        Process p = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                Denied.class.getName()).redirectErrorStream(true).start();
        List<String> lines = p.inputReader().lines().toList();
        p.waitFor();
        assertEquals(List.of("false true", "false true"), lines);
    }

    /**
     * Mounts of a worker must not reach the host. They could only without a user namespace of its own, so this is tried in
     * namespaces of this test's, where they are shared.
     */
    static final class SharedMounts {
        public static void main(String[] args) throws IOException {
            int user = Mutants.row("unshare");
            int isPrivate = Mutants.row("mount");
            for (List<Integer> rows : List.of(List.of(user), List.of(user, isPrivate))) {
                String started = "yes";
                try (WorkerFactory factory = Mutants.without(PROGRAM, rows);
                        Cell cell = new Cell(factory, ARSENAL.bytes())) {
                    cell.pid();
                } catch (RuntimeException e) {
                    started = "no";
                }
                System.out.println("started: " + started + ", /proc is " + (Files.exists(Path.of("/proc/self"))
                        ? "there"
                        : "gone"));
            }
        }
    }

    @Test
    void mountsStayTheWorkersOwn() throws Exception {
        Process p = new ProcessBuilder("unshare", "-Urm", "sh", "-c", "mount --make-rshared / && exec \"$@\"", "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                SharedMounts.class.getName()).redirectErrorStream(true).start();
        List<String> lines = p.inputReader().lines().toList();
        p.waitFor();
        assertEquals(List.of("started: yes, /proc is there", "started: no, /proc is gone"), lines);
    }

    /** A conditional jump that always goes one way, and an ending that is another one. */
    @Test
    void everyInstructionOfTheFilterIsMissed() {
        long[] filter = Mutants.filter(PROGRAM);
        List<String> unnoticed = new ArrayList<>();
        int mutants = 0;
        for (int i = 0; i < filter.length; i++) {
            for (long mutant : mutants(filter[i])) {
                long[] broken = filter.clone();
                broken[i] = mutant;
                mutants++;
                if (!isNoticed(broken)) {
                    unnoticed.add("instruction " + i + " as " + Long.toHexString(mutant));
                }
            }
        }
        System.out.println("mutation: " + mutants + " broken filters, not noticed " + unnoticed);
        assertTrue(mutants > filter.length);
        assertEquals(List.of(), unnoticed);
    }

    private static List<Long> mutants(long instruction) {
        long code = instruction & 0xffff;
        long taken = instruction >>> 16 & 0xff;
        long not = instruction >>> 24 & 0xff;
        long rest = instruction & ~0xffff_0000L;
        return switch ((int) code) {
            case 0x15 -> List.of(rest | taken << 16 | taken << 24, rest | not << 16 | not << 24);
            case 0x06 -> List.of(instruction ^ 0xffff_0000L << 32);
            case 0x20 -> List.of(instruction ^ 0x4L << 32); // another word of seccomp_data
            default -> throw new IllegalStateException("instruction " + Long.toHexString(instruction));
        };
    }

    private static boolean isNoticed(long[] filter) {
        try (WorkerFactory factory = Mutants.filtered(PROGRAM, filter);
                Cell cell = new Cell(factory, ARSENAL.bytes())) {
            if (!cell.run(ARSENAL.address("answer"), 1).equals(new Ending(Ending.Kind.ANSWERED, 2))
                    || !cell.run(ARSENAL.address("load"), 0).equals(new Ending(Ending.Kind.TRAPPED, 11))
                    || !cell.run(ARSENAL.address("answer"), 1).equals(new Ending(Ending.Kind.ANSWERED, 2))
                    || cell.runShortly(ARSENAL.address("frame"), 0).equals(new Ending(Ending.Kind.KILLED, 31))) {
                return true;
            }
            for (Attack a : Attacks.all(ARSENAL, cell, PROGRAM, false)) {
                boolean some = a.group() == Attack.Group.FUTEX || a.name().equals("exit_group")
                        || (a.weapon().equals("call") || a.weapon().equals("int80")) && HARMLESS.contains(a.name());
                if (some && !a.allows(cell.runShortly(ARSENAL.address(a.weapon()), a.slots()))) {
                    return true;
                }
            }
            // Asleep on the command word, woken by the JVM.
            return !asleep(cell);
        } catch (RuntimeException e) {
            return true;
        }
    }

    /** Attacks that do no harm where the filter lets them through. */
    private static final List<String> HARMLESS = List.of("number 39", "number 39 with futex's arguments", "number 102",
            "number 102 with futex's arguments", "number 24", "x32 number 39",
            "int 0x80, the 32-bit numbers: 20", "int 0x80, the 32-bit numbers: 15", "int 0x80, the 32-bit numbers: 231",
            "number 0x8000000000000000");

    private static boolean asleep(Cell cell) {
        try {
            Thread.sleep(5);
            return cell.run(ARSENAL.address("answer"), 1).equals(new Ending(Ending.Kind.ANSWERED, 2));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

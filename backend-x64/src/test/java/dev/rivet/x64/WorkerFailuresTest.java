package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Hardening;
import dev.rivet.sandbox.Hardening.Layer;
import dev.rivet.sandbox.HardeningException;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.NativeException;
import dev.rivet.sandbox.SandboxException;
import dev.rivet.sandbox.SetupList;
import dev.rivet.sandbox.SyscallTable;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host that does not give what workers need: each lack is a typed error, nothing leaks, and the rest goes on. */
@Timeout(120)
class WorkerFailuresTest {
    private static WorkerRig rig(WorkerFactory factory) {
        return new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL), factory);
    }

    private static WorkerFactory factory(WorkerFactory.Mode mode, int spares) {
        return new WorkerFactory(new X64Worker(), mode, spares);
    }

    /** Runs a main class in a JVM of its own, because what it does to itself cannot be undone. */
    private static List<String> inOwnJvm(Class<?> main) throws IOException, InterruptedException {
        Process p = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), main.getName()).redirectErrorStream(true).start();
        List<String> lines = p.inputReader().lines().toList();
        assertEquals(0, p.waitFor(), String.join("\n", lines));
        return lines;
    }

    /** How to take each layer away: system call, argument to look at (−1 none), its value. Last rows first. */
    private static final Object[][] DENIALS = {
            // @formatter:off
        {Layer.SYSCALL_FILTER,    317, 1, 0},
        {Layer.NO_NEW_PRIVILEGES, 157, 0, 38},
        {Layer.NOT_DUMPABLE,      157, 0, 4},
        {Layer.CAPABILITIES,      126, -1, 0},
        {Layer.SECUREBITS,        157, 0, 28},
        {Layer.LIMITS,            302, 1, 12},
        {Layer.OLD_ROOT,          155, -1, 0},
        {Layer.EMPTY_ROOT,        165, -1, 0},
        {Layer.PARENT_DEATH,      157, 0, 1},
        {Layer.PID_NAMESPACE,     272, 0, 0x2000_0000},
        {Layer.CGROUP_NAMESPACE,  272, 0, 0x200_0000},
        {Layer.UTS_NAMESPACE,     272, 0, 0x400_0000},
        {Layer.IPC_NAMESPACE,     272, 0, 0x800_0000},
        {Layer.NETWORK_NAMESPACE, 272, 0, 0x4000_0000},
        {Layer.MOUNT_NAMESPACE,   272, 0, 0x2_0000},
        {Layer.USER_NAMESPACE,    272, 0, 0x1000_0000},
        {Layer.MAPPINGS,           11, 0, (int) (Layout.CONTROL_BASE + Layout.CONTROL_SIZE)},
        {Layer.DESCRIPTORS,       436, 0, 2},
        // @formatter:on
    };

    /** Takes one layer after the other away; prints what strict mode says and what relaxed mode does without. */
    static final class Deny {
        public static void main(String[] args) {
            for (Object[] d : DENIALS) {
                Libc.forbid((int) d[1], (int) d[2], (int) d[3]);
                String strict = "granted";
                try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 0)) {
                    rig(f).close();
                } catch (HardeningException e) {
                    strict = e.layer() + " " + (e.getMessage().contains(e.layer().label())
                            && e.getMessage().contains(e.layer().remedy()));
                }
                try (WorkerFactory f = factory(WorkerFactory.Mode.RELAXED, 1); WorkerRig r = rig(f)) {
                    int exit = r.run();
                    System.out.println(d[0] + "|" + strict + "|" + exit + "|"
                            + f.report().stream().filter(s -> !s.granted()).map(s -> s.layer().toString())
                                    .collect(Collectors.joining(",")));
                }
            }
        }
    }

    @Test
    void missingLayersAreNamedOrDoneWithout() throws Exception {
        List<String> mounts = Files.readAllLines(Path.of("/proc/self/mountinfo"));
        List<String> lines = inOwnJvm(Deny.class);
        assertEquals(mounts, Files.readAllLines(Path.of("/proc/self/mountinfo")), "the host's mounts");
        Set<Layer> gone = EnumSet.noneOf(Layer.class);
        List<String> expected = new ArrayList<>();
        for (Object[] d : DENIALS) {
            gone.add((Layer) d[0]);
            expected.add(d[0] + "|" + d[0] + " true|" + Control.EXIT_ECALL + "|"
                    + gone.stream().map(Layer::toString).collect(Collectors.joining(",")));
        }
        assertEquals(String.join("\n", expected), String.join("\n", lines));
        assertEquals(EnumSet.allOf(Layer.class), gone, "every layer");
    }

    /** With fewer and fewer descriptors left, starting fails at each possible place. */
    static final class FewDescriptors {
        public static void main(String[] args) {
            try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 0)) {
                rig(f).close();
                Leaks before = Leaks.count();
                TreeMap<String, Integer> failures = new TreeMap<>();
                int started = 0;
                for (int limit = 64; limit < 110; limit++) {
                    long old = Libc.limit(7, limit);
                    try {
                        rig(f).close();
                        started++;
                    } catch (NativeException e) {
                        failures.merge(e.errnoName() + (e.getMessage().contains("ulimit") ? " with hint" : ""), 1,
                                Integer::sum);
                    } finally {
                        Libc.limit(7, old);
                    }
                    before.assertSame("limit " + limit);
                }
                rig(f).close();
                System.out.println((started > 0) + " " + failures.keySet() + " " + (failures.values().stream()
                        .mapToInt(i -> i).sum() > 5));
            }
        }
    }

    @Test
    void runningOutOfDescriptorsIsAnErrorAndLeaksNothing() throws Exception {
        String last = inOwnJvm(FewDescriptors.class).getLast();
        assertTrue(last.startsWith("true ") && last.endsWith(" true"), last);
        assertTrue(last.contains("[EINVAL") || last.contains("[EMFILE with hint]"), last);
    }

    /** The descriptor of a worker that is there already cannot be had. */
    static final class NoPidfd {
        public static void main(String[] args) {
            try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 0)) {
                rig(f).close();
                Leaks before = Leaks.count();
                Libc.fail(434, -1, 0, 24); // pidfd_open, EMFILE
                for (int i = 0; i < 3; i++) {
                    System.out.println(assertThrows(NativeException.class, () -> rig(f)).getMessage());
                    before.assertSame("attempt " + i);
                }
            }
        }
    }

    @Test
    void aWorkerThatNoPidfdCanBeHadForIsEnded() throws Exception {
        for (String line : inOwnJvm(NoPidfd.class)) {
            assertEquals("pidfd_open failed: EMFILE; too many open files; raise ulimit -n", line);
        }
    }

    /** The worker with other instructions where the process that forks reports whom it has made. */
    private static WorkerProgram reporting(int... instead) {
        X64Worker whole = new X64Worker();
        byte[] elf = whole.elf();
        byte[] report = {0x49, (byte) 0x89, 0x45, 0x38}; // mov [r13 + 56], rax
        int at = -1;
        for (int i = 0; i + report.length <= elf.length; i++) {
            if (Arrays.equals(elf, i, i + report.length, report, 0, report.length)) {
                assertEquals(-1, at, "one such instruction");
                at = i;
            }
        }
        for (int i = 0; i < report.length; i++) {
            elf[at + i] = (byte) instead[i];
        }
        return new Patched(whole, elf);
    }

    /**
     * The process that forks the worker never says whom it has made, as if it had been killed right then: the kernel has
     * left the number in the page, so the worker is found all the same.
     */
    @Test
    void theKernelLeavesTheWorkersNumber() {
        try (WorkerFactory f = new WorkerFactory(reporting(0x0f, 0x1f, 0x40, 0), WorkerFactory.Mode.STRICT, 0)) {
            try (WorkerRig r = rig(f)) {
                assertEquals(Control.EXIT_ECALL, r.run());
            }
        }
    }

    /** The process that forks the worker neither ends nor reports; it and the worker are ended, nothing hangs. */
    @Test
    void aMakerThatHangsIsEnded() {
        try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 0)) {
            rig(f).close();
        }
        Leaks before = Leaks.count();
        // ud2: its handler waits for commands from then on
        try (WorkerFactory f = new WorkerFactory(reporting(0x0f, 0x0b, 0, 0), WorkerFactory.Mode.STRICT, 0)) {
            SandboxException e = assertThrows(SandboxException.class, () -> rig(f));
            assertTrue(e.getMessage().startsWith("the worker does not come up within 10 s"), e.getMessage());
        }
        before.assertSame("a maker that hangs");
        try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 0); WorkerRig r = rig(f)) {
            assertEquals(Control.EXIT_ECALL, r.run());
        }
    }

    /** A worker program whose machine code was changed. */
    private record Patched(WorkerProgram whole, byte[] elf) implements WorkerProgram {
        @Override
        public String target() {
            return whole.target();
        }

        @Override
        public long guestBase() {
            return whole.guestBase();
        }

        @Override
        public int floatingPointControl() {
            return whole.floatingPointControl();
        }

        @Override
        public long userEnd() {
            return whole.userEnd();
        }

        @Override
        public void addRows(SetupList list) {
            whole.addRows(list);
        }

        @Override
        public long handler() {
            return whole.handler();
        }

        @Override
        public SyscallTable syscalls() {
            return whole.syscalls();
        }
    }

    @Test
    void nothingLeaks() {
        try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 0)) {
            rig(f).close();
            Leaks before = Leaks.count();
            for (int i = 0; i < 30; i++) {
                WorkerRig r = rig(f);
                if (i % 3 == 0) {
                    r.run();
                } else if (i % 3 == 1) {
                    Libc.kill(r.worker.pid(), 9);
                    assertThrows(SandboxException.class, () -> r.worker.enter(Worker.NO_DEADLINE));
                }
                r.close();
                before.assertSame("worker " + i);
            }
        }
    }

    @Test
    void spareWorkersGoWithTheirFactory() throws InterruptedException {
        rig(factory(WorkerFactory.Mode.STRICT, 0)).close();
        Leaks before = Leaks.count();
        WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 3);
        for (int i = 0; i < 10; i++) {
            rig(f).close();
        }
        WorkerRig last = rig(f);
        f.close();
        f.close();
        assertEquals(Control.EXIT_ECALL, last.run(), "workers handed out live on");
        last.close();
        before.assertSame("closing a factory");
        assertThrows(IllegalStateException.class, () -> rig(f));
        before.assertSame("using a closed factory");
    }

    /** Spare workers that die while they wait are replaced without anybody noticing. */
    @Test
    void deadSparesAreReplaced() throws InterruptedException {
        try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 2)) {
            rig(f).close();
            for (int i = 0; i < 5; i++) {
                Thread.sleep(20);
                ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
                try (WorkerRig r = rig(f)) {
                    assertEquals(Control.EXIT_ECALL, r.run());
                }
            }
        }
    }

    @Test
    void reportNamesEveryLayerOnce() {
        try (WorkerFactory f = factory(WorkerFactory.Mode.STRICT, 0)) {
            List<Layer> layers = f.report().stream().map(Hardening.Status::layer).toList();
            assertEquals(List.of(Layer.values()), layers);
        }
    }
}

package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Hardening;
import dev.rivet.sandbox.Layout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the kernel says about a worker that is ready to run guest code: one test a layer of {@link Hardening.Layer}. */
class HardeningSeenFromOutsideTest {
    private static WorkerRig rig;
    private static Path proc;
    private static Map<String, String> status;

    @BeforeAll
    static void start() throws IOException {
        rig = new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL));
        proc = Path.of("/proc", String.valueOf(rig.worker.pid()));
        status = new HashMap<>();
        for (String line : Files.readAllLines(proc.resolve("status"))) {
            status.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1).strip());
        }
    }

    @AfterAll
    static void end() {
        rig.close();
    }

    private static List<String> list(String directory) throws IOException {
        try (Stream<Path> s = Files.list(proc.resolve(directory))) {
            return s.map(Path::getFileName).map(Path::toString).toList();
        }
    }

    @Test
    void everyLayerIsReportedAsGranted() {
        for (Hardening.Status s : rig.factory.report()) {
            assertTrue(s.granted(), s.toString());
            assertFalse(s.layer().reason().isEmpty());
            assertFalse(s.layer().remedy().isEmpty());
        }
        assertEquals(Hardening.Layer.values().length, rig.factory.report().size());
    }

    @Test
    void noDescriptors() throws IOException {
        assertEquals(List.of(), list("fd"));
    }

    /** Exactly the mappings of the layout, with exactly their rights. */
    @Test
    void ownMappingsOnly() throws IOException {
        List<String> expected = new ArrayList<>();
        expected.add("00010000-00011000 r--p memfd:rivet-image");
        expected.add("00020000-00024000 rw-s memfd:rivet-guest");
        expected.add(range(rig.memory.plan().heapStart(), rig.memory.plan().heapLimit()) + " rw-s memfd:rivet-heap");
        expected.add(range(rig.memory.plan().stackStart(), rig.memory.plan().stackEnd()) + " rw-s memfd:rivet-guest");
        expected.add(
                range(Layout.CONTROL_BASE, Layout.CONTROL_BASE + Layout.CONTROL_SIZE) + " rw-s memfd:rivet-control");
        expected.add(range(Layout.CODE_BASE, Layout.CODE_BASE + 0x11000) + " r-xs memfd:rivet-code");
        expected.add(range(Layout.TABLE_BASE + 0x40000, Layout.TABLE_BASE + 0x44000) + " r--s memfd:rivet-table");
        long back = Layout.TABLE_BASE + Integer.toUnsignedLong(Layout.RETURN_TO_HOST) * Layout.TABLE_SCALE;
        expected.add(range(back, back + 0x1000) + " r--s memfd:rivet-table");
        expected.add(range(Layout.RETURN_STACK_BASE, Layout.RETURN_STACK_BASE + Layout.RETURN_STACK_SIZE)
                + " rw-s memfd:rivet-control");
        expected.add(range(Layout.WORKER_PUBLISH, Layout.WORKER_PUBLISH + 0x1000) + " r-xp memfd:rivet-worker");
        expected.add(range(Layout.SIGNAL_STACK, Layout.SIGNAL_STACK + Layout.SIGNAL_STACK_SIZE) + " rw-p");
        List<String> found = new ArrayList<>();
        for (String line : Files.readAllLines(proc.resolve("maps"))) {
            String[] f = line.split("\\s+", 6);
            if (f[0].startsWith("ffffffff")) {
                continue; // vsyscall: an address of the kernel's; calling it is a system call to the filter
            }
            String name = f.length < 6 ? "" : " " + f[5].replaceAll("^/(memfd:[a-z-]+).*$", "$1");
            found.add((f[0] + " " + f[1] + name).strip());
        }
        assertEquals(String.join("\n", expected), String.join("\n", found));
    }

    private static String range(long from, long to) {
        return String.format("%08x-%08x", from, to);
    }

    @Test
    void namespacesAreItsOwn() throws IOException {
        for (String ns : new String[]{"user", "mnt", "net", "ipc", "uts", "cgroup", "pid"}) {
            assertNotEquals(Files.readSymbolicLink(Path.of("/proc/self/ns", ns)),
                    Files.readSymbolicLink(proc.resolve("ns").resolve(ns)), ns);
        }
        assertTrue(status.get("NSpid").endsWith("\t1"), status.get("NSpid"));
        assertEquals("", Files.readString(proc.resolve("uid_map")));
        assertEquals("", Files.readString(proc.resolve("gid_map")));
    }

    @Test
    void rootIsEmptyAndTheOnlyMount() throws IOException {
        assertEquals(List.of(), list("root"));
        assertEquals(List.of(), list("cwd"));
        List<String> mounts = Files.readAllLines(proc.resolve("mountinfo"));
        assertEquals(1, mounts.size(), mounts.toString());
        assertTrue(mounts.getFirst().contains(" / / ro,nosuid,nodev,noexec"), mounts.toString());
    }

    @Test
    void resourceLimitsAreZero() throws IOException {
        Map<String, String[]> limits = new HashMap<>();
        for (String line : Files.readAllLines(proc.resolve("limits"))) {
            limits.put(line.substring(0, 26).strip(), line.substring(26).strip().split("\\s+"));
        }
        for (String name : new String[]{"Max file size", "Max data size", "Max stack size", "Max core file size",
                "Max processes", "Max open files", "Max locked memory", "Max address space", "Max file locks",
                "Max pending signals", "Max msgqueue size", "Max nice priority", "Max realtime priority"}) {
            assertEquals("0", limits.get(name)[0], name);
            assertEquals("0", limits.get(name)[1], name);
        }
    }

    @Test
    void noCapabilitiesNoNewPrivilegesFiltered() {
        for (String set : new String[]{"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
            assertEquals("0000000000000000", status.get(set), set);
        }
        assertEquals("1", status.get("NoNewPrivs"));
        assertEquals("2", status.get("Seccomp"));
        assertEquals("1", status.get("Seccomp_filters"));
        assertEquals("1", status.get("Threads"));
        assertEquals("rivet-worker", status.get("Name"));
    }

    /** What the kernel does not show of another process: the calls and their results, as the worker left them. */
    @Test
    void invisibleLayersWereAskedForAndGranted() {
        assertDone(157, 1, 9); // PR_SET_PDEATHSIG, SIGKILL
        assertDone(157, 4, 0); // PR_SET_DUMPABLE, 0
        assertDone(157, 28, 0xef); // PR_SET_SECUREBITS
    }

    /**
     * The whole policy as the worker carried it out, call by call. A change of the table must be a change of this file, too,
     * so that somebody looks at it.
     */
    @Test
    void theWholeListIsTheReviewedOne() throws IOException {
        StringBuilder calls = new StringBuilder();
        for (int i = 0; i < rig.wide(Control.SETUP_COUNT); i++) {
            int row = Control.SETUP_ROWS + i * Control.SETUP_ROW;
            calls.append(rig.field(row)).append(rig.field(row + 4) == Control.SETUP_FORK ? " forks" : "");
            for (int a = 0; a < 6; a++) {
                calls.append(" 0x").append(Long.toHexString(rig.wide(row + 8 + 8 * a)));
            }
            calls.append('\n');
        }
        int last = Control.SETUP_ROWS + ((int) rig.wide(Control.SETUP_COUNT) - 1) * Control.SETUP_ROW;
        int program = (int) (rig.wide(last + 24) - Layout.CONTROL_BASE); // struct sock_fprog of the last call, seccomp
        int code = (int) (rig.wide(program + 8) - Layout.CONTROL_BASE);
        for (int i = 0; i < rig.wide(program); i++) {
            calls.append(String.format("filter %016x%n", rig.wide(code + 8 * i)));
        }
        try (var in = getClass().getResourceAsStream("set-up-calls.txt")) {
            String reviewed = new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)^#.*\n", "");
            assertEquals(reviewed, calls.toString());
        }
    }

    private static void assertDone(int number, long first, long second) {
        long rows = rig.wide(Control.SETUP_COUNT);
        assertEquals(rows, rig.wide(Control.SETUP_DONE));
        for (int i = 0; i < rows; i++) {
            int row = Control.SETUP_ROWS + i * Control.SETUP_ROW;
            if (rig.field(row) == number && rig.wide(row + 8) == first && rig.wide(row + 16) == second) {
                assertEquals(0, rig.wide(row + 56));
                return;
            }
        }
        throw new AssertionError("no row " + number + " " + first + " " + second);
    }

    /** Prints the worker's process id and waits to be killed. */
    static final class Parent {
        public static void main(String[] args) throws InterruptedException {
            try (WorkerRig rig = new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL))) {
                System.out.println(rig.worker.pid());
                Thread.sleep(60_000);
            }
        }
    }

    @Test
    void diesWithItsParent() throws Exception {
        Process jvm = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                Parent.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            long pid = Long.parseLong(jvm.inputReader().readLine());
            assertTrue(Files.exists(Path.of("/proc", String.valueOf(pid))));
            jvm.destroyForcibly().waitFor();
            for (int i = 0; i < 500 && running(pid); i++) {
                Thread.sleep(10);
            }
            assertFalse(running(pid), "the worker outlived its JVM");
        } finally {
            jvm.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
        }
    }

    private static boolean running(long pid) throws IOException {
        Path stat = Path.of("/proc", String.valueOf(pid), "stat");
        try {
            // A zombie nobody reaps counts as dead.
            return !Files.readString(stat).replaceAll("^.*\\) ", "").startsWith("Z");
        } catch (java.nio.file.NoSuchFileException e) {
            return false;
        }
    }
}

package dev.rivet.tests.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.CodeCache;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.RivetException;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import dev.rivet.tools.soak.Held;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host that runs out of something, through the public API: descriptors, address space, file size, processes, threads,
 * memory, disk. Each attempt either works or ends in one exception of Rivet's with one line; nothing is left behind; and
 * with the lack over, the same engine works.
 */
@Timeout(300)
class HostLacksTest {
    private static final int FSIZE = 1;
    private static final int NOFILE = 7;
    private static final int AS = 9;
    private static final int TEXT = 0x10000;
    private static final long MIB = 1 << 20;
    private static final int EAGAIN = 11;
    private static final int ENOMEM = 12;
    private static final int ENOSPC = 28;
    private static final int ENOSYS = 38;

    /** Runs in a JVM of its own, because what it does to itself cannot be undone. Its lines are what it has seen. */
    static final class Poor {
        private static Program program;
        private static final Set<String> MESSAGES = new TreeSet<>();
        private static int worked;
        private static int failed;

        public static void main(String[] args) throws Exception {
            byte[] elf = guest();
            if (args[0].equals("threads")) {
                threads(elf);
                return;
            }
            try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).spareWorkers(0).build();
                    Program p = engine.load(elf, "guest")) {
                program = p;
                attempt(engine, elf);
                attempt(engine, elf);
                assertEquals(2, worked, MESSAGES.toString());
                Held before = Held.now();
                switch (args[0]) {
                    case "descriptors" -> {
                        for (int limit = 64; limit < 130; limit++) {
                            limited(NOFILE, limit, engine, elf, before);
                        }
                    }
                    case "address space" -> {
                        for (long more = 1024; more < 14_000; more += 500) {
                            limited(AS, (size() + more) * MIB, engine, elf, before);
                        }
                    }
                    case "file size" -> {
                        for (long limit : new long[]{0, 4096, MIB, 1L << 31}) {
                            limited(FSIZE, limit, engine, elf, before);
                        }
                    }
                    case "processes" -> {
                        Limits.fail(435, -1, 0, ENOSYS); // clone3, whose flags no filter sees; the C library takes clone then
                        Limits.fail(56, 0, 0x4111, EAGAIN); // posix_spawn's
                        Limits.fail(58, -1, 0, EAGAIN);
                        hopeless(engine, elf, before);
                        return;
                    }
                    case "worker processes" -> {
                        Limits.fail(56, 0, 0x10_8011, EAGAIN); // the worker's own
                        hopeless(engine, elf, before);
                        return;
                    }
                    case "memory" -> {
                        Limits.fail(77, -1, 0, ENOMEM); // ftruncate
                        hopeless(engine, elf, before);
                        return;
                    }
                    case "shared memory" -> {
                        Limits.fail(319, -1, 0, ENOSPC); // memfd_create
                        hopeless(engine, elf, before);
                        return;
                    }
                    default -> throw new IllegalArgumentException(args[0]);
                }
                int before2 = worked;
                attempt(engine, elf);
                assertEquals(before2 + 1, worked, "with the lack over");
                report();
            }
        }

        private static void report() {
            System.out.println("> " + worked + " worked, " + failed + " failed");
            MESSAGES.forEach(m -> System.out.println("> " + m));
        }

        /** No thread can be made when the first engine wants its spawner. */
        private static void threads(byte[] elf) throws Exception {
            Held before = Held.now();
            Thread.ofPlatform().start(() -> {
            }).join();
            Limits.fail(435, -1, 0, ENOSYS);
            Limits.fail(56, 0, 0x3d_0f00, EAGAIN); // a thread's
            for (int i = 0; i < 3; i++) {
                try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).spareWorkers(1).build();
                        Program p = engine.load(elf, "guest");
                        Instance instance = p.instantiate(InstanceOptions.defaults())) {
                    instance.call(CallOptions.unlimited(), (long) TEXT);
                    worked++;
                } catch (RivetException e) {
                    failed++;
                    MESSAGES.add(e.getMessage());
                }
                leftovers(before, "attempt " + i);
            }
            report();
        }

        private static void hopeless(Engine engine, byte[] elf, Held before) throws Exception {
            worked = 0;
            for (int i = 0; i < 3; i++) {
                attempt(engine, elf);
                leftovers(before, "attempt " + i);
            }
            report();
        }

        private static void limited(int resource, long limit, Engine engine, byte[] elf, Held before) throws Exception {
            Limits.limit(resource, limit);
            try {
                attempt(engine, elf);
            } finally {
                Limits.limit(resource, -1);
            }
            leftovers(before, "limit " + limit);
        }

        /** Of threads only Rivet's count: the JVM starts some of its own when something fails for the first time. */
        private static void leftovers(Held before, String after) throws InterruptedException {
            for (int i = 0; i < 100 && (beyond(before) > 0 || threads() > 1); i++) {
                Thread.sleep(50);
            }
            assertEquals(0, beyond(before), after + ": " + before + " became " + Held.now());
            assertTrue(threads() <= 1, after + ": threads");
        }

        private static long beyond(Held before) {
            Held now = Held.now();
            return new Held(now.descriptors(), now.mappings(), now.processes(), before.threads()).beyond(before);
        }

        private static long threads() {
            return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("rivet")).count();
        }

        /** Loads a program and calls it, in an instance of its own and in one of the program that is there. */
        private static void attempt(Engine engine, byte[] elf) {
            try (Program fresh = engine.load(elf, "fresh");
                    Instance a = fresh.instantiate(InstanceOptions.defaults());
                    Instance b = program.instantiate(InstanceOptions.defaults())) {
                for (Instance i : List.of(a, b)) {
                    Outcome o = i.call(CallOptions.ofGas(1000), (long) TEXT, 41);
                    assertTrue(o instanceof Outcome.Finished f && f.result() == 42, o.message());
                }
                worked++;
            } catch (RivetException e) {
                failed++;
                MESSAGES.add(e.getMessage());
            }
        }

        private static byte[] guest() {
            Asm a = new Asm(64, TEXT);
            a.addi(Asm.A0, Asm.A0, 1).ret();
            return new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X).bytes();
        }

        /** Size of this process's address space in MiB. */
        private static long size() throws IOException {
            String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[0];
            return Long.parseLong(pages) * 4096 / MIB;
        }
    }

    private static List<String> poor(String lack) throws IOException, InterruptedException {
        Process p = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Poor.class.getName(), lack).redirectErrorStream(true).start();
        List<String> lines = p.inputReader().lines().toList();
        assertEquals(0, p.waitFor(), lack + ":\n" + String.join("\n", lines));
        List<String> said = lines.stream().filter(l -> l.startsWith("> ")).map(l -> l.substring(2)).toList();
        System.out.println("lack of " + lack + ": " + String.join(" | ", said));
        return said.subList(1, said.size());
    }

    private static void onlyThese(List<String> messages, String... parts) {
        for (String m : messages) {
            assertTrue(List.of(parts).stream().anyMatch(m::contains), m);
        }
        assertTrue(!messages.isEmpty());
    }

    @Test
    void descriptors() throws Exception {
        onlyThese(poor("descriptors"), "EMFILE; too many open files; raise ulimit -n",
                "EMFILE; check ulimit -n and the container's memory limit", "ulimit -n is 64 or less; raise it");
    }

    @Test
    void addressSpace() throws Exception {
        onlyThese(poor("address space"), "ENOMEM; the limit on address space (ulimit -v)");
    }

    @Test
    void fileSize() throws Exception {
        onlyThese(poor("file size"),
                "EFBIG; the limit on file size (ulimit -f) holds for shared memory, too; raise it");
    }

    @Test
    void processes() throws Exception {
        assertEquals(List.of("posix_spawn of the worker failed: EAGAIN; check that /proc is mounted, that the sysctl"
                + " vm.memfd_noexec is below 2, and the limits on processes (ulimit -u, the container's pids limit)"),
                poor("processes"));
        onlyThese(poor("worker processes"), "clone (step 20) failed: EAGAIN");
    }

    @Test
    void memory() throws Exception {
        onlyThese(poor("memory"), "ENOMEM; no memory left; raise the container's memory limit");
        onlyThese(poor("shared memory"), "ENOSPC; check ulimit -n and the container's memory limit");
    }

    @Test
    void threads() throws Exception {
        onlyThese(poor("threads"), "ulimit -u");
    }

    /** A full disk: programs run, translations are not kept, nothing is left in the cache. */
    static final class FullDisk {
        public static void main(String[] args) throws Exception {
            Path directory = Path.of(args[0]);
            CodeCache cache = CodeCache.open(directory, 1 << 20);
            try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).codeCache(cache).build();
                    Program p = engine.load(Poor.guest(), "guest");
                    Instance i = p.instantiate(InstanceOptions.defaults())) {
                System.out.println(i.call(CallOptions.ofGas(1000), (long) TEXT, 41).message());
            }
            System.out.println(Files.list(directory).filter(f -> !f.endsWith("filler")).count() + " files");
        }
    }

    @Test
    void disk(@TempDir Path directory) throws Exception {
        // A file system of four pages, all of them taken, in a mount namespace of its own.
        String script = "mount -t tmpfs -o size=16k,mode=0700 tmpfs \"$1\" && { dd if=/dev/zero of=\"$1/filler\" bs=4096"
                + " count=9 2> /dev/null; shift; exec \"$@\"; }";
        Process p = new ProcessBuilder("unshare", "-Urm", "sh", "-c", script, "sh", directory.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                FullDisk.class.getName(), directory.toString()).redirectErrorStream(true).start();
        List<String> lines = p.inputReader().lines().toList();
        assertEquals(0, p.waitFor(), String.join("\n", lines));
        assertTrue(lines.stream().anyMatch(l -> l.contains("code cache: cannot keep") && l.contains("No space left")),
                lines.toString());
        assertEquals(List.of("finished", "0 files"), lines.subList(lines.size() - 2, lines.size()));
    }
}

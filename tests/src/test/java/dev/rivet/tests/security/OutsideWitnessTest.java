package dev.rivet.tests.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.ir.Metering;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * An independent witness: looks at a worker that runs a guest through libc calls of JNA's, with none of Rivet's own native
 * code, and fails when a layer of the sandbox is missing.
 */
@Isolated("counts what this JVM holds")
@Timeout(60)
class OutsideWitnessTest {
    /** The C library, its errors as exceptions with errno. */
    public interface C extends Library {
        /** open(2). */
        int open(String path, int flags) throws LastErrorException;

        /** close(2). */
        int close(int fd) throws LastErrorException;

        /** read(2). */
        NativeLong read(int fd, Memory buffer, NativeLong size) throws LastErrorException;

        /** readlink(2). */
        NativeLong readlink(String path, Memory buffer, NativeLong size) throws LastErrorException;

        /** kill(2). */
        int kill(int pid, int signal) throws LastErrorException;
    }

    private static final int ESRCH = 3;
    private static final int TEXT = 0x10000;
    private static final int DATA = 0x20000;
    private static final C LIBC = Native.load("c", C.class);

    private static Engine engine;
    private static Instance instance;
    private static CompletableFuture<Outcome> call;
    private static int pid;

    @BeforeAll
    static void start() throws InterruptedException {
        Asm a = new Asm(64, TEXT);
        int loop = a.label();
        a.li(Asm.T0, DATA).place(loop).sx(Asm.A0, 0, Asm.T0).addi(Asm.A0, Asm.A0, 1).j(loop);
        byte[] elf = new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X)
                .add(DATA, new byte[0], 4096, Image.R | Image.W).bytes();
        List<Long> before = children();
        engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.STRICT).spareWorkers(0).build();
        Program program = engine.load(elf, "witness");
        instance = program.instantiate(InstanceOptions.defaults().withMetering(Metering.NONE));
        List<Long> after = new ArrayList<>(children());
        after.removeAll(before);
        assertEquals(1, after.size(), "workers");
        pid = (int) (long) after.getFirst();
        call = CompletableFuture.supplyAsync(() -> instance.call(CallOptions.unlimited(), (long) TEXT));
        while (instance.memory().readLong(DATA) == 0) {
            Thread.sleep(1);
        }
    }

    @AfterAll
    static void end() {
        engine.close();
    }

    private static List<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).toList();
    }

    private static String read(String path) {
        int fd = LIBC.open(path, 0);
        try (Memory buffer = new Memory(1 << 16)) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int n; (n = LIBC.read(fd, buffer, new NativeLong(1 << 16)).intValue()) > 0;) {
                all.writeBytes(buffer.getByteArray(0, n));
            }
            return all.toString(StandardCharsets.UTF_8);
        } finally {
            LIBC.close(fd);
        }
    }

    private static String link(String path) {
        try (Memory buffer = new Memory(4096)) {
            int n = LIBC.readlink(path, buffer, new NativeLong(4096)).intValue();
            return new String(buffer.getByteArray(0, n), StandardCharsets.UTF_8);
        }
    }

    private static Map<String, String> status() {
        Map<String, String> status = new HashMap<>();
        for (String line : read("/proc/" + pid + "/status").split("\n")) {
            status.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1).strip());
        }
        return status;
    }

    private static int errno(Runnable call) {
        try {
            call.run();
            return 0;
        } catch (LastErrorException e) {
            return e.getErrorCode();
        }
    }

    /** A descriptor 0–1023 that can be looked up is one that is open. */
    @Test
    void noOpenDescriptor() {
        for (int fd = 0; fd < 1024; fd++) {
            int n = fd;
            assertNotEquals(0, errno(() -> link("/proc/" + pid + "/fd/" + n)), "descriptor " + fd);
        }
    }

    /** Nothing is writable and executable; nothing is there but Rivet's own shared memory and the signal stack. */
    @Test
    void mappings() {
        int anonymous = 0;
        int executable = 0;
        for (String line : read("/proc/" + pid + "/maps").split("\n")) {
            String[] f = line.split("\\s+", 6);
            if (f[0].startsWith("ffffffff")) {
                continue; // vsyscall, the kernel's
            }
            assertFalse(f[1].contains("w") && f[1].contains("x"), line);
            String name = f.length < 6 ? "" : f[5];
            assertTrue(name.isEmpty() || name.startsWith("/memfd:rivet-"), line);
            anonymous += name.isEmpty() ? 1 : 0;
            if (f[1].contains("x")) {
                executable++;
                assertTrue(name.startsWith("/memfd:rivet-code") || name.startsWith("/memfd:rivet-worker"), line);
            }
        }
        assertEquals(1, anonymous, "the signal stack");
        assertEquals(2, executable, "translated code and the worker's own");
    }

    @Test
    void noCapabilityNoNewPrivilegesFilteredFirstInItsNamespace() {
        Map<String, String> s = status();
        for (String set : new String[]{"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
            assertEquals("0000000000000000", s.get(set), set);
        }
        assertEquals("1", s.get("NoNewPrivs"));
        assertEquals("2", s.get("Seccomp"));
        assertEquals("1", s.get("Threads"));
        String[] numbers = s.get("NSpid").split("\\s+");
        assertTrue(numbers.length > 1 && numbers[numbers.length - 1].equals("1"), s.get("NSpid"));
        assertEquals("", read("/proc/" + pid + "/uid_map"));
        assertEquals("", read("/proc/" + pid + "/gid_map"));
    }

    @Test
    void namespacesAreNotOurs() {
        for (String ns : new String[]{"user", "mnt", "net", "ipc", "uts", "cgroup", "pid"}) {
            assertNotEquals(link("/proc/self/ns/" + ns), link("/proc/" + pid + "/ns/" + ns), ns);
        }
    }

    @Test
    void limitsAreZero() {
        String limits = read("/proc/" + pid + "/limits");
        for (String name : new String[]{"Max file size", "Max data size", "Max core file size", "Max processes",
                "Max open files", "Max locked memory", "Max address space", "Max msgqueue size"}) {
            assertTrue(limits.matches("(?s).*" + name + " +0 +0 .*"), name + " in\n" + limits);
        }
    }

    /** What this process finds by these paths, the worker does not. */
    @Test
    void rootHoldsNothing() {
        assertNotEquals(0, errno(() -> read("/proc/" + pid + "/root/etc/passwd")), "/etc/passwd");
        assertNotEquals(0, errno(() -> read("/proc/" + pid + "/root/proc/self/status")), "/proc");
        assertNotEquals(0, errno(() -> read("/proc/" + pid + "/cwd/etc/passwd")), "cwd");
    }

    /** A closed instance's worker is gone, not a zombie, when close returns; the one that runs is still there. */
    @Test
    void closedWorkersAreGone() throws Exception {
        int[] other = new int[1];
        List<Long> before = children();
        try (Instance _ = instance.program().instantiate(InstanceOptions.defaults())) {
            List<Long> after = new ArrayList<>(children());
            after.removeAll(before);
            other[0] = (int) (long) after.getFirst();
            assertEquals(0, errno(() -> LIBC.kill(other[0], 0)));
        }
        assertEquals(ESRCH, errno(() -> LIBC.kill(other[0], 0)));
        assertFalse(call.isDone());
        assertEquals(0, errno(() -> LIBC.kill(pid, 0)));
    }
}

package dev.rivet.tests.security;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import dev.rivet.sandbox.Layout;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Looks at a worker from outside through JNA's own libc calls, with none of Rivet's native code, and says what is not as
 * it has to be. The whole environment of the process is compared, not samples of it: whatever is there and not expected is
 * a finding, too.
 */
public final class Witness {
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

        /** opendir(3). */
        Pointer opendir(String path) throws LastErrorException;

        /** readdir(3). */
        Pointer readdir(Pointer directory);

        /** closedir(3). */
        int closedir(Pointer directory) throws LastErrorException;
    }

    static final C LIBC = Native.load("c", C.class);

    /** Signals a worker catches: ILL, TRAP, BUS, FPE, USR1, SEGV. */
    private static final long CAUGHT = bit(4) | bit(5) | bit(7) | bit(8) | bit(10) | bit(11);
    /** Signals it does not block: those, and KILL, XCPU, SYS. */
    private static final long OPEN = CAUGHT | bit(9) | bit(24) | bit(31);
    /** Signals that nobody can block. */
    private static final long UNBLOCKABLE = bit(9) | bit(19);
    /** Signals that the C library keeps for itself and does not let be blocked. */
    private static final long LIBRARY = bit(32) | bit(33) | bit(34);
    private static final int NAME_IN_DIRENT = 19;
    private static final String[] ZERO_LIMITS = {"Max file size", "Max data size", "Max stack size",
            "Max core file size",
            "Max processes", "Max open files", "Max locked memory", "Max address space", "Max file locks",
            "Max pending signals", "Max msgqueue size", "Max nice priority", "Max realtime priority"};

    private final int pid;
    private final List<String> findings = new ArrayList<>();

    private Witness(int pid) {
        this.pid = pid;
    }

    private static long bit(int signal) {
        return 1L << signal - 1;
    }

    /** What is wrong with a worker that is ready or runs; empty when all is right. */
    public static List<String> findings(int pid) {
        Witness w = new Witness(pid);
        w.descriptors();
        w.mappings();
        w.status();
        w.limits();
        w.namespaces();
        w.fileSystem();
        return w.findings;
    }

    private void check(boolean good, String what) {
        if (!good) {
            findings.add(what);
        }
    }

    private String proc(String name) {
        return "/proc/" + pid + "/" + name;
    }

    static String read(String path) {
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

    static String link(String path) {
        try (Memory buffer = new Memory(4096)) {
            int n = LIBC.readlink(path, buffer, new NativeLong(4096)).intValue();
            return new String(buffer.getByteArray(0, n), StandardCharsets.UTF_8);
        }
    }

    static int errno(Runnable call) {
        try {
            call.run();
            return 0;
        } catch (LastErrorException e) {
            return e.getErrorCode();
        }
    }

    /** Names in a directory, its own and its parent's left out. */
    static Set<String> list(String path) {
        Pointer directory = LIBC.opendir(path);
        try {
            Set<String> names = new TreeSet<>();
            for (Pointer entry; (entry = LIBC.readdir(directory)) != null;) {
                names.add(entry.getString(NAME_IN_DIRENT));
            }
            names.removeAll(Set.of(".", ".."));
            return names;
        } finally {
            LIBC.closedir(directory);
        }
    }

    private void descriptors() {
        check(list(proc("fd")).isEmpty(), "open descriptors " + list(proc("fd")));
    }

    /** Every mapping has a place in the layout, with the rights and the file that belong there; none is missing. */
    private void mappings() {
        Map<String, Integer> seen = new TreeMap<>();
        for (String line : read(proc("maps")).split("\n")) {
            String[] f = line.split("\\s+", 6);
            String[] range = f[0].split("-");
            long start = Long.parseUnsignedLong(range[0], 16);
            long end = Long.parseUnsignedLong(range[1], 16);
            if (start < 0) {
                continue; // vsyscall: an address of the kernel's
            }
            String name = f.length < 6 ? "" : f[5].replaceAll("^/memfd:rivet-([a-z]+).*$", "$1");
            String kind = kind(start, end, f[1] + " " + name);
            check(kind != null, "mapping " + line);
            seen.merge(kind == null ? "unknown" : kind, 1, Integer::sum);
        }
        for (String one : new String[]{"control", "code", "return stack", "worker", "signal stack", "text", "stack"}) {
            check(seen.containsKey(one), "no mapping of the " + one);
        }
    }

    private static String kind(long start, long end, String what) {
        boolean guest = start >= Layout.GUEST_LOW && end <= Layout.GUEST_HIGH;
        boolean table = start >= Layout.TABLE_BASE && end <= Layout.TABLE_BASE + (Layout.TABLE_SCALE * (1L << 32));
        return switch (what) {
            case "r--p image" -> guest ? "text" : null;
            case "rw-s guest" -> guest ? end == Layout.GUEST_HIGH ? "stack" : "data" : null;
            case "rw-s heap" -> guest ? "heap" : null;
            case "rw-s control" -> start == Layout.CONTROL_BASE && end == start + Layout.CONTROL_SIZE
                    ? "control"
                    : start == Layout.RETURN_STACK_BASE && end == start + Layout.RETURN_STACK_SIZE
                            ? "return stack"
                            : null;
            case "r-xs code" -> start == Layout.CODE_BASE && end <= start + Layout.CODE_MAX ? "code" : null;
            case "r--s table" -> table ? "table" : null;
            case "r-xp worker" -> start == Layout.WORKER_PUBLISH && end == start + 0x1000 ? "worker" : null;
            case "rw-p " -> start == Layout.SIGNAL_STACK && end == start + Layout.SIGNAL_STACK_SIZE
                    ? "signal stack"
                    : null;
            default -> null;
        };
    }

    static Map<String, String> fields(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String line : text.split("\n")) {
            fields.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1).strip());
        }
        return fields;
    }

    private void status() {
        Map<String, String> s = fields(read(proc("status")));
        for (String set : new String[]{"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
            check("0000000000000000".equals(s.get(set)), set + " " + s.get(set));
        }
        check("1".equals(s.get("NoNewPrivs")), "NoNewPrivs " + s.get("NoNewPrivs"));
        check("2".equals(s.get("Seccomp")), "Seccomp " + s.get("Seccomp"));
        check("1".equals(s.get("Seccomp_filters")), "Seccomp_filters " + s.get("Seccomp_filters"));
        check("1".equals(s.get("Threads")), "Threads " + s.get("Threads"));
        check("rivet-worker".equals(s.get("Name")), "Name " + s.get("Name"));
        check("0".equals(s.get("TracerPid")), "TracerPid " + s.get("TracerPid"));
        String[] numbers = s.get("NSpid").split("\\s+");
        check(numbers.length > 1 && numbers[numbers.length - 1].equals("1"), "NSpid " + s.get("NSpid"));
        check(Long.parseUnsignedLong(s.get("SigCgt"), 16) == CAUGHT, "SigCgt " + s.get("SigCgt"));
        check((Long.parseUnsignedLong(s.get("SigIgn"), 16) & ~LIBRARY) == 0, "SigIgn " + s.get("SigIgn"));
        check((Long.parseUnsignedLong(s.get("SigBlk"), 16) | LIBRARY) == (~OPEN & ~UNBLOCKABLE | LIBRARY),
                "SigBlk " + s.get("SigBlk"));
        check("".equals(read(proc("environ"))), "an environment");
        check("".equals(read(proc("cmdline"))), "a command line");
    }

    private void limits() {
        String limits = read(proc("limits"));
        for (String name : ZERO_LIMITS) {
            check(limits.matches("(?s).*" + name + " +0 +0 .*"), name);
        }
    }

    private void namespaces() {
        for (String ns : new String[]{"user", "mnt", "net", "ipc", "uts", "cgroup", "pid"}) {
            check(!link("/proc/self/ns/" + ns).equals(link(proc("ns/" + ns))), ns + " namespace is ours");
        }
        check("".equals(read(proc("uid_map"))), "uid_map");
        check("".equals(read(proc("gid_map"))), "gid_map");
    }

    private void fileSystem() {
        String mounts = read(proc("mountinfo"));
        check(mounts.lines().count() == 1 && mounts.contains(" / / ro,nosuid,nodev,noexec")
                && mounts.contains(" tmpfs "), "mounts: " + mounts.lines().limit(3).toList());
        check(list(proc("root")).isEmpty(), "files in the root");
        check(list(proc("cwd")).isEmpty(), "files in the working directory");
    }
}

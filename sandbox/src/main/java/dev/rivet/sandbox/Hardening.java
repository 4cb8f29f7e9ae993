package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * What a worker gives up before it runs guest code, as a table: which system calls with which arguments, the result each
 * must have, why, and what a user can do when a host does not grant it. The worker makes these calls in this order; nothing
 * of the policy is in machine code.
 */
public final class Hardening {
    /** A layer of protection: one or more rows of the table that only make sense together. */
    public enum Layer {
        // @formatter:off
        DESCRIPTORS("no-descriptors",
            "nothing to read, write or send: standard streams, the JVM's files and Rivet's own are closed",
            "needs close_range (Linux 5.9)"),
        MAPPINGS("own-mappings-only",
            "stack, vdso and everything else the kernel mapped is gone: no address to learn, no code to borrow",
            "munmap is refused; check the container's system call filter"),
        USER_NAMESPACE("user-namespace",
            "the worker is nobody outside its own namespace and may make the other namespaces",
            "allow user namespaces: sysctl user.max_user_namespaces above 0, kernel.unprivileged_userns_clone=1,"
                + " kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp profile that allows unshare"
                + " and a user whom the container maps"),
        MOUNT_NAMESPACE("mount-namespace", "its mounts are its own", Layer.AS_USER),
        NETWORK_NAMESPACE("network-namespace", "no network interface, no abstract sockets", Layer.AS_USER),
        IPC_NAMESPACE("ipc-namespace", "no System V shared memory, no message queues", Layer.AS_USER),
        UTS_NAMESPACE("uts-namespace", "no host name", Layer.AS_USER),
        CGROUP_NAMESPACE("cgroup-namespace", "no view of the control groups", Layer.AS_USER),
        PID_NAMESPACE("pid-namespace", "no process but itself to see or to signal", Layer.AS_USER),
        PARENT_DEATH("dies-with-parent",
            "a JVM that is killed leaves no worker behind", "prctl is refused; check the container's system call filter"),
        EMPTY_ROOT("empty-root",
            "the file system it sees is one empty read-only directory", "allow mounting tmpfs in a user namespace"),
        OLD_ROOT("old-root-detached",
            "the host's file system is not even mounted in its namespace",
            "pivot_root is refused; on an initramfs root switch to a real root file system first"),
        LIMITS("resource-limits",
            "no core file, process, descriptor, file, locked page, message queue, priority or further address space",
            "setting limits to 0 is refused; check the container's system call filter"),
        SECUREBITS("securebits",
            "being user 0 gives no capability, and that is locked", Layer.AS_USER),
        CAPABILITIES("no-capabilities",
            "not one capability, in its own namespace neither", "capset is refused; check the container's system call filter"),
        NOT_DUMPABLE("not-dumpable",
            "no other process of the user may attach to it or read it", "prctl is refused; check the system call filter"),
        NO_NEW_PRIVILEGES("no-new-privileges",
            "nothing it could execute gives it rights back", "prctl is refused; check the container's system call filter"),
        SYSCALL_FILTER("system-call-filter",
            "only sleeping and waking on two words, return from a signal and exit; anything else kills it",
            "needs a kernel with CONFIG_SECCOMP_FILTER and a container that allows seccomp");
        // @formatter:on

        private static final String AS_USER = "comes with the user namespace";

        private final String label;
        private final String reason;
        private final String remedy;

        Layer(String label, String reason, String remedy) {
            this.label = label;
            this.reason = reason;
            this.remedy = remedy;
        }

        /** Name as {@code doctor} prints it. */
        public String label() {
            return label;
        }

        /** What it is good for. */
        public String reason() {
            return reason;
        }

        /** What to do where it is missing. */
        public String remedy() {
            return remedy.equals(AS_USER) ? AS_USER + "; " + USER_NAMESPACE.remedy : remedy;
        }
    }

    /**
     * Whether this host grants a layer.
     *
     * @param layer the layer
     * @param granted whether it does
     * @param detail the call that failed and its error; null when granted
     */
    public record Status(Layer layer, boolean granted, String detail) {
    }

    /** When a row runs: before the worker knows a program (spare workers stop there), or last of all. */
    enum Phase {
        BARE, LAST
    }

    /**
     * A system call of the table.
     *
     * @param layer what it belongs to; null for what every worker needs
     * @param expected the one result that counts as success, or {@link #FORKS}
     */
    record Row(Layer layer, Phase phase, String call, long expected, long... args) {
    }

    /**
     * What workers are made with: rows and the filter's program. There is one, {@link #policy}; tests make others, to see
     * that a missing row is noticed.
     */
    record Policy(List<Row> rows, long[] filter) {
    }

    /** As an expected result: a positive number in the parent, which exits, and 0 in the child, which goes on. */
    static final long FORKS = Long.MIN_VALUE;

    // Where the data that rows point to lies in the control page.
    private static final int MESSAGE = Control.DATA; // struct msghdr, iovec, one byte, cmsghdr with descriptors
    private static final int ALTSTACK = Control.DATA + 0x100;
    private static final int ACTION = Control.DATA + 0x120;
    private static final int ZERO_LIMIT = Control.DATA + 0x140;
    private static final int CAP_HEADER = Control.DATA + 0x150;
    private static final int CAP_DATA = Control.DATA + 0x160;
    private static final int NAME = Control.DATA + 0x180;
    private static final int DOT = Control.DATA + 0x190;
    private static final int SLASH = Control.DATA + 0x198;
    private static final int MOUNT_POINT = Control.DATA + 0x1a0;
    private static final int TMPFS = Control.DATA + 0x1b0;
    private static final int TMPFS_OPTIONS = Control.DATA + 0x1c0;
    private static final int FILTER = Control.DATA + 0x200;

    private static final long SIGCHLD = 17;
    private static final long CLONE_PARENT = 0x8000;
    private static final long CLONE_PARENT_SETTID = 0x10_0000;
    /** Offset of the result in a row. */
    private static final int RESULT = 56;
    private static final long CLONE_NEWNS = 0x2_0000;
    private static final long CLONE_NEWCGROUP = 0x200_0000;
    private static final long CLONE_NEWUTS = 0x400_0000;
    private static final long CLONE_NEWIPC = 0x800_0000;
    private static final long CLONE_NEWUSER = 0x1000_0000;
    private static final long CLONE_NEWPID = 0x2000_0000;
    private static final long CLONE_NEWNET = 0x4000_0000;
    private static final long MS_RDONLY_NOSUID_NODEV_NOEXEC = 15;
    private static final long MS_REC_PRIVATE = 0x4000 | 1 << 18;
    private static final long MNT_DETACH = 2;
    private static final long PR_SET_PDEATHSIG = 1;
    private static final long PR_SET_DUMPABLE = 4;
    private static final long PR_SET_NAME = 15;
    private static final long PR_SET_SECUREBITS = 28;
    private static final long PR_SET_NO_NEW_PRIVS = 38;
    /** NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, and all four locks; KEEP_CAPS stays off. */
    private static final long SECUREBITS_LOCKED = 0xef;
    private static final long SECCOMP_SET_MODE_FILTER = 1;
    private static final long ALL = 0xffff_ffffL;

    private static final long SIGNAL_STACK = Layout.SIGNAL_STACK;
    private static final long CONTROL_END = Layout.CONTROL_BASE + Layout.CONTROL_SIZE;
    private static final long TEXT_END = Layout.WORKER_BASE + 0x1_0000;
    /** Replaced by {@link WorkerProgram#userEnd} when the row is written. */
    private static final long USER_END = -0x1234_5678;

    /** Signals the worker handles: the faults of translated code, and requests. */
    private static final int[] SIGNALS = {4, 5, 7, 8, 11, Native.SIGUSR1}; // ILL, TRAP, BUS, FPE, SEGV, USR1

    // @formatter:off
    static final List<Row> ROWS = List.of(
        bare(Layer.DESCRIPTORS,       "close_range", 2, ALL, 0),
        bare(Layer.MAPPINGS,          "munmap", 0, Layout.CONTROL_BASE),
        bare(Layer.MAPPINGS,          "munmap", CONTROL_END, Layout.WORKER_BASE - CONTROL_END),
        bare(Layer.MAPPINGS,          "munmap", TEXT_END, USER_END),
        new Row(null, Phase.BARE,     "mmap", SIGNAL_STACK, SIGNAL_STACK, Layout.SIGNAL_STACK_SIZE,
            Native.PROT_READ | Native.PROT_WRITE, Native.MAP_PRIVATE | Native.MAP_ANONYMOUS | Native.MAP_FIXED_NOREPLACE,
            -1, 0),
        bare(null,                    "sigaltstack", at(ALTSTACK), 0),
        bare(null,                    "rt_sigaction", SIGNALS[0], at(ACTION), 0, 8),
        bare(null,                    "rt_sigaction", SIGNALS[1], at(ACTION), 0, 8),
        bare(null,                    "rt_sigaction", SIGNALS[2], at(ACTION), 0, 8),
        bare(null,                    "rt_sigaction", SIGNALS[3], at(ACTION), 0, 8),
        bare(null,                    "rt_sigaction", SIGNALS[4], at(ACTION), 0, 8),
        bare(null,                    "rt_sigaction", SIGNALS[5], at(ACTION), 0, 8),
        bare(null,                    "prctl", PR_SET_NAME, at(NAME), 0, 0, 0),
        bare(Layer.USER_NAMESPACE,    "unshare", CLONE_NEWUSER),
        bare(Layer.MOUNT_NAMESPACE,   "unshare", CLONE_NEWNS),
        bare(Layer.NETWORK_NAMESPACE, "unshare", CLONE_NEWNET),
        bare(Layer.IPC_NAMESPACE,     "unshare", CLONE_NEWIPC),
        bare(Layer.UTS_NAMESPACE,     "unshare", CLONE_NEWUTS),
        bare(Layer.CGROUP_NAMESPACE,  "unshare", CLONE_NEWCGROUP),
        bare(Layer.PID_NAMESPACE,     "unshare", CLONE_NEWPID),
        // Only a child is in the new pid namespace; CLONE_PARENT makes it the JVM's child, not ours. The kernel itself leaves
        // its number (third argument: the row's result), so that the JVM knows of it even if we are killed right then.
        new Row(null, Phase.BARE,     "clone", FORKS, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, 0, 0, 0, 0),
        bare(Layer.PARENT_DEATH,      "prctl", PR_SET_PDEATHSIG, Native.SIGKILL, 0, 0, 0),
        // The order matters: nothing may be mounted before the mounts are private.
        bare(Layer.EMPTY_ROOT,        "mount", 0, at(SLASH), 0, MS_REC_PRIVATE, 0),
        bare(Layer.EMPTY_ROOT,        "mount", at(TMPFS), at(MOUNT_POINT), at(TMPFS), MS_RDONLY_NOSUID_NODEV_NOEXEC,
            at(TMPFS_OPTIONS)),
        bare(Layer.EMPTY_ROOT,        "chdir", at(MOUNT_POINT)),
        bare(Layer.OLD_ROOT,          "pivot_root", at(DOT), at(DOT)),
        bare(Layer.OLD_ROOT,          "umount2", at(DOT), MNT_DETACH),
        bare(Layer.EMPTY_ROOT,        "chroot", at(DOT)), // does nothing where the old root could be detached
        limit(Phase.BARE, 1), limit(Phase.BARE, 3), limit(Phase.BARE, 4),    // FSIZE STACK CORE
        limit(Phase.BARE, 6), limit(Phase.BARE, 8), limit(Phase.BARE, 10),   // NPROC MEMLOCK LOCKS
        limit(Phase.BARE, 11), limit(Phase.BARE, 12), limit(Phase.BARE, 13), // SIGPENDING MSGQUEUE NICE
        limit(Phase.BARE, 14),                                               // RTPRIO
        bare(Layer.SECUREBITS,        "prctl", PR_SET_SECUREBITS, SECUREBITS_LOCKED, 0, 0, 0),
        bare(Layer.CAPABILITIES,      "capset", at(CAP_HEADER), at(CAP_DATA)),
        bare(Layer.NOT_DUMPABLE,      "prctl", PR_SET_DUMPABLE, 0, 0, 0, 0),
        bare(Layer.NO_NEW_PRIVILEGES, "prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        // The JVM sends the program's descriptors when it has a use for the worker; when it dies before, this fails.
        new Row(null, Phase.BARE,     "recvmsg", 1, 1, at(MESSAGE), 0),
        // Here the program's memory is mapped.
        last(Layer.DESCRIPTORS,       "close_range", 0, ALL, 0),
        limit(Phase.LAST, 2), limit(Phase.LAST, 7), limit(Phase.LAST, 9),    // DATA NOFILE AS
        last(Layer.SYSCALL_FILTER,    "seccomp", SECCOMP_SET_MODE_FILTER, 0, at(FILTER)));
    // @formatter:on

    private Hardening() {
    }

    /** The policy for an architecture. */
    static Policy policy(SyscallTable calls) {
        return new Policy(ROWS, SeccompFilter.program(calls));
    }

    private static Row bare(Layer layer, String call, long... args) {
        return new Row(layer, Phase.BARE, call, 0, args);
    }

    private static Row last(Layer layer, String call, long... args) {
        return new Row(layer, Phase.LAST, call, 0, args);
    }

    private static Row limit(Phase phase, int resource) {
        return new Row(Layer.LIMITS, phase, "prlimit64", 0, 0, resource, at(ZERO_LIMIT), 0);
    }

    private static long at(int offset) {
        return Layout.CONTROL_BASE + offset;
    }

    /** What a layer needs to be of any use, or to be safe to ask for at all; null for nothing. */
    private static Layer needs(Layer layer) {
        return switch (layer) {
            case EMPTY_ROOT -> Layer.MOUNT_NAMESPACE; // without it the host's own mounts would change
            case OLD_ROOT -> Layer.EMPTY_ROOT;
            case SYSCALL_FILTER, NO_NEW_PRIVILEGES, NOT_DUMPABLE, CAPABILITIES, SECUREBITS, LIMITS,
                    PARENT_DEATH,
                    PID_NAMESPACE, CGROUP_NAMESPACE, UTS_NAMESPACE, IPC_NAMESPACE, NETWORK_NAMESPACE, MOUNT_NAMESPACE,
                    USER_NAMESPACE, MAPPINGS, DESCRIPTORS ->
                null;
        };
    }

    /** Whether a layer can be asked for when those are missing. */
    static boolean possible(Layer layer, Set<Layer> missing) {
        for (Layer l = layer; l != null; l = needs(l)) {
            if (missing.contains(l)) {
                return false;
            }
        }
        return true;
    }

    /** Adds the rows of a phase, leaving out missing layers. */
    static void addRows(SetupList list, Policy policy, Phase phase, WorkerProgram program, Set<Layer> missing) {
        for (Row r : policy.rows) {
            if (r.phase != phase || r.layer != null && !possible(r.layer, missing)) {
                continue;
            }
            long[] args = r.args.clone();
            for (int i = 0; i < args.length; i++) {
                if (args[i] == USER_END) {
                    args[i] = program.userEnd() - TEXT_END;
                }
            }
            boolean forks = r.expected == FORKS;
            if (forks) {
                args[2] = Layout.CONTROL_BASE + Control.SETUP_ROWS + (long) list.size() * Control.SETUP_ROW + RESULT;
            }
            list.add(r.layer, r.call, forks ? Control.SETUP_FORK : Control.SETUP_EXACT, forks ? 0 : r.expected, args);
        }
    }

    /** Writes what the rows point to. */
    static void writeData(MemorySegment control, Policy policy, WorkerProgram program, int descriptors) {
        // struct msghdr: no name, one iovec, room for the descriptors
        control.set(JAVA_LONG, MESSAGE + 16, at(MESSAGE + 0x40));
        control.set(JAVA_LONG, MESSAGE + 24, 1);
        control.set(JAVA_LONG, MESSAGE + 32, at(MESSAGE + 0x60));
        control.set(JAVA_LONG, MESSAGE + 40, 16 + 4L * descriptors);
        control.set(JAVA_LONG, MESSAGE + 0x40, at(MESSAGE + 0x50));
        control.set(JAVA_LONG, MESSAGE + 0x48, 1);
        // stack_t
        control.set(JAVA_LONG, ALTSTACK, SIGNAL_STACK);
        control.set(JAVA_LONG, ALTSTACK + 16, Layout.SIGNAL_STACK_SIZE);
        // The kernel's struct sigaction: SA_SIGINFO, SA_ONSTACK, SA_NODEFER, SA_RESTORER; the handler never returns to the
        // restorer, but x86-64 insists on one.
        control.set(JAVA_LONG, ACTION, program.handler());
        control.set(JAVA_LONG, ACTION + 8, 4 | 0x0800_0000 | 0x4000_0000 | 0x0400_0000);
        control.set(JAVA_LONG, ACTION + 16, program.handler());
        // _LINUX_CAPABILITY_VERSION_3, this process; the sets are all zeroes
        control.set(JAVA_INT, CAP_HEADER, 0x2008_0522);
        text(control, NAME, "rivet-worker");
        control.set(JAVA_SHORT, DOT, (short) '.');
        control.set(JAVA_SHORT, SLASH, (short) '/');
        text(control, MOUNT_POINT, "/proc"); // must exist: the worker was started through it
        text(control, TMPFS, "tmpfs");
        text(control, TMPFS_OPTIONS, "size=4k,nr_inodes=2,mode=0555");
        SeccompFilter.write(control, FILTER, policy.filter);
    }

    private static void text(MemorySegment control, int offset, String text) {
        byte[] bytes = (text + '\0').getBytes(StandardCharsets.US_ASCII);
        SharedMemory.copy(bytes, 0, control, offset, bytes.length);
    }
}

package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

/**
 * The libc functions the sandbox calls, through Panama and by name; system calls without a libc function go through
 * {@code syscall} with the number from {@link HostCall}. Every method checks the result and throws {@link NativeException}
 * with the error number; methods whose name starts with {@code try} return {@code -errno} instead. Calls that can block
 * are never <em>critical</em> ones, because a critical call holds up garbage collection.
 */
@SuppressWarnings("restricted") // native access is what this class is for
final class Native {
    static final int PROT_NONE = 0;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int PROT_EXEC = 4;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_FIXED = 0x10;
    static final int MAP_ANONYMOUS = 0x20;
    static final int MAP_NORESERVE = 0x4000;
    static final int MAP_FIXED_NOREPLACE = 0x10_0000;
    static final int O_CLOEXEC = 0x8_0000;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;
    static final int FALLOC_KEEP_SIZE = 1;
    static final int FALLOC_PUNCH_HOLE = 2;
    static final int FUTEX_WAIT = 0;
    static final int FUTEX_WAKE = 1;
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int F_ADD_SEALS = 1033;
    static final int F_SEAL_SEAL = 1;
    static final int F_SEAL_SHRINK = 2;
    static final int F_SEAL_GROW = 4;
    static final int F_SEAL_WRITE = 8;
    static final int F_SEAL_FUTURE_WRITE = 0x10;
    static final int MFD_CLOEXEC = 1;
    static final int MFD_ALLOW_SEALING = 2;
    static final int MFD_NOEXEC_SEAL = 8;
    static final int MFD_EXEC = 0x10;
    static final int SIGKILL = 9;
    static final int SIGUSR1 = 10;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> CAPTURED = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(STATE));
    private static final ThreadLocal<MemorySegment> TIMESPEC = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(16, 8));

    // Every function is called through the same shape and handle, its address being an argument and arguments it does not
    // have being 0: linking a shape costs ten milliseconds at the start of the JVM, another handle of a known shape one. In
    // all of Linux's calling conventions, variadic functions' included, an argument too many is ignored, an int is the low
    // half of a register, and a result of type int leaves the high half undefined (hence the casts).
    private static final FunctionDescriptor SHAPE = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CALL = LINKER.downcallHandle(SHAPE, Linker.Option.captureCallState("errno"));
    /** For what does not block and leaves no error number. */
    private static final MethodHandle QUICK_CALL = LINKER.downcallHandle(SHAPE, Linker.Option.critical(false));
    private static final MemorySegment MMAP = libc("mmap");
    private static final MemorySegment MUNMAP = libc("munmap");
    private static final MemorySegment PAGE_SIZE = libc("getpagesize");
    private static final MemorySegment FTRUNCATE = libc("ftruncate");
    private static final MemorySegment FALLOCATE = libc("fallocate");
    private static final MemorySegment LSEEK = libc("lseek");
    private static final MemorySegment OPEN = libc("open");
    private static final MemorySegment CLOSE = libc("close");
    private static final MemorySegment FCNTL = libc("fcntl");
    private static final MemorySegment SOCKETPAIR = libc("socketpair");
    private static final MemorySegment SENDMSG = libc("sendmsg");
    private static final MemorySegment EPOLL_CREATE = libc("epoll_create1");
    private static final MemorySegment EPOLL_CTL = libc("epoll_ctl");
    private static final MemorySegment EPOLL_WAIT = libc("epoll_wait");
    private static final MemorySegment EVENTFD = libc("eventfd");
    private static final MemorySegment READ = libc("read");
    private static final MemorySegment WRITE = libc("write");
    private static final MemorySegment PWRITE = libc("pwrite");
    private static final MemorySegment SYSCALL = libc("syscall");
    private static final MemorySegment GETCPU = libc("sched_getcpu");
    // These return the error number instead of setting errno.
    private static final MemorySegment SPAWN = libc("posix_spawn");
    private static final MemorySegment ACTIONS_INIT = libc("posix_spawn_file_actions_init");
    private static final MemorySegment ACTIONS_DUP2 = libc("posix_spawn_file_actions_adddup2");
    private static final MemorySegment ACTIONS_DESTROY = libc("posix_spawn_file_actions_destroy");
    /** glibc 2.34 and later; null elsewhere. */
    private static final MemorySegment ACTIONS_CLOSEFROM = LIBC.find("posix_spawn_file_actions_addclosefrom_np")
            .orElse(null);
    private static final MemorySegment ATTR_INIT = libc("posix_spawnattr_init");
    private static final MemorySegment ATTR_FLAGS = libc("posix_spawnattr_setflags");
    private static final MemorySegment ATTR_MASK = libc("posix_spawnattr_setsigmask");
    private static final MemorySegment ATTR_DEFAULT = libc("posix_spawnattr_setsigdefault");
    private static final MemorySegment ATTR_DESTROY = libc("posix_spawnattr_destroy");

    private Native() {
    }

    /** Does nothing but have the handles above made. */
    static void init() {
    }

    private static MemorySegment libc(String function) {
        return LIBC.findOrThrow(function);
    }

    /** A function that sets errno, which then is in {@code state}. */
    private static long call(MemorySegment function, MemorySegment state, long a, long b, long c, long d, long e,
            long f) {
        try {
            return (long) CALL.invokeExact(function, state, a, b, c, d, e, f, 0L);
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** A function that returns an error number: fails when that is not 0. */
    private static void check(String name, String hint, MemorySegment function, long a, long b, long c, long d, long e,
            long f) {
        int error = (int) call(function, CAPTURED.get(), a, b, c, d, e, f);
        if (error != 0) {
            throw new NativeException(name, error, hint);
        }
    }

    private static Error broken(Throwable t) {
        if (t instanceof Error e) {
            return e;
        }
        return new AssertionError("a downcall threw", t);
    }

    private static int errno(MemorySegment state) {
        return state.get(JAVA_INT, ERRNO);
    }

    private static NativeException failure(String call, MemorySegment state, String hint) {
        return new NativeException(call, errno(state), hint);
    }

    /** Bytes of a page of this kernel. */
    static int pageSize() {
        return (int) call(PAGE_SIZE, CAPTURED.get(), 0, 0, 0, 0, 0, 0);
    }

    /** A new mapping's address. */
    static long mmap(long address, long length, int prot, int flags, int fd, long offset) {
        MemorySegment state = CAPTURED.get();
        long result = call(MMAP, state, address, length, prot, flags, fd, offset);
        if (result == -1) {
            throw failure("mmap of " + length + " bytes", state, errno(state) == Errno.ENOMEM
                    ? "the limit on address space (ulimit -v) or on mappings (vm.max_map_count) is too low"
                    : null);
        }
        if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0 && result != address) {
            munmap(result, length);
            throw new NativeException("mmap at 0x" + Long.toHexString(address), Errno.EINVAL, "the kernel is too old");
        }
        return result;
    }

    static void munmap(long address, long length) {
        MemorySegment state = CAPTURED.get();
        int result = (int) call(MUNMAP, state, address, length, 0, 0, 0, 0);
        if (result != 0) {
            throw failure("munmap of " + length + " bytes", state, null);
        }
    }

    static void ftruncate(int fd, long length) {
        MemorySegment state = CAPTURED.get();
        int result;
        do {
            result = (int) call(FTRUNCATE, state, fd, length, 0, 0, 0, 0);
        } while (result != 0 && errno(state) == Errno.EINTR);
        if (result != 0) {
            throw failure("ftruncate to " + length + " bytes", state, limitHint(errno(state)));
        }
    }

    static void punchHole(int fd, long offset, long length) {
        MemorySegment state = CAPTURED.get();
        int result;
        do {
            result = (int) call(FALLOCATE, state, fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, offset, length, 0, 0);
        } while (result != 0 && errno(state) == Errno.EINTR);
        if (result != 0) {
            throw failure("fallocate(punch hole)", state, null);
        }
    }

    /** Writes all of some native memory into a file. */
    static void pwrite(int fd, long address, long length, long offset) {
        MemorySegment state = CAPTURED.get();
        for (long done = 0; done < length;) {
            long n = call(PWRITE, state, fd, address + done, length - done, offset + done, 0, 0);
            if (n > 0) {
                done += n;
            } else if (n == 0 || errno(state) != Errno.EINTR) {
                int error = n == 0 ? Errno.ENOMEM : errno(state);
                throw new NativeException("pwrite of " + length + " bytes", error, limitHint(error));
            }
        }
    }

    /** Position of the next data or hole at or behind an offset; −1 when there is no data behind it. */
    static long seek(int fd, long offset, int whence) {
        MemorySegment state = CAPTURED.get();
        long result = call(LSEEK, state, fd, offset, whence, 0, 0, 0);
        if (result < 0 && errno(state) != Errno.ENXIO) {
            throw failure("lseek", state, null);
        }
        return result;
    }

    /** Opens a file to be read; closed on exec. */
    static int open(String path) {
        MemorySegment state = CAPTURED.get();
        try (Arena arena = Arena.ofConfined()) {
            int result = (int) call(OPEN, state, arena.allocateFrom(path).address(), O_CLOEXEC, 0, 0, 0, 0);
            if (result < 0) {
                throw failure("open of " + path, state, limitHint(errno(state)));
            }
            return result;
        }
    }

    static void close(int fd) {
        MemorySegment state = CAPTURED.get();
        int result = (int) call(CLOSE, state, fd, 0, 0, 0, 0, 0);
        // EINTR: Linux has closed it all the same.
        if (result != 0 && errno(state) != Errno.EINTR) {
            throw failure("close of file descriptor " + fd, state, null);
        }
    }

    static int fcntl(String what, int fd, int command, long argument) {
        MemorySegment state = CAPTURED.get();
        int result = (int) call(FCNTL, state, fd, command, argument, 0, 0, 0);
        if (result < 0) {
            throw failure(what, state, limitHint(errno(state)));
        }
        return result;
    }

    private static String limitHint(int errno) {
        return switch (Errno.name(errno)) {
            case "EMFILE" -> "too many open files; raise ulimit -n";
            case "ENFILE" -> "too many open files on this host; raise fs.file-max";
            case "EFBIG" -> "the limit on file size (ulimit -f) holds for shared memory, too; raise it";
            case "ENOMEM", "ENOSPC" -> "no memory left; raise the container's memory limit";
            default -> null;
        };
    }

    /**
     * Moves a descriptor to a number of at least 64, closed on exec. Low numbers are for what the worker inherits: a
     * descriptor that has its target's number already would keep its close-on-exec flag through dup2.
     */
    static int moveHigh(int fd) {
        MemorySegment state = CAPTURED.get();
        try {
            int result = (int) call(FCNTL, state, fd, F_DUPFD_CLOEXEC, 64, 0, 0, 0);
            if (result < 0) {
                int error = errno(state);
                throw new NativeException("fcntl(F_DUPFD_CLOEXEC)", error,
                        error == Errno.EINVAL ? "ulimit -n is 64 or less; raise it" : limitHint(error));
            }
            return result;
        } finally {
            close(fd);
        }
    }

    /** A stream socket pair, both ends closed on exec and numbered 64 or more. */
    static int[] socketPair() {
        MemorySegment state = CAPTURED.get();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(8, 4);
            // AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
            int result = (int) call(SOCKETPAIR, state, 1, 1 | 0x80000, 0, pair.address(), 0, 0);
            if (result != 0) {
                throw failure("socketpair", state, limitHint(errno(state)));
            }
            int second = pair.get(JAVA_INT, 4);
            int[] high = new int[2];
            try {
                high[0] = moveHigh(pair.get(JAVA_INT, 0));
            } catch (NativeException e) {
                close(second);
                throw e;
            }
            try {
                high[1] = moveHigh(second);
            } catch (NativeException e) {
                close(high[0]);
                throw e;
            }
            return high;
        }
    }

    /** Sends one byte and some file descriptors over a Unix socket. */
    static void sendDescriptors(int socket, int... fds) {
        MemorySegment state = CAPTURED.get();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(56, 8); // struct msghdr
            MemorySegment vector = arena.allocate(16, 8); // struct iovec
            MemorySegment byteSent = arena.allocate(8, 8);
            long controlLength = 16 + 4L * fds.length;
            MemorySegment control = arena.allocate(controlLength + 7 & -8, 8); // struct cmsghdr, then the numbers
            vector.set(JAVA_LONG, 0, byteSent.address());
            vector.set(JAVA_LONG, 8, 1);
            message.set(JAVA_LONG, 16, vector.address());
            message.set(JAVA_LONG, 24, 1);
            message.set(JAVA_LONG, 32, control.address());
            message.set(JAVA_LONG, 40, controlLength);
            control.set(JAVA_LONG, 0, controlLength);
            control.set(JAVA_INT, 8, 1); // SOL_SOCKET
            control.set(JAVA_INT, 12, 1); // SCM_RIGHTS
            for (int i = 0; i < fds.length; i++) {
                control.set(JAVA_INT, 16 + 4L * i, fds[i]);
            }
            long result;
            do {
                result = call(SENDMSG, state, socket, message.address(), 0x4000, 0, 0, 0); // MSG_NOSIGNAL
            } while (result < 0 && errno(state) == Errno.EINTR);
            if (result != 1) {
                throw failure("sendmsg to a worker", state, null);
            }
        }
    }

    /** A system call by number; returns the result or {@code -errno}. */
    static long trySyscall(long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = CAPTURED.get();
        try {
            long result = (long) CALL.invokeExact(SYSCALL, state, number, a, b, c, d, e, f);
            return result == -1 ? -errno(state) : result;
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** A system call of two arguments; {@code since} says what kernel has it. */
    static long syscall(HostCall call, String since, long a, long b) {
        long result = trySyscall(call.number(), a, b, 0, 0, 0, 0);
        if (result < 0) {
            throw new NativeException(call.label(), (int) -result,
                    result == -Errno.ENOSYS ? since : limitHint((int) -result));
        }
        return result;
    }

    /** Sleeps while a shared word has a value, at most so long; returns at any time. */
    static void futexWait(long address, int value, long nanos) {
        MemorySegment time = TIMESPEC.get();
        time.set(JAVA_LONG, 0, nanos / 1_000_000_000);
        time.set(JAVA_LONG, 8, nanos % 1_000_000_000);
        long result = trySyscall(HostCall.FUTEX.number(), address, FUTEX_WAIT, value, time.address(), 0, 0);
        if (result < 0 && result != -Errno.EAGAIN && result != -Errno.EINTR && result != -Errno.ETIMEDOUT) {
            throw new NativeException("futex(wait)", (int) -result, null);
        }
    }

    /** Processor time a process has used, in nanoseconds; −1 when it is gone. */
    static long processorNanos(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(16, 8);
            int clock = ~pid << 3 | 2; // CPUCLOCK_SCHED of a process (include/linux/posix-timers_types.h)
            long result = trySyscall(HostCall.CLOCK_GETTIME.number(), clock, time.address(), 0, 0, 0, 0);
            return result < 0 ? -1 : time.get(JAVA_LONG, 0) * 1_000_000_000 + time.get(JAVA_LONG, 8);
        }
    }

    /** Waits until a descriptor can be read (a pidfd: until its process has ended); false when so long was not enough. */
    static boolean pollReadable(int fd, long nanos) {
        long end = System.nanoTime() + nanos;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment poll = arena.allocate(8, 8); // struct pollfd
            MemorySegment time = arena.allocate(16, 8);
            poll.set(JAVA_INT, 0, fd);
            poll.set(JAVA_INT, 4, 1); // POLLIN
            while (true) {
                long left = Math.max(0, end - System.nanoTime());
                time.set(JAVA_LONG, 0, left / 1_000_000_000);
                time.set(JAVA_LONG, 8, left % 1_000_000_000);
                long result = trySyscall(HostCall.PPOLL.number(), poll.address(), 1, time.address(), 0, 8, 0);
                if (result >= 0) {
                    return result > 0;
                }
                if (result != -Errno.EINTR) {
                    throw new NativeException("ppoll", (int) -result, null);
                }
            }
        }
    }

    /** Wakes all that sleep on a shared word. */
    static void futexWake(long address) {
        long result;
        try {
            result = (long) QUICK_CALL.invokeExact(SYSCALL, HostCall.FUTEX.number(), address, (long) FUTEX_WAKE,
                    (long) Integer.MAX_VALUE, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw broken(t);
        }
        if (result < 0) {
            throw new SandboxException("futex(wake) failed; the control page is not mapped");
        }
    }

    /** Number of the CPU this thread runs on. */
    static int currentCpu() {
        try {
            return (int) (long) QUICK_CALL.invokeExact(GETCPU, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int epollCreate() {
        MemorySegment state = CAPTURED.get();
        int result = (int) call(EPOLL_CREATE, state, 0x80000, 0, 0, 0, 0, 0);
        if (result < 0) {
            throw failure("epoll_create1", state, limitHint(errno(state)));
        }
        return moveHigh(result);
    }

    /** Adds (1) or removes (2) a descriptor; {@code event} is a struct epoll_event or NULL. */
    static void epollControl(int epoll, int operation, int fd, MemorySegment event) {
        MemorySegment state = CAPTURED.get();
        int result = (int) call(EPOLL_CTL, state, epoll, operation, fd, event.address(), 0, 0);
        Reference.reachabilityFence(event);
        if (result != 0) {
            throw failure("epoll_ctl", state, null);
        }
    }

    /** Waits so long, for ever when negative; number of events, 0 when interrupted. */
    static int epollWait(int epoll, MemorySegment events, int max, int millis) {
        MemorySegment state = CAPTURED.get();
        int result = (int) call(EPOLL_WAIT, state, epoll, events.address(), max, millis, 0, 0);
        Reference.reachabilityFence(events);
        if (result < 0) {
            if (errno(state) == Errno.EINTR) {
                return 0;
            }
            throw failure("epoll_wait", state, null);
        }
        return result;
    }

    static int eventFd() {
        MemorySegment state = CAPTURED.get();
        int result = (int) call(EVENTFD, state, 0, 0x80000 | 0x800, 0, 0, 0, 0); // EFD_CLOEXEC | EFD_NONBLOCK
        if (result < 0) {
            throw failure("eventfd", state, limitHint(errno(state)));
        }
        return moveHigh(result);
    }

    /** Result or {@code -errno}. */
    static long tryRead(int fd, MemorySegment buffer, long length) {
        MemorySegment state = CAPTURED.get();
        long result = call(READ, state, fd, buffer.address(), length, 0, 0, 0);
        Reference.reachabilityFence(buffer);
        return result < 0 ? -errno(state) : result;
    }

    /** Result or {@code -errno}. */
    static long tryWrite(int fd, MemorySegment buffer, long length) {
        MemorySegment state = CAPTURED.get();
        long result = call(WRITE, state, fd, buffer.address(), length, 0, 0, 0);
        Reference.reachabilityFence(buffer);
        return result < 0 ? -errno(state) : result;
    }

    /**
     * Starts a program with an empty environment, no signal ignored, and all but the given ones blocked.
     *
     * @param path file to execute, as the child sees it after the duplications
     * @param name argv[0]
     * @param descriptors descriptor that becomes 0, that becomes 1, and so on; all others are closed where libc can
     * @param openSignals bit n − 1 set: signal n is not blocked
     * @return the process id
     */
    static int spawn(String path, String[] arguments, int[] descriptors, long openSignals, String hint) {
        try (Arena arena = Arena.ofConfined()) {
            // Generous: glibc and musl need less than 400 bytes for each.
            MemorySegment actions = arena.allocate(1024, 16);
            MemorySegment attributes = arena.allocate(1024, 16);
            MemorySegment mask = arena.allocate(128, 8);
            MemorySegment pid = arena.allocate(8, 8);
            MemorySegment argv = arena.allocate(8L * (arguments.length + 1), 8);
            MemorySegment envp = arena.allocate(8, 8);
            for (int i = 0; i < arguments.length; i++) {
                argv.set(JAVA_LONG, 8L * i, arena.allocateFrom(arguments[i]).address());
            }
            mask.fill((byte) 0xff);
            mask.set(JAVA_LONG, 0, ~openSignals);
            MemorySegment all = arena.allocate(128, 8).fill((byte) 0xff);
            long list = actions.address();
            long attribute = attributes.address();
            check("posix_spawn_file_actions_init", null, ACTIONS_INIT, list, 0, 0, 0, 0, 0);
            try {
                for (int i = 0; i < descriptors.length; i++) {
                    check("posix_spawn_file_actions_adddup2", null, ACTIONS_DUP2, list, descriptors[i], i, 0, 0, 0);
                }
                if (ACTIONS_CLOSEFROM != null) {
                    check("posix_spawn_file_actions_addclosefrom_np", null, ACTIONS_CLOSEFROM, list,
                            descriptors.length, 0, 0, 0, 0);
                }
                check("posix_spawnattr_init", null, ATTR_INIT, attribute, 0, 0, 0, 0, 0);
                try {
                    check("posix_spawnattr_setsigmask", null, ATTR_MASK, attribute, mask.address(), 0, 0, 0, 0);
                    // What the JVM ignores (SIGINT, when a shell started it in the background) would be ignored there too.
                    check("posix_spawnattr_setsigdefault", null, ATTR_DEFAULT, attribute, all.address(), 0, 0, 0, 0);
                    // POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
                    check("posix_spawnattr_setflags", null, ATTR_FLAGS, attribute, 4 | 8, 0, 0, 0, 0);
                    check("posix_spawn of the worker", hint, SPAWN, pid.address(),
                            arena.allocateFrom(path).address(), list, attribute, argv.address(), envp.address());
                } finally {
                    check("posix_spawnattr_destroy", null, ATTR_DESTROY, attribute, 0, 0, 0, 0, 0);
                }
            } finally {
                check("posix_spawn_file_actions_destroy", null, ACTIONS_DESTROY, list, 0, 0, 0, 0, 0);
            }
            return pid.get(JAVA_INT, 0);
        }
    }
}

package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The one permanent thread that makes worker processes and learns of their deaths. Permanent, because a worker's
 * {@code PR_SET_PDEATHSIG} fires when the <em>thread</em> that made it ends. Owns an epoll descriptor over all pidfds.
 */
final class Spawner {
    /** A process under watch; all on the spawner's thread. */
    interface Watched {
        /** Told once: the process has ended. */
        void ended();

        /** Told each two seconds or so: time to see what it does. */
        default void look() {
        }
    }

    /** What became of a process: the signal that ended it or 0, and its exit status or −1. */
    record Ending(int signal, int status) {
        static final Ending UNKNOWN = new Ending(0, -1);

        @Override
        public String toString() {
            return signal != 0 ? "killed by signal " + signal : status >= 0 ? "exited with status " + status : "gone";
        }
    }

    private static final int P_PID = 1;
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int CLD_EXITED = 1;
    /** struct epoll_event is packed on x86-64 only. */
    private static final boolean PACKED = HostCall.FUTEX.number() == 202;
    private static final int EVENT_SIZE = PACKED ? 12 : 16;
    private static final int EVENT_DATA = PACKED ? 4 : 8;
    private static final int MAX_EVENTS = 64;
    private static final int LOOK_MILLIS = 2000;
    /** How often it looks around while the JVM ends. */
    private static final long LEAVING_NANOS = 1_000_000;
    /** Signals that a worker handles or that must reach it: ILL, TRAP, BUS, FPE, KILL, USR1, SEGV, XCPU, SYS. */
    private static final long OPEN_SIGNALS = bit(4) | bit(5) | bit(7) | bit(8) | bit(9) | bit(10) | bit(11) | bit(24)
            | bit(31);

    private static Spawner instance;

    private final int epoll;
    private final int wakeUp;
    private final Queue<FutureTask<?>> tasks = new ConcurrentLinkedQueue<>();
    private final Map<Long, Watched> watched = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final Thread thread = new Thread(this::run, "rivet-spawner");
    private volatile boolean leaving;

    private Spawner() {
        epoll = Native.epollCreate();
        try {
            wakeUp = Native.eventFd();
        } catch (NativeException e) {
            Native.close(epoll);
            throw e;
        }
        try {
            control(1, wakeUp, 0);
        } catch (NativeException e) {
            Native.close(wakeUp);
            Native.close(epoll);
            throw e;
        }
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            Native.close(wakeUp);
            Native.close(epoll);
            throw new SandboxException("cannot start the thread that makes workers; raise the limits on processes and"
                    + " threads (ulimit -u, the container's pids limit)", e);
        }
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::leave, "rivet-leaving"));
        } catch (IllegalStateException e) { // it ends already
            leave();
        }
    }

    private static long bit(int signal) {
        return 1L << signal - 1;
    }

    /** The process-wide spawner, started when first needed. */
    static synchronized Spawner get() {
        if (instance == null) {
            instance = new Spawner();
        }
        return instance;
    }

    private void control(int operation, int fd, long id) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(16, 8);
            event.set(JAVA_INT, 0, 1); // EPOLLIN
            event.set(JAVA_LONG_UNALIGNED, EVENT_DATA, id);
            Native.epollControl(epoll, operation, fd, event);
        }
    }

    /**
     * The JVM is about to end. A JVM waits 0.3 s at its end for threads that are in native code, as this one is while it
     * waits for events. So from now on it looks for them each millisecond and sleeps in Java in between; all else stays as
     * it was, for other hooks may still run guests.
     */
    void leave() {
        leaving = true;
        wake();
    }

    /** Whether the thread sleeps where the end of the JVM does not wait for it. */
    boolean sleepsInJava() {
        return thread.getState() == Thread.State.TIMED_WAITING;
    }

    /** Runs something on the spawner's thread without waiting for it. */
    void submit(FutureTask<?> task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        if (leaving) {
            LockSupport.unpark(thread);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(8, 8);
            one.set(JAVA_LONG, 0, 1);
            long result = Native.tryWrite(wakeUp, one, 8);
            if (result < 0 && result != -Errno.EAGAIN) { // EAGAIN: the counter is full, so it is awake
                throw new NativeException("write to the spawner's eventfd", (int) -result, null);
            }
        }
    }

    /** Runs something on the spawner's thread and waits for it, interrupts notwithstanding. */
    <T> T call(Callable<T> what) {
        FutureTask<T> task = new FutureTask<>(what);
        submit(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof SandboxException s) {
                        throw s;
                    }
                    throw new SandboxException("the spawner failed: " + e.getCause(), e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Watches a pidfd; returns a key for {@link #forget}. */
    long watch(int pidfd, Watched who) {
        long id = ids.incrementAndGet();
        watched.put(id, who);
        try {
            control(1, pidfd, id);
        } catch (NativeException e) {
            watched.remove(id);
            throw e;
        }
        return id;
    }

    /** Ends a watch. {@link Watched#ended} may still be under way when this returns. */
    void forget(int pidfd, long id) {
        if (watched.remove(id) != null) {
            control(2, pidfd, 0);
        }
    }

    private void run() {
        MemorySegment events = Arena.global().allocate((long) MAX_EVENTS * EVENT_SIZE, 8);
        MemorySegment counter = Arena.global().allocate(8, 8);
        long looked = System.nanoTime();
        while (true) {
            try {
                int n = Native.epollWait(epoll, events, MAX_EVENTS, leaving ? 0 : watched.isEmpty() ? -1 : LOOK_MILLIS);
                for (int i = 0; i < n; i++) {
                    long id = events.get(JAVA_LONG_UNALIGNED, (long) i * EVENT_SIZE + EVENT_DATA);
                    if (id == 0) {
                        long read = Native.tryRead(wakeUp, counter, 8);
                        assert read == 8 || read == -Errno.EAGAIN;
                    } else {
                        Watched w = watched.get(id);
                        if (w != null) {
                            w.ended();
                        }
                    }
                }
                if (System.nanoTime() - looked > LOOK_MILLIS * 1_000_000L) {
                    watched.values().forEach(Watched::look);
                    looked = System.nanoTime();
                }
            } catch (RuntimeException | Error e) {
                // This thread must outlive any failure: its end would kill every worker.
                System.getLogger(Spawner.class.getName()).log(System.Logger.Level.ERROR, "spawner", e);
            }
            for (FutureTask<?> task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
            if (leaving) {
                LockSupport.parkNanos(LEAVING_NANOS);
            }
        }
    }

    /**
     * Starts a process that has the given descriptors as 0, 1, 2…, the last of which is the program. Only on the spawner's
     * thread.
     */
    static int spawn(WorkerLauncher launcher, int... descriptors) {
        String file = "/proc/self/fd/" + (descriptors.length - 1);
        return Native.spawn(launcher.path(file), launcher.arguments(file), descriptors, OPEN_SIGNALS,
                "check that /proc is mounted, that the sysctl vm.memfd_noexec is below 2, and the limits on processes"
                        + " (ulimit -u, the container's pids limit)");
    }

    /** A descriptor of a child, by which it can be signalled and waited for without mistaking another process for it. */
    static int pidfd(int pid) {
        return Native.moveHigh((int) Native.syscall(HostCall.PIDFD_OPEN, "needs Linux 5.3", pid, 0));
    }

    /** Signals a process; false if it has ended. */
    static boolean signal(int pidfd, int signal) {
        long result = Native.trySyscall(HostCall.PIDFD_SEND_SIGNAL.number(), pidfd, signal, 0, 0, 0, 0);
        if (result < 0 && result != -Errno.ESRCH) {
            throw new NativeException("pidfd_send_signal", (int) -result, null);
        }
        return result == 0;
    }

    /** Kills and reaps a child that no pidfd can be had for. It is ours and unreaped, so the number is nobody else's. */
    static void killPid(int pid) {
        long result = Native.trySyscall(HostCall.KILL.number(), pid, Native.SIGKILL, 0, 0, 0, 0);
        if (result < 0 && result != -Errno.ESRCH) {
            throw new NativeException("kill", (int) -result, null);
        }
        reapPid(pid);
    }

    private static Ending reapPid(int pid) {
        return reap(P_PID, pid, 0);
    }

    /** Waits for the end of a child that should end soon; kills it and returns null if it has not ended by then. */
    static Ending reapSoon(int pid, long nanos) {
        boolean ended = false;
        try {
            int fd = pidfd(pid);
            try {
                ended = Native.pollReadable(fd, nanos);
            } finally {
                Native.close(fd);
            }
        } finally {
            if (!ended) {
                killPid(pid);
            }
        }
        return ended ? reapPid(pid) : null;
    }

    /** Waits for a child's end, or looks whether it has ended (null if not). */
    static Ending reap(int pidfd, boolean block) {
        return reap(P_PIDFD, pidfd, block ? 0 : WNOHANG);
    }

    private static Ending reap(int kind, int id, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(128, 8); // siginfo_t
            while (true) {
                long result = Native.trySyscall(HostCall.WAITID.number(), kind, id, info.address(), WEXITED | flags, 0,
                        0);
                if (result == -Errno.EINTR) {
                    continue;
                }
                if (result == -Errno.ECHILD) {
                    return Ending.UNKNOWN; // SIGCHLD is ignored in this JVM, so the kernel reaps
                }
                if (result < 0) {
                    throw new NativeException("waitid", (int) -result, null);
                }
                if (info.get(JAVA_INT, 16) == 0) {
                    return null; // has not ended
                }
                int status = info.get(JAVA_INT, 24);
                return info.get(JAVA_INT, 8) == CLD_EXITED ? new Ending(0, status) : new Ending(status & 0x7f, -1);
            }
        }
    }
}

package dev.rivet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the guests of one engine may take in all, and who is next to get a part of it. Owns the one lock over all pools of
 * the engine; nothing slow happens under it: machines are made and ended outside ({@link #bury}).
 *
 * <p>Waiters are served in the order they came. One that waits for its own pool's machines lets those of other pools pass;
 * one that waits for workers or memory of the engine does not let anybody pass who wants the same.
 */
final class Capacity {
    private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
    private static final Path MEMORY_LIMIT = Path.of("/sys/fs/cgroup/memory.max");

    final ReentrantLock lock = new ReentrantLock();
    private final int maxWorkers;
    private final long maxMemory;
    private final int maxStarting;
    private final Queue<InstancePool.Seat> condemned = new ConcurrentLinkedQueue<>();

    // guarded by the lock
    private int workers;
    private long memory;
    private int starting;
    private int dyingWorkers;
    private long dyingMemory;
    private long tickets;
    private int round;
    private final Set<InstancePool> waiting = new LinkedHashSet<>();
    /** Machines nobody uses, the one that has waited longest first. */
    private final Set<InstancePool.Seat> idle = new LinkedHashSet<>();

    Capacity(int maxWorkers, long maxMemory, int maxStarting) {
        this.maxWorkers = maxWorkers;
        this.maxMemory = maxMemory;
        this.maxStarting = maxStarting;
    }

    /** Bytes of memory this process may use: the machine's or the container's; without a limit where neither is known. */
    static long hostMemory() {
        long most = Long.MAX_VALUE;
        try {
            for (String line : Files.readAllLines(MEMORY_INFO)) {
                if (line.startsWith("MemTotal:")) {
                    most = Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
            if (Files.isReadable(MEMORY_LIMIT)) {
                String limit = Files.readString(MEMORY_LIMIT).strip();
                most = limit.equals("max") ? most : Math.min(most, Long.parseLong(limit));
            }
        } catch (IOException | NumberFormatException unknown) {
            return most;
        }
        return most;
    }

    int workers() {
        lock.lock();
        try {
            return workers;
        } finally {
            lock.unlock();
        }
    }

    long memory() {
        lock.lock();
        try {
            return memory;
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock: a number that orders waiters. */
    long ticket() {
        return tickets++;
    }

    /**
     * Takes room for one instance outside pools, at once; idle machines of pools make way.
     *
     * @throws CapacityException if there is none
     */
    void take(int worker, long bytes) {
        lock.lock();
        try {
            if (reserve(worker, bytes)) {
                return;
            }
            makeWay(worker, bytes);
        } finally {
            lock.unlock();
        }
        bury();
        lock.lock();
        try {
            if (!reserve(worker, bytes)) {
                throw full(worker, bytes);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives room back. */
    void free(int worker, long bytes) {
        lock.lock();
        try {
            workers -= worker;
            memory -= bytes;
            dispatch();
        } finally {
            lock.unlock();
        }
        bury();
    }

    /** Why there is no room, for a message. */
    CapacityException full(int worker, long bytes) {
        return new CapacityException(workers + worker > maxWorkers
                ? "all " + maxWorkers + " workers of the engine are in use; close instances or raise maxWorkers"
                : "guests' memory limits come to " + memory + " bytes, " + bytes + " more would be beyond the engine's "
                        + maxMemory + "; give instances smaller limits, close some, or raise maxMemory");
    }

    private boolean reserve(int worker, long bytes) {
        if (workers + worker > maxWorkers || bytes > maxMemory - memory) {
            return false;
        }
        workers += worker;
        memory += bytes;
        return true;
    }

    /** Condemns idle machines until there will be room, if that is enough. */
    private void makeWay(int worker, long bytes) {
        Iterator<InstancePool.Seat> oldest = idle.iterator();
        while (oldest.hasNext() && (workers - dyingWorkers + worker > maxWorkers
                || bytes > maxMemory - (memory - dyingMemory))) {
            InstancePool.Seat seat = oldest.next();
            oldest.remove();
            seat.pool().dropIdle(seat);
            condemn(seat);
        }
    }

    /** Under the lock: a machine nobody uses is to be ended by the next {@link #bury}. */
    void condemn(InstancePool.Seat seat) {
        dyingWorkers += seat.pool().worker();
        dyingMemory += seat.pool().bytes();
        condemned.add(seat);
    }

    /** Without the lock: ends the machines that have been condemned, and serves who waited for their room. */
    void bury() {
        for (InstancePool.Seat seat = condemned.poll(); seat != null; seat = condemned.poll()) {
            try {
                seat.machine().close();
            } finally {
                InstancePool pool = seat.pool();
                boolean over;
                lock.lock();
                try {
                    workers -= pool.worker();
                    memory -= pool.bytes();
                    dyingWorkers -= pool.worker();
                    dyingMemory -= pool.bytes();
                    over = pool.ended(seat);
                    dispatch();
                } finally {
                    lock.unlock();
                }
                if (over) {
                    pool.leave();
                }
            }
        }
    }

    /** Under the lock: a machine has come back. */
    void idle(InstancePool.Seat seat) {
        idle.add(seat);
    }

    /** Under the lock: a machine is in use. */
    void busy(InstancePool.Seat seat) {
        idle.remove(seat);
    }

    /** Under the lock: whether a pool has somebody waiting. */
    void waits(InstancePool pool, boolean waits) {
        if (waits) {
            waiting.add(pool);
        } else {
            waiting.remove(pool);
        }
    }

    /** The making of a machine is over. */
    void started(InstancePool pool, boolean made) {
        boolean over = false;
        lock.lock();
        try {
            starting--;
            if (!made) {
                workers -= pool.worker();
                memory -= pool.bytes();
                over = pool.ended(null);
            }
            dispatch();
        } finally {
            lock.unlock();
        }
        if (over) {
            pool.leave();
        }
        bury();
    }

    /** Under the lock: serves whoever can be served. {@link #bury} must follow without the lock. */
    void dispatch() {
        if (waiting.isEmpty()) {
            return;
        }
        round++;
        boolean full = false;
        while (true) {
            InstancePool first = null;
            for (InstancePool pool : waiting) {
                if (pool.stuckIn() != round && (first == null || pool.head() < first.head())) {
                    first = pool;
                }
            }
            if (first == null) {
                return;
            }
            if (first.serveIdle()) {
                continue;
            }
            if (full || starting >= maxStarting || !first.mayGrow()) {
                first.stuck(round);
            } else if (reserve(first.worker(), first.bytes())) {
                starting++;
                first.servePermit();
            } else {
                full = true;
                makeWay(first.worker(), first.bytes());
                first.stuck(round);
            }
        }
    }
}

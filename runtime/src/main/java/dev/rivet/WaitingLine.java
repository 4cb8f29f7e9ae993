package dev.rivet;

import dev.rivet.internal.Events;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait for an instance of one pool, first come, first served. Who is served with what is the {@link Capacity}'s
 * decision; here threads sleep until it has come, or until they have waited for too long.
 */
final class WaitingLine {
    /** Somebody who waits. Served by a seat, or by the permission to make one. */
    static final class Waiter {
        private final long ticket;
        private final Condition served;
        private InstancePool.@Nullable Seat seat;
        private boolean permit;

        private Waiter(long ticket, Condition served) {
            this.ticket = ticket;
            this.served = served;
        }

        private boolean isServed() {
            return permit || seat != null;
        }

        /** After {@link WaitingLine#await}: the machine to use; null for the permission to make one. */
        InstancePool.@Nullable Seat seat() {
            return seat;
        }
    }

    private final InstancePool pool;
    private final Capacity capacity;
    private final Tally tally;
    private final int most;
    private final Deque<Waiter> waiters = new ArrayDeque<>(); // guarded by the capacity's lock

    WaitingLine(InstancePool pool, Capacity capacity, Tally tally, int most) {
        this.pool = pool;
        this.capacity = capacity;
        this.tally = tally;
        this.most = most;
    }

    /** Under the lock. */
    int length() {
        return waiters.size();
    }

    /** Under the lock: what the first one's place among all of the engine is. */
    long head() {
        return waiters.getFirst().ticket;
    }

    /** Under the lock: the first one is served with a machine, or with the permission to make one (null). */
    void serve(InstancePool.@Nullable Seat seat) {
        Waiter first = waiters.remove();
        capacity.waits(pool, !waiters.isEmpty());
        first.seat = seat;
        first.permit = seat == null;
        first.served.signal();
    }

    /** Under the lock: all look whether the pool is closed. */
    void wakeAll() {
        waiters.forEach(waiter -> waiter.served.signal());
    }

    /**
     * Under the lock: somebody comes.
     *
     * @throws CapacityException if too many wait already
     */
    Waiter join() {
        if (waiters.size() >= most) {
            throw pool.refused(waiters.size() + " callers already wait for an instance");
        }
        Waiter waiter = new Waiter(capacity.ticket(), capacity.lock.newCondition());
        waiters.add(waiter);
        capacity.waits(pool, true);
        return waiter;
    }

    /**
     * Without the lock: sleeps until served.
     *
     * @throws CapacityException if that takes longer than so many nanoseconds
     * @throws InterruptedException if the thread is interrupted before
     * @throws IllegalStateException if the pool is closed before
     */
    void await(Waiter waiter, long nanos) throws InterruptedException {
        boolean interrupted = false;
        Events.PoolWait event = Events.on() ? new Events.PoolWait() : null;
        if (event != null) {
            event.begin();
        }
        capacity.lock.lock();
        try {
            if (!waiter.isServed()) {
                tally.waits.increment();
            }
            long left = nanos;
            while (!waiter.isServed()) {
                if (pool.isClosed()) {
                    throw new IllegalStateException("the pool was closed meanwhile");
                }
                if (interrupted) {
                    throw new InterruptedException();
                }
                if (left <= 0) {
                    throw pool.refused("no instance became free within " + Duration.ofNanos(nanos));
                }
                try {
                    left = waiter.served.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (!waiter.isServed()) {
                waiters.remove(waiter);
                capacity.waits(pool, !waiters.isEmpty());
                capacity.dispatch(); // whoever stood behind may be served now
            }
            capacity.lock.unlock();
            capacity.bury();
            if (event != null && event.shouldCommit()) {
                event.program = pool.program().name();
                event.served = waiter.isServed();
                event.commit();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt(); // served first: the call will notice
        }
    }
}

package dev.rivet.sandbox;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sleeps on a futex. A virtual thread would hold its carrier while it is in the system call, so a platform thread of ours
 * sleeps in its stead and the virtual thread parks. There is at most one such thread for each virtual thread that waits for
 * a worker, and a worker is a process of its own anyway; idle ones end after some seconds.
 */
final class Sleeper {
    private static final long IDLE_SECONDS = 10;
    private static final ExecutorService STAND_INS = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_SECONDS,
            TimeUnit.SECONDS, new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("rivet-waiter-", 0).inheritInheritableThreadLocals(false).factory());

    /** One sleep for somebody else. */
    private static final class Turn implements Runnable {
        private final Thread waiter = Thread.currentThread();
        private final long address;
        private final int value;
        private final long nanos;
        private volatile boolean done;
        private RuntimeException failure;

        Turn(long address, int value, long nanos) {
            this.address = address;
            this.value = value;
            this.nanos = nanos;
        }

        @Override
        public void run() {
            try {
                Native.futexWait(address, value, nanos);
            } catch (RuntimeException e) {
                failure = e;
            } finally {
                done = true;
                LockSupport.unpark(waiter);
            }
        }
    }

    private Sleeper() {
    }

    /** As {@link Native#futexWait}. When it returns nobody looks at the address any more. */
    static void futexWait(long address, int value, long nanos) {
        if (!Thread.currentThread().isVirtual()) {
            Native.futexWait(address, value, nanos);
            return;
        }
        Turn turn = new Turn(address, value, nanos);
        try {
            STAND_INS.execute(turn);
        } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            Native.futexWait(address, value, nanos); // better a carrier held than a call lost
            return;
        }
        boolean interrupted = false;
        while (!turn.done) {
            LockSupport.park(turn);
            if (!turn.done && Thread.interrupted()) {
                interrupted = true;
                Native.futexWake(address);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (turn.failure != null) {
            throw turn.failure;
        }
    }
}

package dev.rivet.tools;

import java.time.Duration;

/**
 * Ends a guest's waiting for input, or for somebody to read its output, when its time is over: interrupts the thread that
 * runs it, again and again, until closed. What that thread waits in has to be interruptible.
 */
final class Watchdog {
    /** Time for a call to end by itself. */
    private static final Duration MARGIN = Duration.ofMillis(20);

    private final Thread guarded = Thread.currentThread();
    private final Thread thread;
    private boolean over;

    /** Guards the calling thread; its time begins now. */
    Watchdog(Duration timeout) {
        thread = Thread.ofPlatform().daemon().name("rivet-watchdog").start(() -> watch(timeout));
    }

    private void watch(Duration timeout) {
        try {
            Thread.sleep(timeout);
            while (bark()) {
                Thread.sleep(MARGIN);
            }
        } catch (InterruptedException closed) {
            // nothing to guard any more
        }
    }

    private synchronized boolean bark() throws InterruptedException {
        wait(MARGIN.toMillis());
        if (!over) {
            guarded.interrupt();
        }
        return !over;
    }

    /** From the guarded thread, which is as if nobody had interrupted it. */
    void close() {
        synchronized (this) {
            over = true;
        }
        thread.interrupt();
        Thread.interrupted();
    }
}

package dev.rivet;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * A call on a virtual thread of its own. Whoever completes it from outside, by cancelling it or by a timeout, interrupts the
 * call.
 */
final class AsyncCall extends CompletableFuture<Outcome> {
    private volatile Thread thread;

    private AsyncCall() {
    }

    static CompletableFuture<Outcome> start(Callable<Outcome> call) {
        AsyncCall future = new AsyncCall();
        Thread thread = Thread.ofVirtual().name("rivet-call").unstarted(() -> {
            try {
                if (!future.isDone()) { // completed before it began: the instance is not taken then
                    future.complete(call.call());
                }
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        });
        future.thread = thread;
        thread.start();
        return future;
    }

    @Override
    public boolean complete(Outcome value) {
        return stop(super.complete(value));
    }

    @Override
    public boolean completeExceptionally(Throwable reason) {
        return stop(super.completeExceptionally(reason));
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return stop(super.cancel(mayInterruptIfRunning));
    }

    /** Ends the call if somebody else was first to say what has come of it. */
    private boolean stop(boolean first) {
        if (first && Thread.currentThread() != thread) {
            thread.interrupt();
        }
        return first;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}

package dev.rivet;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** A call on a virtual thread of its own. Whoever cancels it interrupts the call. */
final class AsyncCall extends CompletableFuture<Outcome> {
    private volatile Thread thread;

    private AsyncCall() {
    }

    static CompletableFuture<Outcome> start(Callable<Outcome> call) {
        AsyncCall future = new AsyncCall();
        Thread thread = Thread.ofVirtual().name("rivet-call").unstarted(() -> {
            try {
                future.complete(call.call());
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        });
        future.thread = thread;
        thread.start();
        return future;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled) {
            thread.interrupt();
        }
        return cancelled;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}

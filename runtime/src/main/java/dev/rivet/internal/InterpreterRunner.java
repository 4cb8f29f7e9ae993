package dev.rivet.internal;

import dev.rivet.sandbox.GuestMemory;

/** Runs a guest in the interpreter, on the calling thread. */
public final class InterpreterRunner implements Runner {
    private final Interpreter interpreter;
    private final Hart hart;
    private final Ram ram;
    private long deadline;
    private volatile boolean hurry;
    private volatile boolean pause;
    private Sampler sampler;
    private long everyNanos;
    private long nextSample;

    /** A runner for one hart; {@code metered} says whether gas is counted. */
    public InterpreterRunner(Blocks blocks, boolean metered, Hart hart, GuestMemory memory) {
        this.hart = hart;
        ram = new Ram(memory);
        interpreter = new Interpreter(blocks, metered, hart, ram);
    }

    @Override
    public Stop run(Hart hart, long deadline) {
        if (hart != this.hart) {
            throw new IllegalArgumentException("another hart");
        }
        this.deadline = deadline;
        Stop stop = interpreter.run(Long.MAX_VALUE, false, this::due);
        if (stop == Stop.INTERRUPTED && pause && !mustStop()) {
            stop = Stop.PAUSED;
        }
        hurry = false;
        pause = false;
        return stop;
    }

    private boolean due() {
        if (sampler != null && System.nanoTime() - nextSample >= 0) {
            nextSample = System.nanoTime() + everyNanos;
            sampler.at(interpreter.here(), hart.calls.innermostFirst());
        }
        if (Thread.currentThread().isVirtual()) {
            Thread.yield(); // lets others onto the carrier
        }
        return pause || mustStop();
    }

    private boolean mustStop() {
        return hurry || Thread.currentThread().isInterrupted() || Deadline.isOver(deadline);
    }

    @Override
    public void hurry() {
        hurry = true;
    }

    @Override
    public void pause() {
        pause = true;
    }

    @Override
    public int[] callers() {
        return hart.calls.innermostFirst();
    }

    @Override
    public void sample(long everyNanos, Sampler sampler) {
        this.everyNanos = everyNanos;
        this.sampler = sampler;
        nextSample = System.nanoTime() + everyNanos;
    }

    @Override
    public void memoryReset() {
        ram.forget();
    }

    @Override
    public int workerPid() {
        return 0;
    }

    @Override
    public boolean alive() {
        return true;
    }

    @Override
    public int hostBytes() {
        return 0;
    }

    @Override
    public void close() {
        hurry = true;
    }
}

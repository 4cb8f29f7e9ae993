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
    public void memoryReset() {
        ram.forget();
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

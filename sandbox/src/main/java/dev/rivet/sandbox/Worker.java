package dev.rivet.sandbox;

import java.lang.foreign.MemorySegment;

/**
 * One worker process and its control page. One thread at a time gives commands; {@link #interrupt} and {@link #close} may
 * be called by others.
 *
 * <p>Deadlines are values of {@link System#nanoTime}; {@link #NO_DEADLINE} means none.
 */
public final class Worker implements AutoCloseable {
    /** Deadline that never comes. */
    public static final long NO_DEADLINE = Long.MIN_VALUE;
    /** Returned instead of an EXIT_ value: the deadline passed or the thread was interrupted; the guest still runs. */
    public static final int STILL_RUNNING = 0;

    private final MemorySegment control;

    Worker(MemorySegment control) {
        this.control = control;
    }

    /**
     * The control page; see {@link Control}. Hostile input: read each field once and check it. Throws
     * {@link IllegalStateException} once the worker is closed.
     */
    public MemorySegment control() {
        return control;
    }

    /**
     * Runs the guest from {@link Control#PC} with the registers of the control page until it exits.
     *
     * @return an EXIT_ value of {@link Control} from 2 up (any other is a broken protocol and loses the worker), or
     *         {@link #STILL_RUNNING}; then {@link #await} or {@link #interrupt} must follow
     * @throws WorkerLostException if the process dies
     */
    public int enter(long deadline) {
        return command(Control.COMMAND_ENTER, deadline);
    }

    /** After {@link Control#EXIT_SIGNAL}: goes back to what the signal interrupted. Otherwise as {@link #enter}. */
    public int proceed(long deadline) {
        return command(Control.COMMAND_CONTINUE, deadline);
    }

    private int command(int command, long deadline) {
        throw new SandboxException("no worker yet: " + command + deadline);
    }

    /** After {@link #STILL_RUNNING}: waits on. */
    public int await(long deadline) {
        throw new SandboxException("no worker yet: " + deadline);
    }

    /**
     * After {@link #STILL_RUNNING}: asks the guest to stop and waits for it; kills a worker that does not answer within a
     * second.
     *
     * @param request {@link Control#REQUEST_STOP} or {@link Control#REQUEST_PAUSE}
     * @return {@link Control#EXIT_SIGNAL} with {@link Control#SIGNAL} = {@link #REQUEST_SIGNAL}, or the exit that came first
     * @throws WorkerLostException if the process dies or had to be killed
     */
    public int interrupt(int request) {
        throw new SandboxException("no worker yet: " + request);
    }

    /** Number of the signal that requests arrive by (SIGUSR1). */
    public static final int REQUEST_SIGNAL = 10;

    /**
     * From any thread: makes the command under way (or the next one) return {@link #STILL_RUNNING} soon, as if its
     * deadline had passed.
     */
    public void hurry() {
        throw new SandboxException("no worker yet");
    }

    /** Whether the process is there, as far as is known. */
    public boolean alive() {
        return false;
    }

    /** Process id, for statistics and tests. */
    public int pid() {
        return 0;
    }

    /** Kills the process, reaps it, unmaps the control page. Closing twice does nothing. */
    @Override
    public void close() {
        // no worker yet
    }
}

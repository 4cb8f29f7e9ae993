package dev.rivet.internal;

/**
 * One way to run one instance's guest. All runners leave the same state at every stop (DESIGN 1.6). One thread at a time
 * runs; {@link #hurry} may be called by any.
 */
public interface Runner extends AutoCloseable {
    /**
     * Runs from the hart's pc until something stops it.
     *
     * @param deadline value of {@link System#nanoTime} to stop at, {@link Deadline#NEVER} for none
     * @throws dev.rivet.sandbox.WorkerLostException if the worker is lost; the runner cannot be used again then
     */
    Stop run(Hart hart, long deadline);

    /** Makes the run under way (or the next one) stop soon with {@link Stop#INTERRUPTED}. */
    void hurry();

    /**
     * Makes the run under way (or the next one) stop soon with {@link Stop#PAUSED}, at a place where it can go on, in any
     * engine.
     */
    void pause();

    /** Guest addresses of the calls under way at the last stop, the innermost first; a few may be missing or stale. */
    int[] callers();

    /**
     * From the next run on: shows where the guest is, again and again, while it runs.
     *
     * @param everyNanos time between two looks
     * @param sampler called on the thread that runs; null for no more
     */
    void sample(long everyNanos, Sampler sampler);

    /** Looks at a running guest. */
    interface Sampler {
        /**
         * One look.
         *
         * @param pc guest address
         * @param callers as {@link Runner#callers}
         */
        void at(int pc, int[] callers);
    }

    /** Process id of the worker, 0 when there is none; for tests. */
    int workerPid();

    /** Memory has been reset: rights to pages may be gone, and what the last run left behind is to be forgotten. */
    void memoryReset();

    /** Whether it can run, as far as is known. */
    boolean alive();

    /** Bytes of machine code; 0 when there is none. */
    int hostBytes();

    /** Ends whatever runs the guest. Closing twice does nothing. */
    @Override
    void close();
}

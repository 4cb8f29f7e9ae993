package dev.rivet;

/**
 * What an engine has done so far and what it holds now, for a metrics library to publish. Numbers are taken one after the
 * other while the engine goes on, so they may differ by what happened meanwhile.
 *
 * @param calls calls, runs and resumes that have ended
 * @param hostCalls host functions performed
 * @param traps calls that ended in a trap
 * @param outOfGas calls that ended out of gas
 * @param timeouts calls that reached their deadline
 * @param gasUsed gas that calls have used; those without metering count 0
 * @param translations programs translated, each way of metering and each cost model for itself
 * @param translationNanos nanoseconds that took
 * @param cacheHits translations taken from the code cache
 * @param cacheMisses translations the code cache did not have
 * @param workersStarted worker processes handed to instances
 * @param workersLost worker processes that died or broke the protocol
 * @param workers instances on the native engine now, each with its worker process
 * @param memoryReserved sum of the memory limits of all instances now, in bytes
 * @param borrowed instances lent by pools
 * @param waits borrowers that had to wait
 * @param refused borrowers turned away
 */
public record Counters(long calls, long hostCalls, long traps, long outOfGas, long timeouts, long gasUsed,
        long translations, long translationNanos, long cacheHits, long cacheMisses, long workersStarted,
        long workersLost, int workers, long memoryReserved, long borrowed, long waits, long refused) {
}

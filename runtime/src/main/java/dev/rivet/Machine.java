package dev.rivet;

import dev.rivet.internal.Hart;
import dev.rivet.internal.Runner;
import dev.rivet.sandbox.GuestMemory;

/**
 * What runs one guest, apart from who uses it: memory, hart, runner. A pool hands it from one {@link Instance} to the next;
 * an instance outside a pool has one for itself. Knows nothing of calls.
 */
final class Machine {
    final GuestMemory guest;
    final Hart hart;
    final Runner runner;
    final Instance.Statistics statistics;
    /** Who uses it now; null while it waits in a pool. */
    volatile Instance user;
    /** Why it cannot be used any more, or null. */
    volatile String lost;
    /** Tenants it has had. */
    int uses;

    Machine(GuestMemory guest, Hart hart, Runner runner, Instance.Statistics statistics) {
        this.guest = guest;
        this.hart = hart;
        this.runner = runner;
        this.statistics = statistics;
    }

    /** Whether it can run a guest, as far as is known. */
    boolean usable() {
        return lost == null && runner.alive();
    }

    /** As if it were new: memory, registers, reservation, break, and what the runner remembers. */
    void reset() {
        guest.reset();
        runner.memoryReset();
        runner.sample(0, null);
        hart.clear();
        hart.pc = 0;
        hart.gas = 0;
        hart.address = 0;
        hart.write = false;
    }

    void close() {
        runner.close();
        guest.close();
    }
}

package dev.rivet;

import dev.rivet.internal.Hart;
import dev.rivet.internal.Runner;
import dev.rivet.sandbox.GuestMemory;
import org.jspecify.annotations.Nullable;

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
    volatile @Nullable Instance user;
    /** Why it cannot be used any more, or null. */
    volatile @Nullable String lost;
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
        clear();
    }

    /**
     * As a snapshot has it.
     *
     * @throws BadSnapshotException if it does not fit the memory or the registers; nothing has changed then
     */
    void reset(Snapshot to) {
        for (int r = 0; r < 32; r++) {
            if (Hart.canonical(to.xlen, to.regs[r]) != to.regs[r]) {
                throw new BadSnapshotException("the snapshot's x" + r + " has more than " + to.xlen + " bits");
            }
        }
        try {
            guest.reset(to.memory);
        } catch (IllegalArgumentException e) {
            throw new BadSnapshotException("the snapshot does not fit its program: " + e.getMessage(), e);
        }
        clear();
        System.arraycopy(to.regs, 0, hart.regs, 0, 32);
        hart.fresh = true;
        hart.pc = to.pc;
        hart.gas = to.gas;
        hart.reservation = to.reservation;
    }

    private void clear() {
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

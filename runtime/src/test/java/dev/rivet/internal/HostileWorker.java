package dev.rivet.internal;

import java.lang.foreign.MemorySegment;

/** Lets tests of the public package write where only a worker writes. */
public final class HostileWorker {
    private HostileWorker() {
    }

    /** The control page of an instance's worker. */
    public static MemorySegment controlPage(Runner runner) {
        return ((NativeRunner) runner).control();
    }
}

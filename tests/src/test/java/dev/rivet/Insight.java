package dev.rivet;

import dev.rivet.internal.Runner;

/** What tests see of an instance and users do not. */
public final class Insight {
    private Insight() {
    }

    /** Process id of its worker. */
    public static int worker(Instance instance) {
        return instance.runner().workerPid();
    }

    /** What runs it. */
    public static Runner runner(Instance instance) {
        return instance.runner();
    }
}

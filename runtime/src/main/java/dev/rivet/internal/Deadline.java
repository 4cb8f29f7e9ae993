package dev.rivet.internal;

import dev.rivet.sandbox.Worker;
import java.time.Duration;

/** Points in time as {@link System#nanoTime} gives them. */
public final class Deadline {
    /** The point in time that never comes. */
    public static final long NEVER = Worker.NO_DEADLINE;

    private Deadline() {
    }

    /** So long from now; a duration beyond 146 years is for ever. */
    public static long after(Duration duration) {
        if (duration == null || duration.getSeconds() > Long.MAX_VALUE / 2 / 1_000_000_000L) {
            return NEVER;
        }
        long at = System.nanoTime() + duration.toNanos();
        return at == NEVER ? at + 1 : at;
    }

    /** Whether it is over. */
    public static boolean isOver(long deadline) {
        return deadline != NEVER && System.nanoTime() - deadline >= 0;
    }
}

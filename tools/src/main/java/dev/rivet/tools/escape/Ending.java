package dev.rivet.tools.escape;

/**
 * What became of an attack.
 *
 * @param kind how it ended
 * @param number the exit, signal or status that goes with it
 */
public record Ending(Kind kind, int number) {
    /** Ways to end. All of them leave the attacker where he was: in his worker, or without one. */
    public enum Kind {
        /** It published an exit, as translated code does; the number is the EXIT_ value. */
        ANSWERED("answered"),
        /** A fault that the worker reported; the number is the signal's. */
        TRAPPED("trapped"),
        /** It ran until it was told to stop, and stopped. */
        STOPPED("stopped"),
        /** The kernel killed the worker; the number is the signal's. */
        KILLED("killed by the kernel"),
        /** The worker exited; the number is its status. */
        LEFT("exited"),
        /** The JVM saw a broken protocol or no answer, and killed the worker. */
        DISOWNED("killed by the JVM");

        final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    @Override
    public String toString() {
        return kind.text + (kind == Kind.DISOWNED || kind == Kind.STOPPED ? "" : " (" + number + ")");
    }
}

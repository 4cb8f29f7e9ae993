package dev.rivet.tools;

/**
 * Logging of the command line: none. What concerns the user is said in one line of our own; the library's log, made for
 * programs that embed it, would repeat it. The JDK makes an object of this class instead of reading its configuration
 * when the first message is logged, so it costs nothing before.
 */
public final class QuietLogging {
    /** Leaves the root logger without handlers. */
    public QuietLogging() {
    }
}

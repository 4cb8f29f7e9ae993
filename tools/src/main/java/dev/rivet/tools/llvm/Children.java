package dev.rivet.tools.llvm;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Programs that this JVM starts and waits for. However the JVM ends (Ctrl-C, a signal, an exit elsewhere), they end with
 * it, and whoever waited for one learns nothing more, so that no message speaks of a program that was only interrupted.
 */
public final class Children {
    private static final Set<Process> RUNNING = new HashSet<>();
    private static boolean ending;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Children::end, "rivet-children"));
    }

    private Children() {
    }

    private static void end() {
        synchronized (Children.class) {
            ending = true;
            RUNNING.forEach(Process::destroyForcibly);
        }
    }

    /** Runs a program to its end; its exit status, or −1 when it was killed because it took too long. */
    public static int run(ProcessBuilder program, long limitSeconds) throws IOException, InterruptedException {
        Process p;
        synchronized (Children.class) {
            stopWhenEnding();
            p = program.start();
            RUNNING.add(p);
        }
        try {
            boolean ended = p.waitFor(limitSeconds, TimeUnit.SECONDS);
            if (!ended) {
                p.destroyForcibly().waitFor();
            }
            return ended ? p.exitValue() : -1;
        } finally {
            synchronized (Children.class) {
                RUNNING.remove(p);
                stopWhenEnding();
            }
            p.destroyForcibly(); // when interrupted
        }
    }

    /** Holds this thread for the rest of the JVM's life, if that is coming to its end. */
    private static void stopWhenEnding() throws InterruptedException {
        while (ending) {
            Children.class.wait();
        }
    }
}

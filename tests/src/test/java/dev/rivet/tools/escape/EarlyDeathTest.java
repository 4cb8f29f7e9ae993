package dev.rivet.tools.escape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.tools.soak.Session;
import dev.rivet.sandbox.Mutants;
import dev.rivet.x64.X64Worker;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A JVM ends while a worker has not yet asked to be killed with it. The worker, which lives on then, must not find what it
 * waits for: else it would stay for ever.
 */
@Timeout(60)
class EarlyDeathTest {
    static final class Hurried {
        public static void main(String[] args) throws Exception {
            Cell cell = new Cell(Mutants.slowToBeTied(new X64Worker()), new X64Arsenal().bytes());
            Thread.ofPlatform().start(cell::pid);
            while (Session.of(ProcessHandle.current().pid()).size() < 2) {
                Thread.sleep(1);
            }
            Thread.sleep(500); // of the second that the worker is held up
            Runtime.getRuntime().halt(7);
        }
    }

    @Test
    void noWorkerIsLeft() throws Exception {
        Process jvm = new ProcessBuilder("setsid", Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Hurried.class.getName()).inheritIO().start();
        assertTrue(jvm.waitFor(30, TimeUnit.SECONDS));
        assertEquals(7, jvm.exitValue());
        long from = System.nanoTime();
        while (!Session.of(jvm.pid()).isEmpty() && System.nanoTime() - from < 5_000_000_000L) {
            Thread.sleep(5);
        }
        assertEquals("[]", Session.of(jvm.pid()).toString(), "processes that outlived the JVM");
    }
}

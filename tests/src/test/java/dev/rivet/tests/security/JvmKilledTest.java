package dev.rivet.tests.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.tools.soak.Session;
import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.HostFunctions;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Program;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A JVM is killed (SIGKILL) while its workers compute, are being made, wait and end: no process of its session is left.
 * Looked at from another process.
 */
@Timeout(600)
class JvmKilledTest {
    private static final int TEXT = 0x10000;
    private static final int CALLERS = 8;
    private static final long HANGS_NANOS = 5_000_000_000L;

    /** A JVM under load: endless guests, host calls, instances that come and go, spare workers. */
    static final class Loaded {
        public static void main(String[] args) throws InterruptedException {
            Asm a = new Asm(64, TEXT);
            int loop = a.label();
            a.place(loop).addi(Asm.A0, Asm.A0, 1).j(loop);
            long asking = a.here();
            int again = a.label();
            a.li(Asm.A7, 1).place(again).ecall().j(again);
            byte[] elf = new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X).bytes();
            Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).spareWorkers(3).build();
            Program program = engine.load(elf, "load");
            InstanceOptions options = InstanceOptions.defaults().withMemoryLimit(2 << 20).withStackSize(64 << 10)
                    .withHost(HostFunctions.none().with(1, c -> c.setResult(1)));
            for (int n = 0; n < CALLERS; n++) {
                int me = n;
                Thread.ofPlatform().start(() -> {
                    while (true) {
                        try (Instance i = program.instantiate(options)) {
                            Duration time = me < 2 ? Duration.ofMinutes(5) : Duration.ofMillis(1 + 2 * me);
                            i.call(CallOptions.ofDeadline(time), me % 2 == 0 ? TEXT : asking);
                        }
                    }
                });
            }
            Thread.sleep(100);
            System.out.println("ready");
            Thread.sleep(60_000);
        }
    }

    @Test
    void noWorkerSurvives() throws Exception {
        kill(3);
    }

    @Test
    @Tag("exhaustive")
    void noWorkerSurvivesFortyTimes() throws Exception {
        kill(40);
    }

    private static void kill(int rounds) throws Exception {
        Random random = new Random(rounds);
        int workers = 0;
        long longest = 0;
        for (int n = 0; n < rounds; n++) {
            Process jvm = new ProcessBuilder("setsid",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                    System.getProperty("java.class.path"), Loaded.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try {
                assertEquals("ready", jvm.inputReader().readLine());
                Thread.sleep(random.nextInt(100));
                workers += Session.of(jvm.pid()).size() - 1;
                long from = System.nanoTime();
                jvm.destroyForcibly();
                List<String> left = Session.of(jvm.pid());
                while (!left.isEmpty() && System.nanoTime() - from < HANGS_NANOS) {
                    Thread.sleep(1);
                    left = Session.of(jvm.pid());
                }
                longest = Math.max(longest, System.nanoTime() - from);
                assertEquals(List.of(), left, "processes that outlived the JVM");
            } finally {
                jvm.destroyForcibly().waitFor();
            }
        }
        System.out.println(String.format(Locale.ROOT,
                "JVM killed %d times with %d workers in all; the last was gone after %.1f ms at most", rounds, workers,
                longest / 1e6));
        assertTrue(workers > rounds, workers + " workers");
    }
}

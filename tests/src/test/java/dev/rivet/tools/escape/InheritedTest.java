package dev.rivet.tools.escape;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.tests.security.Witness;
import dev.rivet.x64.X64Worker;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a JVM was started with is nothing its workers have: signals that are ignored, descriptors, variables, limits. */
@Timeout(60)
class InheritedTest {
    static final class Started {
        public static void main(String[] args) throws Exception {
            try (WorkerFactory factory = new WorkerFactory(new X64Worker(), WorkerFactory.Mode.STRICT, 0);
                    Cell cell = new Cell(factory, new X64Arsenal().bytes())) {
                System.out.println(cell.pid());
                System.in.read();
            }
        }
    }

    @Test
    void nothing() throws Exception {
        ProcessBuilder shell = new ProcessBuilder("sh", "-c",
                "trap '' HUP INT QUIT PIPE TERM; umask 0; ulimit -S -c unlimited; exec 7< /dev/null; exec \"$@\"", "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Started.class.getName());
        shell.environment().put("SECRET", "of the host");
        Process jvm = shell.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            int pid = Integer.parseInt(jvm.inputReader().readLine());
            assertEquals(List.of(), Witness.findings(pid));
        } finally {
            jvm.outputWriter().close();
            jvm.waitFor();
        }
    }
}

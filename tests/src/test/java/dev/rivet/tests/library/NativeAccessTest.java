package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.Engine;
import dev.rivet.UnsupportedHostException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A JVM that denies native access is told which option it needs, each time anew. */
class NativeAccessTest {
    /** Runs in a JVM of its own. */
    public static final class Tries {
        private Tries() {
        }

        /** Makes each kind of engine. */
        public static void main(String[] args) {
            for (Engine.Kind kind : Engine.Kind.values()) {
                try (Engine engine = Engine.builder().kind(kind).build()) {
                    System.out.println(kind + " " + engine.label());
                } catch (UnsupportedHostException e) {
                    System.out.println(kind + ": " + e.getMessage());
                }
            }
        }
    }

    @Test
    void itIsToldTheOption() throws IOException, InterruptedException {
        Process p = new ProcessBuilder(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--illegal-native-access=deny", "-cp", System.getProperty("java.class.path"),
                        Tries.class.getName()))
                .redirectErrorStream(true).start();
        String text = new String(p.getInputStream().readAllBytes());
        assertEquals(0, p.waitFor(), text);
        String rest = ": this JVM denies native access; start it with --enable-native-access=ALL-UNNAMED";
        assertEquals(List.of("NATIVE" + rest, "INTERPRETER" + rest, "AUTO" + rest), text.lines().toList());
    }
}

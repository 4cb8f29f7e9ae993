package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.tools.soak.Session;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code rivet} in a JVM of its own, as a user starts it. The JVM leads a session of its own, so that whatever it started
 * and left behind can be found afterwards.
 */
final class Child {
    private static final long PATIENCE = 240;

    /** How a child ended. Output is one character a byte. */
    record Result(int status, String out, String err) {
        /** Lines of stderr. */
        List<String> lines() {
            return err.lines().toList();
        }

        /** The status, nothing on stdout, and this one line on stderr. */
        Result fails(int expected, String line) {
            assertEquals(List.of("rivet: " + line), lines());
            assertEquals(expected, status);
            return this;
        }

        /** The status and one line on stderr with this beginning and end. */
        Result failsLike(int expected, String beginning, String end) {
            assertEquals(1, lines().size(), err);
            assertTrue(err.startsWith("rivet: " + beginning) && err.strip().endsWith(end), err);
            assertEquals(expected, status);
            return this;
        }
    }

    private final ProcessBuilder builder;
    private final Path err;
    private Process process;

    private Child(List<String> command, Path dir) {
        try {
            err = Files.createTempFile(dir, "stderr", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        builder = new ProcessBuilder(command).redirectError(err.toFile());
    }

    /** {@code rivet} with these arguments, not yet started; {@code dir} is for its stderr. */
    static Child rivet(Path dir, String... arguments) {
        List<String> command = new ArrayList<>(List.of("setsid", Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        return new Child(command, dir);
    }

    /** Runs it with these bytes as stdin to its end. */
    static Result run(Path dir, String stdin, String... arguments) {
        return rivet(dir, arguments).start().feed(stdin).end();
    }

    Child stdout(File file) {
        builder.redirectOutput(file);
        return this;
    }

    /** Has a command start it, which execs the words behind its own. */
    Child within(String... command) {
        builder.command().addAll(1, List.of(command)); // behind setsid
        return this;
    }

    /** Sets a variable of its environment. */
    Child environment(String name, String value) {
        builder.environment().put(name, value);
        return this;
    }

    Child start() {
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    Process process() {
        return process;
    }

    /** Writes stdin and closes it. */
    Child feed(String stdin) {
        try (var in = process.getOutputStream()) {
            in.write(stdin.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Reads stdout to its end, waits, and makes sure that no process is left. */
    Result end() {
        try {
            String out = builder.redirectOutput() == ProcessBuilder.Redirect.PIPE
                    ? new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1)
                    : "";
            return end(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #end()}, when somebody else has read stdout. */
    Result end(String out) throws IOException {
        try {
            assertTrue(process.waitFor(PATIENCE, TimeUnit.SECONDS), "still running");
            for (int i = 0; i < 100 && !session().isEmpty(); i++) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
        assertEquals(List.of(), session(), "processes left behind");
        String text = Files.readString(err, StandardCharsets.ISO_8859_1);
        assertFalse(text.contains("\tat "), text);
        return new Result(process.exitValue(), out, text);
    }

    /** Waits until its session has a process of this name and kills that. */
    Child kill(String name) {
        ProcessHandle.of(await(name)).ifPresent(ProcessHandle::destroyForcibly);
        return this;
    }

    /** Waits until its session has a process of this name; its number. */
    long await(String name) {
        for (long end = System.nanoTime() + PATIENCE * 1_000_000_000; System.nanoTime() < end;) {
            for (String stat : session()) {
                if (stat.contains("(" + name + ")")) {
                    return Long.parseLong(stat.substring(0, stat.indexOf(' ')));
                }
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no process " + name);
    }

    /** Processes of its session other than itself, as {@code /proc/PID/stat} lines; dead ones do not count. */
    List<String> session() {
        try {
            List<String> found = Session.of(process.pid());
            found.removeIf(stat -> stat.startsWith(process.pid() + " "));
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

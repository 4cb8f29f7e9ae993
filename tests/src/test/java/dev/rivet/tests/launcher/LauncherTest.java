package dev.rivet.tests.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code ./rivet}: what it finds, what it says when it finds nothing, what it passes on. */
class LauncherTest {
    private static final Path TOP = Path.of("").toAbsolutePath().getParent();
    private static final Path RIVET = TOP.resolve("rivet");
    private static final String HELLO = TOP.resolve("examples/hello.elf").toString();

    @TempDir
    Path dir;

    private record Result(int status, String out, List<String> err) {
    }

    private Result run(Map<String, String> environment, String... command) throws Exception {
        Path err = Files.createTempFile(dir, "stderr", "");
        ProcessBuilder b = new ProcessBuilder(command).directory(dir.toFile()).redirectError(err.toFile());
        b.environment().putAll(environment);
        b.environment().values().removeIf(String::isEmpty);
        Process p = b.start();
        p.getOutputStream().close();
        String out = new String(p.getInputStream().readAllBytes());
        return new Result(p.waitFor(), out, Files.readAllLines(err));
    }

    /** The first start may build and train; the tests look at the others. */
    @BeforeAll
    static void first() throws Exception {
        assertEquals(0, new ProcessBuilder(RIVET.toString(), "--version").inheritIO().start().waitFor());
    }

    @Test
    void runsFromAnywhereAndThroughLinks() throws Exception {
        Path link = Files.createSymbolicLink(dir.resolve("one"), RIVET);
        Path second = Files.createSymbolicLink(dir.resolve("two"), Path.of("one"));
        for (String name : new String[]{RIVET.toString(), link.toString(), second.toString(), "./two"}) {
            assertEquals(new Result(0, "Hello from RISC-V!\n", List.of()), run(Map.of(), name, "run", HELLO));
        }
        Files.delete(link);
        Files.delete(second);
    }

    /** No warning of the JVM's gets through, and no option of the environment prints one. */
    @Test
    void theJvmIsQuiet() throws Exception {
        Map<String, String> environment = Map.of("JAVA_TOOL_OPTIONS", "-Dnothing=1", "JDK_JAVA_OPTIONS", "-Dnothing=1");
        assertEquals(new Result(0, "Hello from RISC-V!\n", List.of()),
                run(environment, RIVET.toString(), "run", HELLO));
        assertEquals(new Result(64, "", List.of("rivet: unknown command 'rnu'; did you mean run? (see 'rivet help')")),
                run(environment, RIVET.toString(), "rnu"));
    }

    /** In every locale, and whatever files are called. */
    @Test
    void locales() throws Exception {
        Path file = Files.copy(Path.of(HELLO), dir.resolve("\u00fcber uns\n\u20ac.elf"));
        for (String locale : List.of("C", "POSIX", "C.UTF-8", "")) {
            Map<String, String> environment = Map.of("LC_ALL", locale, "LANG", "", "LC_CTYPE", "");
            assertEquals(new Result(0, "Hello \u20ac, from RISC-V!\n", List.of()),
                    run(environment, RIVET.toString(), "run", file.toString(), "\u20ac"), locale);
            assertEquals(0, run(environment, RIVET.toString(), "inspect", file.toString()).status, locale);
        }
    }

    /** A benchmark that is interrupted leaves no files. */
    @Test
    void interrupted() throws Exception {
        Process p = new ProcessBuilder(RIVET.toString(), "bench", "translate", "--cold").directory(dir.toFile())
                .redirectErrorStream(true).redirectOutput(dir.resolve("out").toFile()).start();
        // The script execs the JVM, so the process is the same; its directory shows that it is at work.
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        List<Path> before = cold(temporary);
        List<Path> made = List.of();
        while (made.isEmpty()) {
            assertTrue(p.isAlive());
            Thread.sleep(10);
            made = new ArrayList<>(cold(temporary));
            made.removeAll(before);
        }
        p.destroy();
        assertEquals(128 + 15, p.waitFor());
        assertEquals("", Files.readString(dir.resolve("out")));
        for (Path directory : made) {
            assertFalse(Files.exists(directory), directory.toString());
        }
    }

    private static List<Path> cold(Path temporary) throws IOException {
        try (Stream<Path> all = Files.list(temporary)) {
            return all.filter(f -> f.getFileName().toString().startsWith("rivet-cold")).toList();
        }
    }

    @Test
    void benchStart() throws Exception {
        Result r = run(Map.of(), RIVET.toString(), "bench", "start", "--runs", "2");
        assertEquals(List.of(), r.err);
        assertTrue(r.out.matches("2 runs: wall [0-9.]+ s median, [0-9.]+ to [0-9.]+; CPU [0-9.]+ s mean\n"), r.out);
        assertEquals(0, r.status);
        r = run(Map.of(), RIVET.toString(), "bench", "start", "no-such-file");
        assertEquals(new Result(66, "", List.of("rivet: no-such-file: no such file")), r);
    }

    @Test
    void closedStreams() throws Exception {
        Result r = run(Map.of(), "sh", "-c", RIVET + " run " + HELLO + " >&-");
        assertEquals(1, r.err.size(), r.err.toString());
        assertTrue(r.err.getFirst().startsWith("rivet: trap HOST_ERROR at pc ")
                && r.err.getFirst().endsWith("cannot write to standard output: Bad file descriptor"), r.err.toString());
        assertEquals(101, r.status);
        assertEquals(new Result(0, "Hello from RISC-V!\n", List.of()),
                run(Map.of(), "sh", "-c", RIVET + " run " + HELLO + " <&- 2>&-"));
        // The SHA-256 of nothing.
        assertTrue(run(Map.of(), "sh", "-c", RIVET + " run " + TOP.resolve("examples/sha256.elf") + " <&-").out
                .startsWith("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    }

    /** A copy of the script in a tree of its own, where nothing is built, that looks for Java in no fixed place. */
    private Path lonely() throws IOException {
        Path copy = dir.resolve("tree/rivet");
        Files.createDirectories(copy.getParent().resolve("tools"));
        String script = Files.readString(RIVET);
        String places = "for jdk in /usr/lib/jvm/* /usr/java/* /opt/* /opt/java/* /opt/jdks/* ";
        assertTrue(script.contains(places));
        Files.writeString(copy, script.replace(places, "for jdk in "));
        copy.toFile().setExecutable(true);
        return copy;
    }

    /** A PATH with what the script itself needs. */
    private String path(String... more) throws IOException {
        Path bin = Files.createTempDirectory(dir, "bin");
        for (String tool : List.of("sh", "readlink", "find", "head", "grep", "tail", "mkdir", "touch", "cat", "rm",
                "env")) {
            program(bin.resolve(tool), "exec " + which(tool) + " \"$@\"");
        }
        for (String name : more) {
            program(bin.resolve(name), "echo '[INFO] fine so far'\necho '[ERROR] no luck' >&2\nexit 1");
        }
        return bin.toString();
    }

    private static void program(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private static Path which(String tool) {
        for (String d : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(d, tool))) {
                return Path.of(d, tool);
            }
        }
        throw new AssertionError("no " + tool);
    }

    private void fails(int status, String beginning, String end, Map<String, String> environment, Path script)
            throws Exception {
        Result r = run(environment, script.toString(), "run", HELLO);
        assertEquals("", r.out);
        String last = r.err.getLast();
        assertTrue(last.startsWith("rivet: " + beginning) && last.endsWith(end), r.err.toString());
        assertTrue(r.err.size() <= 2 && r.err.getFirst().startsWith("rivet: "), r.err.toString());
        assertEquals(status, r.status);
    }

    @Test
    void noJava() throws Exception {
        Path old = Files.createDirectories(dir.resolve("old/bin")).getParent();
        for (String tool : List.of("java", "javac")) {
            Files.copy(which("sh"), old.resolve("bin").resolve(tool));
        }
        Files.writeString(old.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"24.0.2\"\n");
        for (String home : List.of("", dir.toString(), old.toString())) {
            fails(69, "needs a JDK 25 or newer", "or set JAVA_HOME",
                    Map.of("JAVA_HOME", home, "PATH", path("mvn"), "HOME", dir.toString()), lonely());
        }
    }

    @Test
    void noMaven() throws Exception {
        fails(69, "needs Maven 3.8 or newer", "apt-get install maven)",
                Map.of("JAVA_HOME", System.getProperty("java.home"), "PATH", path()), lonely());
    }

    @Test
    void aBuildThatFails() throws Exception {
        Path script = lonely();
        fails(70, "could not build itself: [ERROR] no luck", "tools/target/rivet-build.log)",
                Map.of("JAVA_HOME", System.getProperty("java.home"), "PATH", path("mvn")), script);
        assertTrue(Files.readString(script.resolveSibling("tools/target/rivet-build.log")).contains("fine so far"));
    }
}

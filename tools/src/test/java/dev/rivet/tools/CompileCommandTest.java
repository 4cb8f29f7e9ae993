package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rivet compile}, the cache of {@code rivet run}, its profile and its backtrace. */
class CompileCommandTest {
    private static final Path EXAMPLES = Path.of(System.getProperty("user.dir")).resolveSibling("examples");

    @TempDir
    Path dir;

    private Child.Result rivet(String... arguments) {
        return Child.rivet(dir, arguments).environment("XDG_CACHE_HOME", dir.resolve("cache").toString()).start()
                .feed("").end();
    }

    private List<String> entries() throws IOException {
        Path cache = dir.resolve("cache/rivet/code");
        if (!Files.exists(cache)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(cache)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    /** hello, so large that it is worth caching. */
    private String large() throws IOException {
        byte[] hello = Files.readAllBytes(EXAMPLES.resolve("hello.elf"));
        return Files.write(dir.resolve("large.elf"), Arrays.copyOf(hello, 300 << 10)).toString();
    }

    @Test
    void compilesIntoTheCacheThatRunLooksInto() throws IOException {
        String file = large();
        Child.Result first = rivet("compile", file);
        assertEquals(0, first.status(), first.err());
        List<String> lines = first.out().lines().toList();
        assertEquals(3, lines.size(), first.out());
        assertTrue(lines.get(0).matches(".*large.elf: .*, metering none: [1-9]\\d* bytes .* translated in .* ms"),
                first.out());
        assertTrue(lines.get(1).contains("metering sync"), first.out());
        assertEquals("kept in " + dir.resolve("cache/rivet/code"), lines.get(2));
        List<String> entries = entries();
        assertEquals(2, entries.size());
        assertTrue(rivet("compile", file).out().lines().limit(2).allMatch(l -> l.contains(" found in ")));
        assertEquals("Hello from RISC-V!\n", rivet("run", file).out());
        assertEquals("Hello from RISC-V!\n", rivet("run", "--gas", "10000", file).out());
        assertEquals(entries, entries(), "what run needs was there");
    }

    @Test
    void runKeepsLargeProgramsOnly() throws IOException {
        String file = large();
        assertEquals("Hello from RISC-V!\n", rivet("run", "--no-cache", file).out());
        assertEquals("Hello from RISC-V!\n", rivet("run", EXAMPLES.resolve("hello.elf").toString()).out());
        assertEquals(List.of(), entries());
        assertEquals("Hello from RISC-V!\n", rivet("run", file).out());
        assertEquals(1, entries().size());
    }

    @Test
    void aCacheThatCannotBeHadIsSaid() throws IOException {
        Files.writeString(dir.resolve("cache"), "in the way");
        Child.Result r = rivet("compile", large());
        assertEquals(Status.HOST_LACKS, r.status());
        assertTrue(r.err().contains("cannot keep translations here") && r.lines().size() == 1, r.err());
        assertEquals("Hello from RISC-V!\n", rivet("run", large()).out(), "run does without");
    }

    /** Where there is no room, that is said. */
    @Test
    void aFullDiskIsSaid() throws IOException {
        Path disk = Files.createDirectory(dir.resolve("disk"));
        Child.rivet(dir, "compile", large()).environment("XDG_CACHE_HOME", disk.toString())
                .within("unshare", "-Urm", "sh", "-c",
                        "mount -t tmpfs -o size=4k tmpfs " + disk + " && exec \"$@\"", "sh")
                .start().feed("").end()
                .failsLike(Status.HOST_LACKS, disk.resolve("rivet/code") + ": 2 of these translations cannot be kept; ",
                        "another directory");
    }

    @Test
    void backtraces() {
        for (String engine : List.of("native", "interpreter")) {
            Child.Result r = rivet("run", "--engine", engine, "--backtrace", "--gas", "100000",
                    EXAMPLES.resolve("primes.elf").toString(), "3000000");
            assertEquals(Status.OUT_OF_GAS, r.status());
            List<String> lines = r.lines();
            assertTrue(lines.get(0).startsWith("rivet: out of gas at pc "), r.err());
            assertTrue(lines.get(1).startsWith("rivet:   in "), r.err());
            assertTrue(lines.stream().anyMatch(l -> l.startsWith("rivet:   called from main+0x")), r.err());
        }
    }

    @Test
    void profiles() throws IOException {
        Path page = dir.resolve("profile.html");
        for (String engine : List.of("native", "interpreter")) {
            Child.Result r = rivet("run", "--engine", engine, "--profile", page.toString(), "--timeout", "1m",
                    EXAMPLES.resolve("primes.elf").toString(), engine.equals("native") ? "20000000" : "300000");
            assertEquals(0, r.status(), r.err());
            assertTrue(r.err().matches("rivet: [1-9]\\d* samples in .*profile.html\n"), r.err());
            String html = Files.readString(page);
            assertTrue(html.contains("<title>primes.elf, each 1 ms</title>") && html.contains("main: "), engine);
        }
        Child.Result r = rivet("run", "--profile", dir.toString(), EXAMPLES.resolve("hello.elf").toString());
        assertEquals(Status.HOST_LACKS, r.status());
        assertTrue(r.err().contains("cannot write: it is a directory"), r.err());
    }
}

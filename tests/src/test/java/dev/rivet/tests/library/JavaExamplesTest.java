package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java examples do what they say, run the way the README has it. */
class JavaExamplesTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    Path dir;

    private String run(String example, String... arguments) throws IOException, InterruptedException {
        Path output = dir.resolve("output");
        String path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", "-cp", path, "examples/" + example + ".java"));
        command.addAll(List.of(arguments));
        int status = new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start().waitFor();
        String text = Files.readString(output);
        assertEquals(0, status, text);
        return text;
    }

    @Test
    void embed() throws Exception {
        assertEquals("""
                168 primes up to 1000; the last ones: 997 991 983 977 971
                exit 0, gas used: 18639
                """, run("Embed").replaceAll("used: \\d+", "used: 18639"));
        try (Stream<String> lines = Files.lines(ROOT.resolve("examples/Embed.java"))) {
            assertTrue(lines.dropWhile(line -> !line.contains("class ")).count() < 20);
        }
    }

    @Test
    void pluginHost() throws Exception {
        String text = run("PluginHost");
        assertTrue(text.startsWith("accepted: access denied for guest\naccepted: timeout after 30 s\n"), text);
        assertEquals(1, text.lines().filter(line -> line.startsWith("survived: trap MEMORY_ACCESS")).count(), text);
        assertEquals(1, text.lines().filter(line -> line.startsWith("survived: timeout after 200ms")).count(), text);
        assertEquals(1, text.lines().filter(line -> line.startsWith("survived: trap ILLEGAL")).count(), text);
        assertTrue(text.endsWith("has accepted 2 lines and is as well as before\n"), text);
    }

    @Test
    void zkGuest() throws Exception {
        List<String> lines = run("ZkGuest", "20000").lines().toList();
        assertEquals(4, lines.size());
        assertTrue(lines.get(0).startsWith("sum 256000, refused "), lines.get(0));
        assertEquals(lines.get(0), lines.get(2), "what the engines commit to");
        String gas = lines.get(1).replaceAll(".*exit 0, ([0-9,]+) instructions.*", "$1");
        assertTrue(lines.get(3).contains("exit 0, " + gas + " instructions"), lines.get(1) + " / " + lines.get(3));
    }

    @Test
    void contractHost() throws Exception {
        List<String> lines = run("ContractHost", "3", "40").lines().toList();
        assertEquals(3, lines.size(), lines.toString());
        assertTrue(lines.get(0).contains("3 threads, 501 calls right: "), lines.get(0));
        assertTrue(lines.get(1).startsWith("interpreter  3 threads, 501 calls right: "), lines.get(1));
        assertTrue(lines.get(2).startsWith("both engines used "), lines.get(2));
    }

    @Test
    void everyHostHasItsLineAndItsTest() throws IOException {
        String readme = Files.readString(ROOT.resolve("examples/README.md"));
        try (Stream<Path> files = Files.list(ROOT.resolve("examples"))) {
            List<String> hosts = files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".java"))
                    .map(f -> f.replace(".java", "")).sorted().toList();
            assertEquals(List.of("ContractHost", "Embed", "PluginHost", "ZkGuest"), hosts);
            for (String host : hosts) {
                assertTrue(readme.contains("| `" + host + "` |"), host);
            }
        }
    }
}

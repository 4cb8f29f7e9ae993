package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rivet bench native} as a user starts it; its figures are not asserted on. */
class NativeBenchTest {
    @TempDir
    Path dir;

    private Child.Result bench(String... arguments) {
        String[] all = new String[arguments.length + 3];
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        all[0] = "bench";
        all[1] = "native";
        all[2] = "--quick";
        return Child.run(dir, "", all);
    }

    @Test
    void everyColumnOfEveryVariantInEveryForm() throws IOException {
        Path json = dir.resolve("out.json");
        Path chart = dir.resolve("out.html");
        Child.Result r = bench("--workloads", "crc,pack", "--runs", "1", "--isa", "rv64e,rv32i", "--cost-model",
                "weighted",
                "--json", json.toString(), "--chart", chart.toString());
        assertEquals("", r.err());
        String table = " +native ms +none +sync +fpu +async +interpreter\ncrc( +[0-9.]+){6}\npack( +[0-9.]+){6}\n"
                + "geometric mean( +[0-9.]+){5}\ncode, host/guest bytes( +[0-9.]+){4} +-\n\n";
        assertTrue(r.out().matches("rv64e" + table + "rv32i" + table + "CPU time over that of the native build "
                + "\\(clang [0-9.]+ -O3\\); median of 1 interleaved rounds; costs: weighted\n[^\n]+; Java [^\n]+\n"),
                r.out());
        String text = Files.readString(json);
        assertTrue(
                text.startsWith("{\n  \"kind\": \"rivet bench native\",\n  \"version\": 1,\n") && text.endsWith("}\n"),
                text);
        assertEquals(20, text.split("\"nativeNanos\": \\[[0-9]+\\],\\s+\"nanos\": \\[[0-9]+\\]", -1).length - 1, text);
        assertTrue(text.contains("\"costModel\": \"weighted\",\n  \"costModelVersion\": 1,"), text);
        String page = Files.readString(chart);
        assertTrue(page.contains(">Rivet beside native code: rv32i guests</text>") && page.contains("<td>pack</td>"),
                page);
    }

    @Test
    void jsonToStdoutIsAllThereIs() {
        Child.Result r = bench("--workloads", "crc", "--runs", "2", "--columns", "sync", "--statistic", "min", "--json",
                "-");
        assertEquals("", r.err());
        assertTrue(r.out().startsWith("{\n") && r.out().endsWith("\n}\n"), r.out());
        assertTrue(
                r.out().contains("\"statistic\": \"min\"")
                        && r.out().matches("(?s).*\"nanos\": \\[[0-9]+, [0-9]+\\].*"),
                r.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--json", "--chart"})
    void filesThatCannotBeWrittenAreToldFirst(String option) throws IOException {
        String end = option.equals("--chart") ? "x.svg" : "x.json";
        Path nowhere = dir.resolve("none").resolve(end);
        bench(option, nowhere.toString()).fails(Status.HOST_LACKS,
                nowhere + ": cannot write: there is no directory " + nowhere.getParent());
        Path directory = Files.createDirectory(dir.resolve(end));
        bench(option, directory.toString()).fails(Status.HOST_LACKS, directory + ": cannot write: it is a directory");
    }

    @Test
    void fullDevice() {
        Child.rivet(dir, "bench", "native", "--quick", "--workloads", "crc", "--runs", "1", "--columns", "none")
                .stdout(new File("/dev/full")).start().end()
                .fails(Status.HOST_LACKS, "cannot write to standard output (closed or full)");
    }

    /**
     * Ended at any time: nothing is said and no process is left, neither worker nor native build nor compiler. By SIGTERM,
     * which takes the way of Ctrl-C: a shell's background jobs, such as a test run may be, ignore SIGINT.
     */
    @ParameterizedTest
    @ValueSource(strings = {"rivet-worker", "fib.elf", "clang"})
    void interrupted(String process) throws Exception {
        Child child = Child.rivet(dir, "bench", "native", "--workloads", "fib", "--columns", "none,fpu")
                .environment("XDG_CACHE_HOME", process.equals("clang") ? cacheWithToolchain() : cache()).start()
                .feed("");
        child.await(process);
        assertEquals(0, new ProcessBuilder("kill", "-TERM", Long.toString(child.process().pid())).start().waitFor());
        Child.Result r = child.end();
        assertEquals("", r.err());
        assertEquals("", r.out());
        assertEquals(143, r.status());
    }

    private static String cache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        return xdg != null ? xdg : Path.of(System.getProperty("user.home"), ".cache").toString();
    }

    /** A cache that has the compiler and nothing compiled. */
    private String cacheWithToolchain() throws IOException, InterruptedException {
        Path mine = Files.createDirectories(dir.resolve("cache").resolve("rivet"));
        dev.rivet.tools.llvm.Toolchain.get();
        try (var all = Files.list(Path.of(cache(), "rivet"))) {
            for (Path p : all.filter(p -> p.getFileName().toString().matches("(?i).*(llvm|toolchain|clang).*"))
                    .toList()) {
                Process cp = new ProcessBuilder("ln", "-s", p.toString(), mine.resolve(p.getFileName()).toString())
                        .start();
                assertTrue(cp.waitFor(60, TimeUnit.SECONDS));
            }
        }
        return mine.getParent().toString();
    }
}

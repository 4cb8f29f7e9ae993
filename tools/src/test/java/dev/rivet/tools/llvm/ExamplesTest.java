package dev.rivet.tools.llvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The committed ELF files of the examples are what their sources give, byte for byte, and the sources do what the README
 * says. With {@code -Drivet.write=true} the ELF files are written instead.
 */
class ExamplesTest {
    private static final Path EXAMPLES = Path.of("../examples");

    @TempDir
    private static Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"hello", "primes", "sha256", "cpu", "token", "shop", "plugin", "ledger"})
    void committedFileIsWhatTheSourceGives(String name) throws IOException {
        byte[] source = source(name);
        CTarget target = name.equals("ledger") ? CTarget.RV64I : CTarget.RV64E; // zkVMs take RV64IM
        byte[] built = Files.readAllBytes(new GuestBuild(dir).build(name, source, target, List.of()));
        Path committed = EXAMPLES.resolve(name + ".elf");
        if (Boolean.getBoolean("rivet.write")) {
            Files.write(committed, built);
        }
        assertArrayEquals(Files.readAllBytes(committed), built,
                "stale " + committed + "; examples/README.md says how to renew it");
        assertTrue(built.length < 40_000, "size " + built.length);
    }

    /** An example's source; the one header there is goes into the file, so that it compiles wherever it is put. */
    private static byte[] source(String name) throws IOException {
        String include = "#include \"contract.h\"\n";
        String text = Files.readString(EXAMPLES.resolve(name + ".c"));
        return text.replace(include, text.contains(include) ? Files.readString(EXAMPLES.resolve("contract.h")) : "")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void everyExampleHasItsFileAndItsLine() throws IOException {
        String readme = Files.readString(EXAMPLES.resolve("README.md"));
        try (var files = Files.list(EXAMPLES)) {
            for (Path c : files.filter(f -> f.toString().endsWith(".c")).toList()) {
                String name = c.getFileName().toString().replace(".c", "");
                assertTrue(Files.exists(EXAMPLES.resolve(name + ".elf")), name);
                assertTrue(readme.contains("| `" + name + "` |"), name);
            }
        }
    }

    private static String run(String name, List<String> args, String stdin) throws IOException {
        GuestBuild build = new GuestBuild(dir);
        Path program = build.build(name, source(name), CTarget.host(), List.of());
        GuestBuild.NativeRun run = build.runNative(program, args, stdin, Map.of());
        assertEquals(0, run.status());
        return new String(run.stdout(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    // @formatter:off
    @CsvSource(delimiter = '|', value = {
            "hello  |    |     | Hello from RISC-V!",
            "hello  | Ada|     | Hello Ada, from RISC-V!",
            "primes | 100|     | 25 primes up to 100; the last ones: 97 89 83 79 73",
            "primes | 1  |     | 0 primes up to 1; the last ones:",
            "sha256 |    | abc | ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -",
            "sha256 |    |     | e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  -"})
    // @formatter:on
    void doesWhatItSays(String name, String argument, String stdin, String output) throws IOException {
        assertEquals(output,
                run(name, argument == null ? List.of() : List.of(argument), stdin == null ? "" : stdin).strip());
    }

    @Test
    void longInputHashesRight() throws Exception {
        for (int length : List.of(55, 56, 63, 64, 119, 4095, 4096, 4097, 100_000)) {
            String input = "x".repeat(length);
            byte[] hash = java.security.MessageDigest.getInstance("SHA-256")
                    .digest(input.getBytes(StandardCharsets.UTF_8));
            assertEquals(java.util.HexFormat.of().formatHex(hash) + "  -\n", run("sha256", List.of(), input));
        }
    }

    @Test
    void machineDrawsItsTriangle() throws IOException {
        String[] lines = run("cpu", List.of(), "").split("\n");
        assertEquals(33, lines.length);
        assertEquals("100 thousand instructions", lines[32]);
        assertEquals("#".repeat(62), lines[31].substring(0, 62));
    }
}

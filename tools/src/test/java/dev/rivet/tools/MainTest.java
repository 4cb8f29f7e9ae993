package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes in a command line: exit status 64, one line on stderr that says what to write instead. */
class MainTest {
    private record Result(int status, String out, String err) {
    }

    /** One command in this JVM, with its output caught. */
    private static Result run(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(outBytes, false, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, false, StandardCharsets.UTF_8));
            int status = Main.run(arguments);
            System.out.flush();
            System.err.flush();
            return new Result(status, outBytes.toString(StandardCharsets.UTF_8),
                    errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    // @formatter:off
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "''                               | which command? 'rivet help' lists them; 'rivet run FILE' runs a program",
        "rnu                              | unknown command 'rnu'; did you mean run? (see 'rivet help')",
        "insepct                          | unknown command 'insepct'; did you mean inspect? (see 'rivet help')",
        "frobnicate                       | unknown command 'frobnicate' (see 'rivet help')",
        "--hepl                           | unknown argument '--hepl'; did you mean --help? (see 'rivet help')",
        "run                              | Missing required parameter: 'FILE' (see 'rivet help run')",
        "run --gsa                        | unknown argument '--gsa'; did you mean --gas? (see 'rivet help run')",
        "run --gsa 5 x                    | unknown argument '--gsa'; did you mean --gas? (see 'rivet help run')",
        "run --gas                        | Missing required parameter for option '--gas' (N) (see 'rivet help run')",
        "run --gas 5k x                   | Invalid value for option '--gas': '5k' is not an amount of gas; write a whole number from 0 to 9223372036854775807 (see 'rivet help run')",
        "run --gas -1 x                   | Invalid value for option '--gas': '-1' is not an amount of gas; write a whole number from 0 to 9223372036854775807 (see 'rivet help run')",
        "run --gas 1 --gas 2 x            | option '--gas' (N) should be specified only once (see 'rivet help run')",
        "run --metering none --gas 1 x    | --gas needs metering; leave out '--metering none' or '--gas'",
        "run --metering exact x           | there is no --metering 'exact', only none, sync, fpu, async",
        "run --timeout 5 x                | Invalid value for option '--timeout': '5' is not a duration; write it as in 500ms, 5s or 2m (see 'rivet help run')",
        "run --timeout 0s x               | Invalid value for option '--timeout': '0s' is not a duration; write it as in 500ms, 5s or 2m (see 'rivet help run')",
        "run --memory lots x              | Invalid value for option '--memory': 'lots' is not a size; write a whole number of bytes, or of KiB, MiB, GiB as in 512k, 64m, 1g (see 'rivet help run')",
        "run --stack 0 x                  | Invalid value for option '--stack': '0' is not a size; write a whole number of bytes, or of KiB, MiB, GiB as in 512k, 64m, 1g (see 'rivet help run')",
        "run --engine jit x               | there is no --engine 'jit', only native, interpreter",
        "run --sandbox none x             | there is no --sandbox 'none', only strict, relaxed",
        "run --assembler gas x            | there is no --assembler 'gas', only direct, llvm-mc",
        "run --target riscv x             | there is no --target 'riscv', only x86-64, aarch64",
        "inspect                          | Missing required parameter: 'FILE' (see 'rivet help inspect')",
        "inspect a b                      | unknown argument 'b' (see 'rivet help inspect')",
        "dump --target riscv x            | there is no --target 'riscv', only x86-64, aarch64",
        "dump --metering exact x          | there is no --metering 'exact', only none, sync, fpu, async",
        "bench                            | which benchmark? native, translate, costs, code, start ('rivet help bench' says what each measures)",
        "bench natvie                     | unknown kind of bench 'natvie'; did you mean native? (see 'rivet help bench')",
        "bench everything                 | unknown kind of bench 'everything' (see 'rivet help bench')",
        "bench native --rnus 3            | unknown argument '--rnus'; did you mean --runs? (see 'rivet bench native --help')",
        "bench native fib                 | unknown argument 'fib' (see 'rivet bench native --help')",
        "bench native --runs 0            | --runs must be from 1 to 10000",
        "bench native --runs 10001        | --runs must be from 1 to 10000",
        "bench native --runs x            | Invalid value for option '--runs': 'x' is not a whole number (see 'rivet bench native --help')",
        "bench native --columns jit       | there is no --columns 'jit', only none, sync, fpu, async, interpreter",
        "bench native --statistic mean    | there is no --statistic 'mean', only median, min",
        "bench native --workloads fob     | there is no --workloads 'fob', only fib, sieve, matmul, sha256, interp, hash, qsort, crc, blake2b, lz, cpu6502, tree, json, regex, pack, bigint, trees, script",
        "bench native --chart x.gif       | x.gif: a chart is a file called NAME.svg, NAME.html or NAME.png",
        "bench native --isa rv128i        | there is no --isa 'rv128i', only rv64e, rv64ec, rv32e, rv64i, rv32i",
        "bench costs --runs 0             | --runs must be from 1 to 10000",
        "bench translate --runs 0         | --runs must be at least 1",
        "fuzz --seconds x                 | Invalid value for option '--seconds': 'x' is not a number (see 'rivet help fuzz')",
        "fuzz --seconds -1                | --seconds and --count must be above 0",
        "fuzz --seconds nan               | Invalid value for option '--seconds': 'nan' is not a number (see 'rivet help fuzz')",
        "fuzz --count 0                   | --seconds and --count must be above 0",
        "fuzz --seed x                    | Invalid value for option '--seed': 'x' is not a whole number (see 'rivet help fuzz')",
        "help rnu                         | unknown command 'rnu'; did you mean run? (see 'rivet help')",
        "help run x                       | unknown argument 'x' (see 'rivet help')",
        "help inspect --everything        | unknown argument '--everything' (see 'rivet help')",
        "help --hlep                      | unknown argument '--hlep'; did you mean --help? (see 'rivet help')",
        "help frobnicate                  | unknown command 'frobnicate' (see 'rivet help')",
        "help bench natvie                | unknown kind of bench 'natvie'; did you mean native? (see 'rivet help bench')",
        "conform --suite gass             | there is no --suite 'gass', only registers, control, memory, atomics, gas, budgets, judge, escape",
        "conform --isa rv128              | no ISA variant 'rv128'; there are rv32e, rv32i, rv64e, rv64i, each with or without a final c",
        "compile                          | Missing required parameter: 'FILE' (see 'rivet help compile')",
        "bench start --runs 0             | --runs must be at least 1",
        "doctor x                         | unknown argument 'x' (see 'rivet help doctor')",
    })
    // @formatter:on
    void mistakes(String line, String message) {
        Result r = run(line.isEmpty() ? new String[0] : line.split(" "));
        assertEquals("rivet: " + message + "\n", r.err.replace("\r", ""));
        assertEquals("", r.out);
        assertEquals(Status.USAGE, r.status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "help", "help run", "run --help", "help inspect", "dump -h", "--version",
            "run -V", "help bench", "help bench native", "bench --help", "bench native --help", "bench translate -h",
            "bench costs -h",
            "bench code --help"})
    void help(String line) {
        Result r = run(line.split(" "));
        assertEquals("", r.err);
        assertTrue(r.out.startsWith("Usage: rivet ") || r.out.startsWith("rivet "), r.out);
        assertEquals(Status.OK, r.status);
    }

    /** Names have line feeds, escape sequences and letters that the locale has not: one line all the same. */
    @Test
    void oneLineWhateverTheName() {
        Result r = run("run", "no\nsuch\u001b[2Jfile\r");
        assertEquals("rivet: no\\nsuch?[2Jfile?: no such file\n", r.err);
        assertEquals(Status.CANNOT_READ, r.status);
        for (String[] words : new String[][]{{"run", "a\0b"}, {"run", "--gas", "9", "--stats", "a\0b"},
                {"compile", "a\0b"},
                {"run", "--profile", "a\0b", "x"}, {"inspect", "a\0b"}}) {
            r = run(words);
            assertEquals("rivet: a?b: no file can have this name here (Nul character not allowed); "
                    + "if it has other letters than English ones, set LC_ALL=C.UTF-8\n", r.err);
            assertEquals(Status.CANNOT_READ, r.status);
        }
    }

    @Test
    void debugShowsTheStack() {
        Result r = run("run", "--debug", "no-such-file");
        List<String> lines = r.err.lines().toList();
        assertEquals("rivet: no-such-file: no such file", lines.getFirst());
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("\tat dev.rivet")), r.err);
        assertEquals(Status.CANNOT_READ, r.status);
    }

    @Test
    void everyCommandDescribesItself() {
        Result r = run("help");
        for (String command : List.of("run", "compile", "inspect", "dump", "doctor")) {
            assertTrue(r.out.lines().anyMatch(l -> l.matches("  " + command + " +[A-Z].*")), r.out);
            assertTrue(run("help", command).out.startsWith("Usage: rivet " + command), command);
        }
    }
}

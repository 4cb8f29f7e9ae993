package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Hardening;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that show something: inspect, dump, doctor, bench. */
class ShowCommandsTest {
    private static final Path HELLO = Path.of("").toAbsolutePath().resolveSibling("examples").resolve("hello.elf");

    @TempDir
    Path dir;

    /** Runs a command that must succeed silently on stderr; returns its stdout. */
    private String show(String... arguments) {
        Child.Result r = Child.run(dir, "", arguments);
        assertEquals("", r.err());
        assertEquals(Status.OK, r.status(), r.out());
        return r.out();
    }

    @Test
    void inspect() throws IOException {
        byte[] text = {0x13, 0x05, 0x10, 0, 0x13, 0x05, 0x15, 0, 0x73, 0, 0, 0, 0, 0, 0, 0}; // addi, addi, ecall, word 0
        Path file = Files.write(dir.resolve("small.elf"), new dev.rivet.tools.conform.Image(32, 8).entry(0x10000)
                .add(0x10000, text, text.length, 5).add(0x12000, new byte[3], 8192, 6).bytes());
        assertEquals("""
                FILE: RV32E (x0 to x15), every instruction has four bytes
                entry     0x00010000
                segment   0x00010000-0x00010010 r-x 16 bytes, 16 of them in the file
                segment   0x00012000-0x00014000 rw- 8,192 bytes, 3 of them in the file
                memory    12 KiB in pages of 4 KiB; the heap starts at 0x00014000
                code      4 instructions, 0 of them compressed; 1 are no supported instruction
                blocks    2, of 2.0 instructions in the mean, at most 3
                operation addi               2  50.0 %
                          ecall              1  25.0 %
                          illegal            1  25.0 %
                symbols   0 functions, 0 objects (the file is stripped)
                """.replace("FILE", file.toString()), show("inspect", file.toString()));
    }

    @Test
    void inspectWithCosts() {
        String out = show("inspect", "--cost-model", "weighted", HELLO.toString());
        assertTrue(out.contains("(cost model weighted, version 1)\n"), out);
        assertTrue(out.lines().anyMatch(l -> l.matches(" +ld +.*  costs 2")), out);
        assertTrue(out.lines().anyMatch(l -> l.matches("operation addi +.*  costs 1")), out);
    }

    @Test
    void inspectAllNamesEverything() {
        String out = show("inspect", "--all", HELLO.toString());
        ElfFile elf = Input.elf(HELLO);
        for (int i = 0; i < elf.symbols().count(); i++) {
            assertTrue(out.contains(" " + elf.symbols().get(i).name() + "\n"), elf.symbols().get(i).name());
        }
    }

    /** Every instruction is there once and in order, and the host bytes beside them are all of the code. */
    @ParameterizedTest
    @CsvSource({"x86-64, sync, false", "x86-64, none, true", "x86-64, fpu, true"})
    void dump(String target, String metering, boolean hex) {
        String out = hex
                ? show("dump", "--hex", "--target", target, "--metering", metering, HELLO.toString())
                : show("dump", "--target", target, "--metering", metering, HELLO.toString());
        Code code = Sweep.of(Input.elf(HELLO));
        List<String> pcs = Pattern.compile("(?m)^([0-9a-f]{8}) ").matcher(out).results().map(m -> m.group(1)).toList();
        assertEquals(code.count, pcs.size());
        int leaders = 0;
        for (int i = 0; i < code.count; i++) {
            assertEquals("%08x".formatted(code.pcs[i]), pcs.get(i));
            leaders += code.isLeader(i) && Inst.op(code.insts[i]) != Op.END ? 1 : 0;
        }
        assertEquals(leaders, out.lines().filter(l -> l.startsWith("block ")).count());
        assertEquals(metering.equals("none"), !out.contains(" instructions, gas "));
        if (!hex) {
            // Each line begins where the one before ended.
            Matcher lines = Pattern.compile("(?m) \\| +([0-9a-f]+)  ([0-9a-f]+) ").matcher(out);
            int at = -1;
            while (lines.find()) {
                int offset = Integer.parseInt(lines.group(1), 16);
                assertTrue(at < 0 || offset == at, lines.group());
                at = offset + lines.group(2).length() / 2;
            }
            assertTrue(at > 4 * code.count, "only " + at + " bytes");
            assertTrue(!out.contains("(no instruction)"), out);
        }
    }

    @Test
    void dumpOfOneFunction() {
        String out = show("dump", "--hex", "--function", "main", HELLO.toString());
        assertTrue(out.startsWith("\nblock 0001001c <main>: "), out);
        assertTrue(!out.contains("<exit>") && !out.contains("cold paths"), out);
        Child.run(dir, "", "dump", "--function", "mian", HELLO.toString()).fails(Status.USAGE, HELLO
                + ": no function 'mian' of known size ('rivet inspect --all " + HELLO + "' lists all)");
    }

    @Test
    void doctorNamesEveryLayer() {
        Child.Result r = Child.run(dir, "", "doctor");
        assertEquals("", r.err());
        assertEquals(r.out().contains("MISSING") ? Status.HOST_LACKS : Status.OK, r.status());
        for (Hardening.Layer layer : Hardening.Layer.values()) {
            assertTrue(r.out().contains("sandbox " + layer.label() + " "), layer.label());
        }
        assertTrue(r.out().contains("Java ") && r.out().contains("engine x86-64 ") && r.out().contains("qemu-user "),
                r.out());
    }

    /** Counts are exact: a second run gives the same table. */
    @ParameterizedTest
    @ValueSource(strings = {"x86-64", "aarch64"})
    void benchCodeCountsInstructions(String target) {
        String[] command = {"bench", "code", "--target", target, "--workloads", "fib,crc"};
        String out = show(command);
        assertTrue(out.matches("rv64e on " + target + ", for one guest instruction:\n[^\n]*\n[^\n]*\n"
                + "fib( +[0-9.]+){7}\ncrc( +[0-9.]+){7}\ngeometric mean( +[0-9.]+){6}\n"), out);
        assertEquals(out, show(command));
        String json = show("bench", "code", "--target", target, "--workloads", "crc", "--json", "--metering", "none");
        Matcher m = Pattern.compile("\\{\"target\":\"" + target + "\",\"isa\":\"rv64e\",\"workload\":\"crc\","
                + "\"guestExecuted\":([0-9]+),.*\"clangExecuted\":([0-9]+),.*\"noneExecuted\":([0-9]+),\"noneBytes\""
                + ":[0-9]+\\}\n").matcher(json);
        assertTrue(m.matches(), json);
        double perInstruction = Double.parseDouble(m.group(3)) / Double.parseDouble(m.group(1));
        assertTrue(perInstruction > 1 && perInstruction < 1.5, json);
    }

    /** Bash itself, asked to complete words. */
    @Test
    void benchTranslateInFreshJvms() {
        String out = show("bench", "translate", "--cold", "--runs", "2", HELLO.toString());
        String line = "  wall [0-9.]+ median, [0-9.]+ to [0-9.]+ \\(decode [0-9.]+, translate [0-9.]+\\); "
                + "CPU [0-9.]+ of its thread, [0-9.]+ with the JVM's threads\n";
        assertTrue(
                out.matches(
                        "with this JVM's options: no AOT cache in use \\(0 of [0-9]{2,} of Rivet's classes .*\n" + line
                                + "with --enable-native-access=ALL-UNNAMED alone: no AOT cache in use .*\n" + line
                                + "first program of 10000 instructions in 2 fresh JVMs each, metering sync; .*\n"),
                out);
    }

    @ParameterizedTest
    @CsvSource({"rivet, ben, bench", "rivet bench, nat, native", "rivet bench native, --stat, --statistic",
            "rivet run, --cost, --cost-model", "rivet, compl, completion"})
    void completion(String before, String word, String expected) throws IOException, InterruptedException {
        Path script = Files.writeString(dir.resolve("rivet.bash"), show("completion"));
        int words = before.split(" ").length;
        Process bash = new ProcessBuilder("bash", "-c", "source " + script + "; COMP_WORDS=(" + before + " " + word
                + "); COMP_CWORD=" + words + "; COMP_LINE='" + before + " " + word
                + "'; COMP_POINT=${#COMP_LINE}; _complete_rivet; printf '%s\\n' \"${COMPREPLY[@]}\"")
                .redirectErrorStream(true).start();
        String out = new String(bash.getInputStream().readAllBytes());
        assertEquals(0, bash.waitFor(), out);
        assertTrue(out.lines().anyMatch(l -> l.strip().equals(expected)), out);
    }
}

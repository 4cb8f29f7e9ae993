package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Every way {@code rivet run} can end: stdout, the one line on stderr, the exit status, and no process left. */
class RunCommandTest {
    /** Every test of a guest's end runs on each. */
    static final List<String> ENGINES = List.of("native", "interpreter");

    private static final int TEXT = 0x10000;
    private static final Path EXAMPLES = Path.of(System.getProperty("user.dir")).resolveSibling("examples");

    @TempDir
    Path dir;

    private Child.Result run(String... arguments) {
        return Child.run(dir, "", arguments);
    }

    /** A program of one executable segment at {@link #TEXT}. */
    private String guest(Consumer<Asm> code) throws IOException {
        Asm asm = new Asm(64, TEXT);
        code.accept(asm);
        Path file = dir.resolve("guest.elf");
        Files.write(file, new Image(64, Image.RVE).entry(TEXT).add(asm, Image.R | Image.X).bytes());
        return file.toString();
    }

    private static Asm call(Asm asm, int number) {
        return asm.addi(Asm.T0, 0, number).ecall();
    }

    private String exit(int status) throws IOException {
        return guest(a -> call(a.addi(Asm.A0, 0, status), 93));
    }

    private String endless() throws IOException {
        return guest(a -> a.j(a.placed()));
    }

    /** Writes its own first four bytes to an fd for ever. */
    private String chatter(int fd) throws IOException {
        return guest(a -> {
            int again = a.placed();
            call(a.addi(Asm.A0, 0, fd).lui(Asm.A1, TEXT).addi(Asm.A2, 0, 4), 64).j(again);
        });
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void theGuestsOwnStatus(String engine) throws IOException {
        for (int status : new int[]{0, 1, 64, 101, 255}) {
            Child.Result r = run("run", "--engine", engine, exit(status));
            assertEquals(new Child.Result(status, "", ""), r);
        }
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void argumentsOutputAndStatistics(String engine) {
        String hello = EXAMPLES.resolve("hello.elf").toString();
        Child.Result r = run("run", "--stats", "--engine", engine, "--metering", "sync", hello, "--gas", "-x");
        assertEquals(0, r.status());
        assertEquals("Hello --gas, from RISC-V!\nHello -x, from RISC-V!\n", r.out());
        assertEquals(1, r.lines().size(), r.err());
        String number = "[0-9]+";
        assertTrue(r.err().matches("\\{\"exit\":0,\"outcome\":\"exit\",\"engine\":\"[a-z0-9-]+\",\"metering\":\"sync\","
                + "\"gasUsed\":[1-9][0-9]+,\"gasLeft\":9223372036854[0-9]{6},\"guestInstructions\":[1-9][0-9]+,\"hostBytes\":"
                + number + ",\"loadNanos\":" + number + ",\"compileNanos\":" + number + ",\"startNanos\":" + number
                + ",\"runNanos\":" + number + ",\"costModel\":\"unit\",\"costModelVersion\":1\\}\n"), r.err());
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void standardInput(String engine) {
        Child.Result r = Child.run(dir, "abc", "run", "--engine", engine, EXAMPLES.resolve("sha256.elf").toString());
        assertEquals("", r.err());
        assertTrue(r.out().startsWith("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), r.out());
        assertEquals(0, r.status());
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void traps(String engine) throws IOException {
        trap(engine, "MEMORY_ACCESS", 4, a -> a.nop().load(2, Asm.A0, 8, 0));
        trap(engine, "MEMORY_ACCESS", 4, a -> a.lui(Asm.A1, TEXT).store(2, Asm.A0, 0, Asm.A1));
        trap(engine, "ILLEGAL_INSTRUCTION", 4, a -> a.nop().word(0));
        trap(engine, "BREAKPOINT", 4, a -> a.nop().ebreak());
        trap(engine, "BAD_JUMP", 4, a -> a.lui(Asm.A0, 0x50000).jalr(0, Asm.A0, 0));
        trap(engine, "BAD_JUMP", 8, a -> a.nop().nop());
    }

    private void trap(String engine, String kind, int offset, Consumer<Asm> code) throws IOException {
        run("run", "--engine", engine, guest(code)).failsLike(Status.TRAP,
                "trap %s at pc 0x%08x: ".formatted(kind, TEXT + offset), "");
        Child.Result r = run("run", "--engine", engine, "--stats", "--gas", "100", guest(code));
        assertEquals(2, r.lines().size(), r.err());
        assertTrue(r.lines().get(1).startsWith("{\"exit\":101,\"outcome\":\"trap\""), r.err());
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void outOfGas(String engine) throws IOException {
        run("run", "--engine", engine, "--gas", "1000", endless()).fails(Status.OUT_OF_GAS,
                "out of gas at pc 0x00010000");
        run("run", "--engine", engine, "--gas", "2", exit(9)).fails(Status.OUT_OF_GAS, "out of gas at pc 0x00010000");
        Child.Result r = run("run", "--engine", engine, "--stats", "--gas", "3", exit(9));
        assertEquals(9, r.status());
        assertTrue(r.err().contains("\"metering\":\"sync\",\"gasUsed\":3,\"gasLeft\":0,\"guestInstructions\":3"),
                r.err());
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void ownCosts(String engine) throws IOException {
        String costs = Files.writeString(dir.resolve("my.costs"), "addi 10\necall 7\n").toString();
        Child.Result r = run("run", "--engine", engine, "--stats", "--gas", "30", "--cost-model", costs, exit(9));
        assertEquals(9, r.status());
        assertTrue(r.err().contains("\"gasUsed\":27,\"gasLeft\":3,"), r.err());
        int version = CostOption.model(costs).version();
        assertTrue(r.err().endsWith("\"costModel\":\"my.costs\",\"costModelVersion\":" + version + "}\n"), r.err());
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void weightedCosts(String engine) throws IOException {
        Child.Result r = run("run", "--engine", engine, "--stats", "--gas", "200", "--cost-model", "weighted", exit(9));
        assertEquals(9, r.status());
        assertTrue(r.err().contains("\"gasUsed\":102,\"gasLeft\":98,"), r.err());
        assertTrue(r.err().endsWith("\"costModel\":\"weighted\",\"costModelVersion\":1}\n"), r.err());
        run("run", "--engine", engine, "--gas", "101", "--cost-model", "weighted", exit(9)).fails(Status.OUT_OF_GAS,
                "out of gas at pc 0x00010000");
    }

    @ParameterizedTest
    @FieldSource("ENGINES")
    void timeout(String engine) throws IOException {
        run("run", "--engine", engine, "--timeout", "100ms", endless()).fails(Status.TIMEOUT,
                "timeout after 100ms at pc 0x00010000");
        run("run", "--engine", engine, "--timeout", "300ms", "--metering", "sync", chatter(9)).failsLike(
                Status.TIMEOUT, "timeout after 300ms at pc 0x000100", "");
    }

    /** A guest that waits for input that does not come, or writes what nobody reads, is stopped in time, too. */
    @ParameterizedTest
    @FieldSource("ENGINES")
    void timeoutWhileItWaits(String engine) throws IOException {
        String sha256 = EXAMPLES.resolve("sha256.elf").toString();
        Child.Result r = Child.rivet(dir, "run", "--engine", engine, "--timeout", "300ms", "--stats", sha256).start()
                .end("");
        assertEquals(Status.TIMEOUT, r.status());
        assertTrue(r.lines().get(0).startsWith("rivet: timeout after 300ms at pc 0x"), r.err());
        assertTrue(r.lines().get(1).startsWith("{\"exit\":103,\"outcome\":\"timeout\","), r.err());
        assertEquals(2, r.lines().size(), r.err());
        Child.rivet(dir, "run", "--engine", engine, "--timeout", "500ms", chatter(1)).start().feed("").end("")
                .failsLike(Status.TIMEOUT, "timeout after 500ms at pc 0x000100", "");
    }

    /** Input and output are the same with a timeout. */
    @ParameterizedTest
    @FieldSource("ENGINES")
    void inputAndOutputWithATimeout(String engine) throws IOException {
        Child.Result r = Child.run(dir, "abc", "run", "--engine", engine, "--timeout", "1m",
                EXAMPLES.resolve("sha256.elf").toString());
        assertTrue(r.out().startsWith("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), r.out());
        assertEquals("", r.err());
        Child child = Child.rivet(dir, "run", "--engine", engine, "--timeout", "1m", chatter(1)).start().feed("");
        child.process().getInputStream().readNBytes(10);
        child.process().getInputStream().close();
        child.end("").failsLike(Status.TRAP, "trap HOST_ERROR at pc 0x00010010: ",
                "cannot write to standard output: Broken pipe");
    }

    /** A reader that goes away ends the guest, whichever stream it is. */
    @ParameterizedTest
    @FieldSource("ENGINES")
    void closedPipe(String engine) throws IOException {
        Child child = Child.rivet(dir, "run", "--engine", engine, chatter(1)).start().feed("");
        child.process().getInputStream().readNBytes(10);
        child.process().getInputStream().close();
        child.end("").failsLike(Status.TRAP, "trap HOST_ERROR at pc 0x00010010: ",
                "cannot write to standard output: Broken pipe");
    }

    /** What may be written is written, not a byte more, whichever stream it is. */
    @ParameterizedTest
    @FieldSource("ENGINES")
    void tooMuchOutput(String engine) throws IOException {
        for (int fd = 1; fd <= 2; fd++) {
            Child.Result r = run("run", "--engine", engine, "--output", "4002", chatter(fd));
            assertEquals(Status.TRAP, r.status());
            String written = fd == 1 ? r.out() : r.err().substring(0, 4000);
            assertEquals(4000, written.length());
            assertTrue(r.err().strip().endsWith(
                    "the program has written more than 4002 bytes; allow more with --output"), r.err());
        }
    }

    @Test
    void fullDevice() throws IOException {
        Child.rivet(dir, "run", "--engine", "interpreter", chatter(1)).stdout(new File("/dev/full")).start().end()
                .failsLike(Status.TRAP, "trap HOST_ERROR at pc 0x00010010: ",
                        "cannot write to standard output: No space left on device");
        Child.rivet(dir, "inspect", exit(0)).stdout(new File("/dev/full")).start().end().fails(Status.HOST_LACKS,
                "cannot write to standard output (closed or full)");
    }

    /** What happens when somebody else ends the worker in the middle of a run. */
    @Test
    void killedWorker() throws IOException {
        String endless = guest(a -> {
            call(a.addi(Asm.A0, 0, 1).lui(Asm.A1, TEXT).addi(Asm.A2, 0, 4), 64);
            a.j(a.placed());
        });
        killWorker(endless);
        killWorker(chatter(1));
    }

    private void killWorker(String program) throws IOException {
        Child child = Child.rivet(dir, "run", "--timeout", "5m", program).start().feed("");
        // Once the guest has written something, the worker is not being set up any more.
        child.process().getInputStream().readNBytes(4);
        child.kill("rivet-worker").end().failsLike(Status.INTERNAL, "worker lost: ", "killed by signal 9");
    }

    /** Killing the JVM takes its worker along. */
    @ParameterizedTest
    @FieldSource("ENGINES")
    void killedJvm(String engine) throws IOException {
        Child child = Child.rivet(dir, "run", "--engine", engine, chatter(1)).start().feed("");
        child.process().getInputStream().readNBytes(10);
        child.process().destroyForcibly();
        assertEquals(128 + 9, child.end("").status());
    }

    /** None of these needs an engine. */
    @Test
    void filesThatCannotBeRead() throws IOException {
        String none = dir.resolve("none.elf").toString();
        run("run", none).fails(Status.CANNOT_READ, none + ": no such file");
        run("run", dir.toString()).fails(Status.CANNOT_READ, dir + ": is a directory");
        run("run", "--cost-model", none, exit(0)).fails(Status.CANNOT_READ, none + ": no such file");
    }

    @ParameterizedTest
    @CsvSource({"'', it is empty", "#!/bin/sh, it begins with 23 21 2f 62", "\u007fELF, the file ends"})
    void filesThatAreNoPrograms(String contents, String what) throws IOException {
        Path file = Files.writeString(dir.resolve("bad.elf"), contents);
        for (String[] command : new String[][]{{"run", "--engine", "interpreter"}, {"inspect"}, {"dump"}}) {
            List<String> arguments = new ArrayList<>(List.of(command));
            arguments.add(file.toString());
            Child.Result r = run(arguments.toArray(String[]::new));
            r.failsLike(Status.BAD_INPUT, file + ": ", "");
            assertTrue(r.err().contains(what), r.err());
        }
    }

    @Test
    void moreMemoryThanAllowed() throws IOException {
        byte[] elf = new Image(64, Image.RVE).entry(TEXT).add(new Asm(64, TEXT).ecall(), Image.R | Image.X)
                .add(0x100000, new byte[0], 64 << 20, Image.R | Image.W).bytes();
        Path file = Files.write(dir.resolve("large.elf"), elf);
        for (String engine : ENGINES) {
            run("run", "--engine", engine, "--memory", "32m", file.toString()).failsLike(Status.BAD_INPUT, "", "");
            run("run", "--engine", engine, "--memory", "4m", exit(0)).failsLike(Status.BAD_INPUT, "", "");
        }
    }
}

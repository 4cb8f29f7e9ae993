package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Target;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code --target aarch64}, under qemu-aarch64 where this is no AArch64 host: what it does, what it refuses, and that nothing
 * is left behind.
 */
class ForeignTargetTest {
    private static final int TEXT = 0x10000;
    private static final Path EXAMPLES = Path.of(System.getProperty("user.dir")).resolveSibling("examples");
    private static final boolean FOREIGN = Target.host() != Target.AARCH64;

    @TempDir
    Path dir;

    private String guest(Consumer<Asm> code) throws IOException {
        Asm asm = new Asm(64, TEXT);
        code.accept(asm);
        Path file = dir.resolve("guest.elf");
        Files.write(file, new Image(64, Image.RVE).entry(TEXT).add(asm, Image.R | Image.X).bytes());
        return file.toString();
    }

    private Child.Result run(String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = "run";
        all[1] = "--target";
        all[2] = "aarch64";
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        return Child.run(dir, "", all);
    }

    @Test
    void itRunsAndSaysSo() {
        Child.Result r = run("--gas", "1000", "--stats", EXAMPLES.resolve("hello.elf").toString());
        assertEquals(0, r.status(), r.err());
        assertEquals("Hello from RISC-V!\n", r.out());
        assertTrue(r.err().contains("\"engine\":\"aarch64\"") && r.err().contains("\"gasUsed\":264,\"gasLeft\":736"),
                r.err());
    }

    @Test
    void trapsAreTheOnesOfAnyEngine() throws IOException {
        run(guest(a -> a.li(Asm.A0, 0x7000_0000).lx(Asm.A0, 8, Asm.A0))).failsLike(101,
                "trap MEMORY_ACCESS at pc 0x00010004", "0x70000008");
        run(guest(a -> a.insn(0xc0102573))) // rdtime
                .failsLike(101, "trap ILLEGAL_INSTRUCTION at pc 0x00010000", "");
        run("--gas", "1", guest(a -> a.addi(5, 5, 1).addi(5, 5, 1).ecall())).failsLike(102,
                "out of gas at pc 0x00010000", "");
    }

    @Test
    void anEndlessLoopIsStopped() throws IOException {
        run("--timeout", "300ms", guest(a -> a.j(a.placed()))).failsLike(103, "timeout after", "at pc 0x00010000");
        run("--metering", "async", "--gas", "100000", guest(a -> a.j(a.placed()))).failsLike(102, "out of gas", "");
    }

    @Test
    void floatingPointMeteringIsRefused() throws IOException {
        run("--metering", "fpu", guest(Asm::ecall)).failsLike(69, "aarch64 has no metering fpu",
                "use sync, which stops at the same places");
    }

    @Test
    void theFullSandboxNeedsTheArchitecture() throws IOException {
        Child.Result r = run("--sandbox", "strict", guest(a -> a.addi(Asm.A0, 0, 0).addi(Asm.T0, 0, 93).ecall()));
        if (FOREIGN) {
            r.failsLike(69, "a worker under an emulator has neither system call filter nor namespaces;",
                    "or use a host of the target's own architecture");
        } else {
            assertEquals(0, r.status(), r.err());
        }
    }

    @Test
    void withoutAnEmulatorItSaysWhatToInstall() throws IOException {
        String file = guest(a -> a.addi(Asm.A0, 0, 0).addi(Asm.T0, 0, 93).ecall());
        Child.Result r = Child.rivet(dir, "run", "--target", "aarch64", file).environment("PATH", "/nonexistent")
                .start()
                .feed("").end();
        if (FOREIGN) {
            r.failsLike(69, "aarch64 code on this ", "(Debian and Ubuntu: apt install qemu-user)");
        } else {
            assertEquals(0, r.status(), r.err());
        }
    }

    @Test
    void theDoctorKnowsWhichLayersAnEmulatorLeaves() {
        Child.Result r = Child.run(dir, "", "doctor");
        String line = r.out().lines().filter(l -> l.contains("engine aarch64")).findFirst().orElse("");
        assertTrue(FOREIGN
                ? line.contains("dies-with-parent") && !line.contains("system-call-filter")
                : line.contains("runs here"), line);
    }
}

package dev.rivet.tools.conform;

import dev.rivet.ir.Op;
import dev.rivet.tools.Temporary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** An outside judge: qemu's user mode emulation runs the same files, which write their results to standard output. */
public final class Qemu {
    /** What version 7.2 does not know. */
    private static final Set<Op> UNKNOWN = EnumSet.of(Op.CZERO_EQZ, Op.CZERO_NEZ);
    /** What version 7.2 gets wrong: ctzw counts beyond bit 31 when the low word is zero. Part of the text of its cases. */
    static final String KNOWN_WRONG = "ctzw";
    /** Some need a second; a machine may stand still for minutes when others measure on it. */
    private static final long LIMIT_SECONDS = 900;
    private static final String EXTENSIONS = ",zba=true,zbb=true,zbs=true,zbc=true,zbkb=true,zbkx=true";

    private Qemu() {
    }

    /** Where qemu is, or null when it is not installed for both widths. */
    public static String missing() {
        for (int xlen : new int[]{32, 64}) {
            if (program(xlen) == null) {
                return "qemu-riscv" + xlen + " is not installed (Debian: apt-get install qemu-user)";
            }
        }
        return null;
    }

    private static Path program(int xlen) {
        for (String dir : System.getenv("PATH").split(":")) {
            Path p = Path.of(dir, "qemu-riscv" + xlen);
            if (Files.isExecutable(p)) {
                return p;
            }
        }
        return null;
    }

    /** Whether it knows an instruction. */
    public static boolean knows(Op op) {
        return !UNKNOWN.contains(op);
    }

    /** Whether it knows a halfword: Zcb is what it does not. */
    public static boolean knows(int half) {
        boolean memory = (half & 3) == 0 && half >>> 13 == 4;
        boolean arithmetic = (half & 3) == 1 && (half & 0xfc00) == 0x9c00 && (half >>> 5 & 3) >= 2;
        return !memory && !arithmetic;
    }

    /** Runs a file and returns what it wrote; its exit status must be 0. */
    public static byte[] run(Isa isa, byte[] elf) throws IOException, InterruptedException {
        try (Temporary dir = Temporary.directory("rivet-qemu")) {
            Path file = dir.path().resolve("guest");
            Path out = dir.path().resolve("out");
            Files.write(file, elf);
            if (!file.toFile().setExecutable(true)) {
                throw new IOException("cannot make " + file + " executable");
            }
            Process p = new ProcessBuilder(program(isa.xlen()).toString(), "-cpu", "rv" + isa.xlen() + EXTENSIONS,
                    file.toString()).redirectOutput(out.toFile()).redirectErrorStream(true).start();
            if (!p.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                p.destroyForcibly();
                throw new IOException("qemu did not finish in " + LIMIT_SECONDS + " s");
            }
            byte[] result = Files.readAllBytes(out);
            if (p.exitValue() != 0) {
                throw new IOException("qemu ended with status " + p.exitValue() + ": "
                        + new String(result, 0, Math.min(200, result.length)));
            }
            return result;
        }
    }
}

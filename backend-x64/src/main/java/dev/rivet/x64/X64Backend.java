package dev.rivet.x64;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The x86-64 {@link Backend}. */
public final class X64Backend implements Backend {
    /** What code needs, by the kernel's names. */
    private static final List<String> NEEDED = List.of("bmi1", "bmi2", "abm", "popcnt", "ssse3", "sse4_1", "pclmulqdq");
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final int MAX_BYTES_PER_INST = 256;
    /** Most bytes of stubs and of constants that all instructions share. */
    static final int MAX_FIXED_BYTES = 2048;
    /** Host bytes for a guest instruction that are seldom exceeded, a hint for the first buffer. */
    private static final int TYPICAL_BYTES = 15;

    /** Called by the service loader. */
    public X64Backend() {
    }

    @Override
    public Target target() {
        return Target.X86_64;
    }

    @Override
    public int maxBytesPerInst() {
        return MAX_BYTES_PER_INST;
    }

    @Override
    public String missing() {
        if (Target.host() != Target.X86_64) {
            return "this machine is not x86-64";
        }
        try {
            return missing(Files.readAllLines(CPUINFO));
        } catch (IOException e) {
            return "cannot read " + CPUINFO + " to see what the processor has: " + e.getMessage();
        }
    }

    static String missing(List<String> cpuinfo) {
        for (String line : cpuinfo) {
            if (line.startsWith("flags")) {
                Set<String> flags = new HashSet<>(List.of(line.substring(line.indexOf(':') + 1).trim().split(" +")));
                List<String> lacking = NEEDED.stream().filter(f -> !flags.contains(f)).toList();
                return lacking.isEmpty()
                        ? null
                        : "the processor lacks " + String.join(", ", lacking)
                                + "; translated code needs x86-64-v3 (2013 or later)";
            }
        }
        return CPUINFO + " has no line 'flags'";
    }

    @Override
    public HostCode translate(Code code, Options options) {
        return lowering(code, null, options, X64Registers.map(code), 0).run(0);
    }

    @Override
    public HostCode translateSide(HostCode main, Code side, int hostOffset) {
        return lowering(side, main, main.options, main.homeOf, hostOffset).run(hostOffset);
    }

    /** Most bytes of a translation: what {@link #maxBytesPerInst} promises, which the assembler enforces. */
    static int most(int instructions) {
        return (int) Math.min(MAX_FIXED_BYTES + (long) MAX_BYTES_PER_INST * instructions, Layout.CODE_MAX);
    }

    private static X64Lowering lowering(Code code, HostCode main, Options options, int[] home, int hostOffset) {
        int most = most(code.count);
        int expected = Math.min(MAX_FIXED_BYTES + TYPICAL_BYTES * code.count, most);
        X64Assembler a = X64Assembler.create(options.assembler(), Layout.CODE_BASE + hostOffset, expected, most);
        return new X64Lowering(code, main, options, home, a);
    }
}

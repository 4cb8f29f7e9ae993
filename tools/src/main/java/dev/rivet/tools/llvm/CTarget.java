package dev.rivet.tools.llvm;

import java.util.List;

/**
 * What C can be compiled to: the five guest variants every engine is tested on, and the two hosts that give the native
 * figures and the expected output. Guests are soft-float, misaligned accesses allowed, Zba, Zbb and Zbs used.
 */
public enum CTarget {
    // @formatter:off
    /** RV64E, no compressed instructions: the variant Rivet is fastest on. */
    RV64E("rv64e",      "riscv64-unknown-elf", "rv64em_zba_zbb_zbs",   "lp64e",  0x8),
    /** RV64E with compressed instructions. */
    RV64EC("rv64ec",    "riscv64-unknown-elf", "rv64emc_zba_zbb_zbs",  "lp64e",  0x9),
    /** RV32E. */
    RV32E("rv32e",      "riscv32-unknown-elf", "rv32em_zba_zbb_zbs",   "ilp32e", 0x8),
    /** RV64I with 31 registers, atomics and compressed instructions. */
    RV64I("rv64i",      "riscv64-unknown-elf", "rv64imac_zba_zbb_zbs", "lp64",   0x1),
    /** RV32I with 31 registers, atomics and compressed instructions. */
    RV32I("rv32i",      "riscv32-unknown-elf", "rv32imac_zba_zbb_zbs", "ilp32",  0x1),
    /** This machine's kind when it is a PC: baseline x86-64. */
    X86_64("x86-64",    "x86_64-unknown-linux",  "x86-64",             null,     0),
    /** Armv8.0-A. */
    AARCH64("aarch64",  "aarch64-unknown-linux", "armv8-a",            null,     0);
    // @formatter:on

    /** The guest variants. */
    public static final List<CTarget> GUESTS = List.of(RV64E, RV64EC, RV32E, RV64I, RV32I);

    private final String label;
    final String triple;
    final String march;
    final String mabi;
    private final int elfFlags;

    CTarget(String label, String triple, String march, String mabi, int elfFlags) {
        this.label = label;
        this.triple = triple;
        this.march = march;
        this.mabi = mabi;
        this.elfFlags = elfFlags;
    }

    /** Short name, as in file names and tables. */
    public String label() {
        return label;
    }

    /** Whether this is a variant that Rivet runs, not a host. */
    public boolean isGuest() {
        return mabi != null;
    }

    /** {@code e_flags} that a file of this target carries: bit 0 RVC, bit 3 RVE. */
    public int elfFlags() {
        return elfFlags;
    }

    /** Options of clang that choose this target. */
    List<String> clangOptions() {
        return isGuest()
                ? List.of("--target=" + triple, "-march=" + march, "-mabi=" + mabi, "-mno-strict-align",
                        "-mcmodel=medany")
                : List.of("--target=" + triple, "-march=" + march);
    }

    /** Emulation name of the linker. */
    String emulation() {
        return switch (this) {
            case RV64E, RV64EC, RV64I -> "elf64lriscv";
            case RV32E, RV32I -> "elf32lriscv";
            case X86_64 -> "elf_x86_64";
            case AARCH64 -> "aarch64linux";
        };
    }

    /** The target whose native build this machine can run, or null. */
    public static CTarget host() {
        return switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64", "arm64" -> AARCH64;
            default -> null;
        };
    }
}

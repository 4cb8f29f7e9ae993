package dev.rivet.tools.llvm;

/**
 * What LLVM's MC layer assembles for or disassembles.
 *
 * @param triple LLVM's name of the architecture
 * @param cpu processor whose instructions are known
 * @param features further instructions, {@code +name} or {@code -name}, separated by commas
 */
public record McTarget(String triple, String cpu, String features) {
    /** x86-64 with everything Rivet's assembler can encode. */
    public static final McTarget X86_64 = new McTarget("x86_64-unknown-linux-gnu", "x86-64-v3", "+pclmul,+rdpid");
    /** AArch64: what Rivet's assembler can encode, the large-system atomics and carry-less multiplication included. */
    public static final McTarget AARCH64 = new McTarget("aarch64-unknown-linux-gnu", "generic",
            "+lse,+crc,+aes,+rdm,+fullfp16");

    /** Every extension Rivet knows (DESIGN 1.2), without the base and without C and its companions. */
    private static final String EXTENSIONS = "+m,+a,+zifencei,+zba,+zbb,+zbs,+zbc,+zbkb,+zbkx,+zicond";

    /** RISC-V as Rivet has it. LLVM's disassembler names compressed instructions by their own mnemonics. */
    public static McTarget riscv(int xlen, boolean embedded, boolean compressed) {
        return new McTarget("riscv" + xlen + "-unknown-elf", "generic-rv" + xlen,
                (embedded ? "+e," : "") + EXTENSIONS + (compressed ? ",+c,+zcb" : ""));
    }
}

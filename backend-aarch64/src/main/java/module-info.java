import dev.rivet.aarch64.AssemblerProvider;

/** AArch64: assembler, register map, translation, the worker program. */
@SuppressWarnings("module") // the architecture's name ends in digits
module dev.rivet.aarch64 {
    requires transitive dev.rivet.ir;
    requires transitive dev.rivet.sandbox;
    exports dev.rivet.aarch64;
    uses AssemblerProvider;
}

import dev.rivet.x64.AssemblerProvider;

/** x86-64: assembler, register map, translation, the worker program. */
@SuppressWarnings("module") // the architecture's name ends in digits
module dev.rivet.x64 {
    requires transitive dev.rivet.ir;
    requires transitive dev.rivet.sandbox;
    exports dev.rivet.x64;
    uses AssemblerProvider;
}

import dev.rivet.aarch64.A64Backend;
import dev.rivet.aarch64.AssemblerProvider;
import dev.rivet.aarch64.A64Worker;
import dev.rivet.ir.Backend;
import dev.rivet.sandbox.WorkerProgram;

/** AArch64: assembler, register map, translation, the worker program. */
@SuppressWarnings("module") // the architecture's name ends in digits
module dev.rivet.aarch64 {
    requires transitive dev.rivet.ir;
    requires transitive dev.rivet.sandbox;
    exports dev.rivet.aarch64;
    uses AssemblerProvider;
    provides Backend with A64Backend;
    provides WorkerProgram with A64Worker;
}

import dev.rivet.ir.Backend;
import dev.rivet.sandbox.WorkerProgram;
import dev.rivet.x64.AssemblerProvider;
import dev.rivet.x64.X64Backend;
import dev.rivet.x64.X64Worker;

/** x86-64: assembler, register map, translation, the worker program. */
@SuppressWarnings("module") // the architecture's name ends in digits
module dev.rivet.x64 {
    requires transitive dev.rivet.ir;
    requires transitive dev.rivet.sandbox;
    exports dev.rivet.x64;
    uses AssemblerProvider;
    provides WorkerProgram with X64Worker;
    provides Backend with X64Backend;
}

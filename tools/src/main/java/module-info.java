/** The command line, the LLVM assembler and disassembler, benchmarks. Not for users' class paths. */
module dev.rivet.tools {
    requires dev.rivet.runtime;
    requires dev.rivet.frontend;
    requires dev.rivet.ir;
    requires dev.rivet.sandbox;
    requires transitive dev.rivet.x64;
    requires transitive dev.rivet.aarch64;
    requires info.picocli;
    requires java.management;
    requires jdk.management;
    requires static org.bytedeco.llvm;
    requires static java.desktop;
    requires static org.jfree.jfreechart;
    requires static VectorGraphics2D;

    exports dev.rivet.tools;
    exports dev.rivet.tools.llvm;

    uses dev.rivet.ir.Backend;
    uses dev.rivet.sandbox.WorkerProgram;
    provides dev.rivet.x64.AssemblerProvider with dev.rivet.tools.llvm.X64LlvmMc;
    provides dev.rivet.aarch64.AssemblerProvider with dev.rivet.tools.llvm.A64LlvmMc;

    opens dev.rivet.tools to info.picocli;
}

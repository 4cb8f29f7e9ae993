/** The command line, the LLVM assembler and disassembler, benchmarks. Not for users' class paths. */
module dev.rivet.tools {
    requires dev.rivet.runtime;
    requires dev.rivet.frontend;
    requires dev.rivet.ir;
    requires dev.rivet.sandbox;
    requires info.picocli;
    requires static org.bytedeco.llvm;

    exports dev.rivet.tools;
    exports dev.rivet.tools.llvm;

    uses dev.rivet.ir.Backend;

    opens dev.rivet.tools to info.picocli;
}

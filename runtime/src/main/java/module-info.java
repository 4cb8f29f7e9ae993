/** The library: load, translate, run. */
module dev.rivet.runtime {
    requires transitive dev.rivet.ir;
    requires dev.rivet.frontend;
    requires dev.rivet.sandbox;
    requires static org.jspecify;
    requires jdk.jfr;
    exports dev.rivet;
    uses dev.rivet.ir.Backend;
    uses dev.rivet.sandbox.WorkerProgram;
}

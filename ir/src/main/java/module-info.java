/** What a program is, once decoded: operations, instructions, blocks, costs, and the interface of a native backend. */
module dev.rivet.ir {
    requires static org.jspecify;
    exports dev.rivet.ir;
}

/** What a program is, once decoded: operations, instructions, blocks, costs, and the interface of a native backend. */
module dev.rivet.ir {
    exports dev.rivet.ir;
}

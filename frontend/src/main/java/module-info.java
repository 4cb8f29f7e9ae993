/** ELF files, the RISC-V table, decoding, block finding, lifting. */
module dev.rivet.frontend {
    requires transitive dev.rivet.ir;
    exports dev.rivet.frontend;
}

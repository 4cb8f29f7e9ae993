package dev.rivet.aarch64;

/** A way to turn the translator's calls into machine code. A service; all of them must make the same bytes. */
public interface AssemblerProvider {
    /** Name, as in {@link dev.rivet.ir.Backend.Options#assembler}. */
    String name();

    /**
     * A fresh assembler.
     *
     * @param origin address the first byte will have
     * @param expected hint for the number of bytes
     */
    A64Assembler create(long origin, int expected);
}

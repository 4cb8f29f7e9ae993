package dev.rivet.tools.llvm;

import dev.rivet.aarch64.A64Assembler;
import dev.rivet.aarch64.A64Text;
import dev.rivet.aarch64.AssemblerProvider;

/** The AArch64 assembler {@code llvm-mc}: what the translator calls for is written as text, and LLVM makes every byte. */
public final class A64LlvmMc implements AssemblerProvider {
    /** For the service loader. */
    public A64LlvmMc() {
        // Nothing to set up: LLVM is loaded when the first text is assembled.
    }

    @Override
    public String name() {
        return "llvm-mc";
    }

    @Override
    public A64Assembler create(long origin, int expected) {
        return new A64Text(origin) {
            @Override
            protected byte[] assemble(String text) {
                return Llvm.assemble(McTarget.AARCH64, text).text();
            }
        };
    }
}

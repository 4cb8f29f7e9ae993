package dev.rivet.tools.llvm;

import dev.rivet.x64.AssemblerProvider;
import dev.rivet.x64.X64Assembler;
import dev.rivet.x64.X64Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The x86-64 assembler {@code llvm-mc}: what the translator calls for is written as text, and LLVM makes every byte. */
public final class X64LlvmMc implements AssemblerProvider {
    /** For the service loader. */
    public X64LlvmMc() {
        // Nothing to set up: LLVM is loaded when the first text is assembled.
    }

    @Override
    public String name() {
        return "llvm-mc";
    }

    @Override
    public X64Assembler create(long origin, int expected) {
        return new X64Text(origin) {
            @Override
            protected byte[] assemble(String text, int[] offsets) {
                LlvmMc.Assembled made = Llvm.assemble(McTarget.X86_64, text);
                if (made.constants().length != offsets.length * Integer.BYTES) {
                    throw new IllegalStateException("LLVM gave " + made.constants().length + " bytes for "
                            + offsets.length + " offsets");
                }
                ByteBuffer.wrap(made.constants()).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(offsets);
                int last = 0;
                for (int offset : offsets) {
                    if (offset < 0 || offset > made.text().length) {
                        throw new IllegalStateException("LLVM gave the offset " + offset + " in " + made.text().length
                                + " bytes (the one before is " + last + ")");
                    }
                    last = offset;
                }
                return made.text();
            }
        };
    }
}

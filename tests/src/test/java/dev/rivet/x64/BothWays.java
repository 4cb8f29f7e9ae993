package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.sandbox.Layout;
import java.util.Arrays;

/** Translates with and without templates, for tests that compare. */
public final class BothWays {
    private BothWays() {
    }

    /** Compares what both make of a program, and what they say about it. */
    public static void assertSame(String what, Code code, Options options) {
        HostCode slow = translate(code, options, null);
        HostCode quick = translate(code, options, X64Templates.of(code.xlen));
        assertEquals(-1, Arrays.mismatch(slow.bytes, 0, slow.length, quick.bytes, 0, quick.length), what);
        assertArrayEquals(slow.offsets, quick.offsets, what);
        assertArrayEquals(slow.entries, quick.entries, what);
        assertArrayEquals(slow.coldOffsets, quick.coldOffsets, what);
        assertArrayEquals(slow.coldIndexes, quick.coldIndexes, what);
        assertArrayEquals(slow.deferred, quick.deferred, what);
    }

    private static HostCode translate(Code code, Options options, X64Templates templates) {
        X64Direct a = new X64Direct(Layout.CODE_BASE, 64, X64Backend.most(code.count));
        return new X64Lowering(code, null, options, X64Registers.map(code), a, templates).run(0);
    }
}

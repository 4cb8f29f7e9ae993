package dev.rivet.internal;

import dev.rivet.ir.HostCode;
import dev.rivet.sandbox.CodeSpace;
import dev.rivet.sandbox.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** Puts native code of an attacker where a guest function should be, as a mistake of the translator might. */
public final class Implant {
    private Implant() {
    }

    /** Jumps to {@code pc} run this code from now on, in all instances of the program with the same metering. */
    public static void put(Runner runner, int pc, LongFunction<byte[]> code) {
        CodeSpace space = ((NativeRunner) runner).program().space();
        synchronized (space) {
            long at = Layout.CODE_BASE + space.next();
            byte[] bytes = code.apply(at);
            if (space.append(bytes, bytes.length) < 0) {
                throw new IllegalStateException("no room");
            }
            space.putEntry(pc, at);
        }
    }

    /** Host addresses a byte into each guest instruction of a program, and where there is none. */
    public static List<Long> places(Runner runner) {
        HostCode code = ((NativeRunner) runner).program().whole();
        List<Long> all = new ArrayList<>(List.of(0L, -1L, Layout.CODE_BASE, Layout.CODE_BASE + code.length));
        for (int i = 0; i < code.code.count; i++) {
            all.add(Layout.CODE_BASE + code.offsets[i]);
            all.add(Layout.CODE_BASE + code.offsets[i] + 1);
        }
        return all;
    }
}

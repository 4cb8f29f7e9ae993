package dev.rivet.internal;

import dev.rivet.sandbox.CodeSpace;
import dev.rivet.sandbox.Layout;
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
}

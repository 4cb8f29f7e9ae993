package dev.rivet.x64;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** kill(2), for tests that play the rude outside world. */
record ProcessSignal(int pid) {
    @SuppressWarnings("restricted")
    private static final MethodHandle KILL = Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    void send(int signal) {
        try {
            if ((int) KILL.invokeExact(pid, signal) != 0) {
                throw new IllegalStateException("kill " + pid);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}

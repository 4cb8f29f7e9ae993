package dev.rivet;

import java.util.List;

/**
 * One guest: its own memory, its own hart, on the native engine its own worker process. One thread at a time uses it; a
 * second gets {@link IllegalStateException}. {@link #close} may be called by any.
 *
 * <p>Memory lives from call to call until {@link #reset}. Registers start each call as zero, but for the arguments, sp
 * (top of the stack, a multiple of 16), ra (the return-to-host address) and for gp and tp, which keep what the last call
 * left in them.
 */
public final class Instance implements AutoCloseable {
    /**
     * What making and running an instance took.
     *
     * @param engine {@link Engine#label}
     * @param guestInstructions instructions in the program's text, counted statically
     * @param hostBytes bytes of machine code; 0 for the interpreter
     * @param loadNanos reading and decoding the file
     * @param compileNanos translating it (0 when another instance had it translated)
     * @param startNanos making memory and worker
     */
    public record Statistics(String engine, int guestInstructions, int hostBytes, long loadNanos, long compileNanos,
            long startNanos) {
    }

    Instance() {
    }

    /**
     * Calls a function.
     *
     * @param symbol its name in the file
     * @param arguments up to six, for a0–a5; on RV32 their low 32 bits
     * @throws IllegalArgumentException if there is no such symbol, it is not code, or there are too many arguments; or a gas
     *             limit is given to an instance without metering
     */
    public Outcome call(CallOptions options, String symbol, long... arguments) {
        throw new UnsupportedOperationException("to come: " + options + symbol + arguments.length);
    }

    /** Calls the function at a guest address; otherwise as {@link #call(CallOptions, String, long...)}. */
    public Outcome call(CallOptions options, long address, long... arguments) {
        throw new UnsupportedOperationException("to come: " + options + address + arguments.length);
    }

    /**
     * Runs the program from its entry point, as Linux starts one: argc, argv, envp and auxv on the stack, all registers but
     * sp zero.
     *
     * @param arguments argv, the program's own name first
     * @param environment lines {@code NAME=value}
     * @throws IllegalArgumentException if they do not fit the stack
     */
    public Outcome run(CallOptions options, List<String> arguments, List<String> environment) {
        throw new UnsupportedOperationException("to come: " + options + arguments + environment);
    }

    /**
     * After {@link Outcome.OutOfGas}: goes on with new limits. Gas that was left is lost unless it is part of the new limit.
     *
     * @throws IllegalStateException if the last call did not end out of gas, or the instance was reset since
     */
    public Outcome resume(CallOptions options) {
        throw new UnsupportedOperationException("to come: " + options);
    }

    /** The guest's memory. */
    public Memory memory() {
        throw new UnsupportedOperationException("to come");
    }

    /** Register 0–31 as the last call left it; zero-extended on RV32. */
    public long register(int number) {
        throw new UnsupportedOperationException("to come: " + number);
    }

    /** Memory and registers back to how they were in a new instance. */
    public void reset() {
        throw new UnsupportedOperationException("to come");
    }

    /** What making this instance took. */
    public Statistics statistics() {
        throw new UnsupportedOperationException("to come");
    }

    /** Ends the worker and gives the memory back; a call under way on another thread ends. Closing twice does nothing. */
    @Override
    public void close() {
        // to come
    }
}

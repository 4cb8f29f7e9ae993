package dev.rivet.tools.llvm;

import java.util.List;

/**
 * One run of a guest program: which source, which arguments and input, and how it must end.
 *
 * @param name name of the run, unique
 * @param source source file below {@code guests/}, for example {@code workloads/fib.c}; several runs may share one
 * @param args arguments behind the program's name that keep the run small enough for the interpreter (some million
 *            instructions); a workload or a large guest without arguments runs at its full size
 * @param stdin what it finds on standard input
 * @param trap kind of the trap it ends with, null when it exits by itself; only the latter has a native counterpart
 */
public record Guest(String name, String source, List<String> args, String stdin, String trap) {
    /** A run that exits by itself and reads nothing. */
    public Guest(String name, String source, String... args) {
        this(name, source, List.of(args), "", null);
    }

    /** Base name of the source. */
    public String program() {
        return source.substring(source.lastIndexOf('/') + 1, source.lastIndexOf('.'));
    }
}

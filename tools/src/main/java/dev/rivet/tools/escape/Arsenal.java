package dev.rivet.tools.escape;

import dev.rivet.sandbox.Layout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An attacker's native code for one architecture: pieces with names, all in one translation. A piece finds its values in
 * the register slots of the control page ({@link dev.rivet.sandbox.Control#REGS}). Knows nothing of how an attack should
 * end.
 *
 * <p>Every architecture has these pieces: {@code answer} (adds 1 to slot 0 and publishes), {@code call} (system call
 * slot 0 with arguments slots 1–6, result to slot 0), {@code load} and {@code store} (eight bytes at slot 0), {@code jump}
 * (to slot 0, other registers from the slots), {@code exit} (publishes exit slot 0), {@code poke} (32 bits of slot 1 to
 * offset slot 0 of the control page, then runs for ever), {@code endless}, {@code refuse} (takes each request back),
 * {@code scribble} (random words to the control page, seed slot 0, mask of the place slot 1), {@code smash} (a fault with
 * no room on the signal stack), {@code frame} (goes back from a signal with the frame at slot 0).
 */
abstract class Arsenal {
    /** A piece of code with an instruction that is tried, and how it may end. */
    record Instruction(String name, String weapon, boolean mayAnswer) {
    }

    private final Map<String, Integer> entries = new LinkedHashMap<>();

    /** Remembers where a piece begins. */
    final void put(String name, int offset) {
        if (entries.put(name, offset) != null) {
            throw new IllegalStateException("two pieces " + name);
        }
    }

    /** Host address of a piece. */
    final long address(String name) {
        Integer offset = entries.get(name);
        if (offset == null) {
            throw new IllegalArgumentException("no piece " + name);
        }
        return Layout.CODE_BASE + offset;
    }

    /** The machine code, for {@link Layout#CODE_BASE}. */
    abstract byte[] bytes();

    /** Ways to make a system call other than {@code call}: piece and what is so special. */
    abstract Map<String, String> foreignCalls();

    /** Instructions that must trap, or do nothing that matters where they may answer. */
    abstract List<Instruction> privileged();

    /** Tampering with the processor's state. */
    abstract List<Instruction> state();

    /** Column of {@link Calls} that holds this architecture's numbers. */
    abstract int numbers();

    /** Distance of instructions in the worker's own code. */
    abstract int step();
}

package dev.rivet.tools.conform;

import dev.rivet.Engine;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One program on two engines, step by step: after each step everything that can be seen must be equal. Ranges of memory
 * to compare are named with {@link #watch}.
 */
public final class Duel implements AutoCloseable {
    /** Enough gas for everything, where a test does not care. */
    public static final long PLENTY = 1L << 40;

    /** Two engines disagree. */
    public static final class Disagreement extends RuntimeException {
        private static final long serialVersionUID = 1;

        Disagreement(String message) {
            super(message);
        }
    }

    private final String name;
    private final Machine left;
    private final Machine right;
    private final List<int[]> watched = new ArrayList<>();

    /** Loads the program on both. */
    public Duel(Sides sides, byte[] elf, String name, Metering metering, CostModel costs) {
        this.name = name;
        left = new Machine(sides.oracle(), elf, name, metering, costs);
        try {
            right = new Machine(sides.subject(), elf, name, metering, costs);
        } catch (RuntimeException | Error e) {
            left.close();
            throw e;
        }
    }

    /** Two machines as they are; closes them. */
    Duel(String name, Machine left, Machine right) {
        this.name = name;
        this.left = left;
        this.right = right;
    }

    /**
     * The engines.
     *
     * @param oracle the interpreter
     * @param subject what is tested
     */
    public record Sides(Engine oracle, Engine subject) implements AutoCloseable {
        @Override
        public void close() {
            subject.close();
            oracle.close();
        }
    }

    /** Compares a range of memory after each step. */
    public Duel watch(int address, int length) {
        watched.add(new int[]{address, length});
        return this;
    }

    /** Runs from the entry point. */
    public Stop run(long gas) {
        return check("run, gas " + gas, left.run(gas), right.run(gas));
    }

    /** Calls an address. */
    public Stop call(long gas, int address, long... arguments) {
        Stop a = left.call(gas, address, arguments);
        Stop b = right.call(gas, address, arguments);
        if (a.difference(b) == null && memoryDifference() == null) {
            return a;
        }
        StringBuilder text = new StringBuilder(String.format("call of %#x, gas %d, arguments", address, gas));
        for (long v : arguments) {
            text.append(String.format(" %#x", v));
        }
        return check(text.toString(), a, b);
    }

    /** Goes on after {@link Stop#OUT_OF_GAS}. */
    public Stop resume(long gas) {
        return check("resume, gas " + gas, left.resume(gas), right.resume(gas));
    }

    /** Memory and registers as in the beginning, on both. */
    public void reset() {
        left.reset();
        right.reset();
    }

    /** The oracle's side. */
    public Machine oracle() {
        return left;
    }

    /** The tested side. */
    public Machine subject() {
        return right;
    }

    @Override
    public String toString() {
        return name;
    }

    private Stop check(String step, Stop a, Stop b) {
        String difference = a.difference(b);
        if (difference == null) {
            difference = memoryDifference();
        }
        if (difference != null) {
            throw new Disagreement(name + ": " + step + ": interpreter / native:" + difference + " (interpreter: " + a
                    + ")");
        }
        return a;
    }

    private String memoryDifference() {
        for (int[] range : watched) {
            MemorySegment a = left.memory(range[0], range[1]);
            MemorySegment b = right.memory(range[0], range[1]);
            long at = a.mismatch(b);
            if (at >= 0) {
                return String.format(" memory at %#x: %#x / %#x", range[0] + at,
                        a.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at),
                        b.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at));
            }
        }
        return null;
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}

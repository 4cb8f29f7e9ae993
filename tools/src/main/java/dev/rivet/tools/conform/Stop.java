package dev.rivet.tools.conform;

import java.util.Arrays;

/**
 * Everything that can be seen of a guest where it stopped.
 *
 * @param kind name of the outcome, with the kind of a trap
 * @param pc guest address
 * @param address effective address or jump target of a trap, status of an exit, 0 otherwise
 * @param write whether a memory trap was a write
 * @param registers x0–x31 (before the instruction, for a trap)
 * @param gasUsed gas used since the call or the resume
 * @param gasLeft gas left
 * @param calls host calls since the call or the resume, as a hash over the registers at each
 */
public record Stop(String kind, long pc, long address, boolean write, long[] registers, long gasUsed, long gasLeft,
        long calls) {
    /** Kind of a stop that can be resumed. */
    public static final String OUT_OF_GAS = "OUT_OF_GAS";

    /** The same with other gas. */
    Stop withGas(long used, long left) {
        return new Stop(kind, pc, address, write, registers, used, left, calls);
    }

    /** What differs from another stop, or null when nothing does. */
    public String difference(Stop other) {
        StringBuilder text = new StringBuilder();
        if (!kind.equals(other.kind)) {
            text.append(" kind ").append(kind).append(" / ").append(other.kind);
        }
        hex(text, "pc", pc, other.pc);
        hex(text, "address", address, other.address);
        if (write != other.write) {
            text.append(" write ").append(write).append(" / ").append(other.write);
        }
        for (int r = 0; r < 32; r++) {
            hex(text, "x" + r, registers[r], other.registers[r]);
        }
        decimal(text, "gas used", gasUsed, other.gasUsed);
        decimal(text, "gas left", gasLeft, other.gasLeft);
        hex(text, "host calls", calls, other.calls);
        return text.isEmpty() ? null : text.toString();
    }

    private static void hex(StringBuilder text, String what, long a, long b) {
        if (a != b) {
            text.append(String.format(" %s %#x / %#x", what, a, b));
        }
    }

    private static void decimal(StringBuilder text, String what, long a, long b) {
        if (a != b) {
            text.append(String.format(" %s %d / %d", what, a, b));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Stop s && difference(s) == null;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(registers) * 31 + (int) pc;
    }

    @Override
    public String toString() {
        return String.format("%s at pc %#x, address %#x, gas used %d, left %d", kind, pc, address, gasUsed, gasLeft);
    }
}

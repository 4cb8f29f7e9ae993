package dev.rivet;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Why a guest was stopped by something it did (or by a host function that failed). Immutable.
 *
 * <p>The registers are those <em>before</em> the instruction that trapped. On RV32 each is its 32 bits, zero-extended.
 *
 * @param kind what happened
 * @param at the instruction that trapped; for a bad jump the jump, or the missing instruction where control ran off the
 *            end of a segment
 * @param address effective address of a MEMORY_ACCESS, target of a BAD_JUMP, 0 otherwise
 * @param write whether a MEMORY_ACCESS was a write
 * @param registers x0–x31; a copy is made
 * @param detail what happened, in words
 * @param cause what the host function threw, for HOST_ERROR; null otherwise
 */
public record Trap(Kind kind, Location at, long address, boolean write, long[] registers, String detail,
        @Nullable Throwable cause) {
    /** What can happen. */
    public enum Kind {
        /** A load, store or atomic touched memory it may not, or an atomic was misaligned. */
        MEMORY_ACCESS,
        /** The word is no supported instruction. */
        ILLEGAL_INSTRUCTION,
        /** An ebreak. */
        BREAKPOINT,
        /** A jump to where no code is, to a misaligned address, or control ran off the end of an executable segment. */
        BAD_JUMP,
        /** A host function threw an exception, or none has the number. */
        HOST_ERROR
    }

    /** Copies the registers. */
    public Trap {
        registers = registers.clone();
    }

    /** {@return a copy of the registers x0–x31 before the instruction} */
    @Override
    public long[] registers() {
        return registers.clone();
    }

    /** Throws IllegalArgumentException if there is no such register. */
    static void checkRegister(int number) {
        if (number < 0 || number > 31) {
            throw new IllegalArgumentException("register " + number + "; there are 0 to 31");
        }
    }

    /**
     * A register before the instruction.
     *
     * @param number 0 to 31
     * @return its value
     * @throws IllegalArgumentException if there is no such register
     */
    public long register(int number) {
        checkRegister(number);
        return registers[number];
    }

    /** {@return guest address of the instruction} */
    public long pc() {
        return at.pc();
    }

    /**
     * {@code trap KIND at pc 0x00010134 (main+0x1c): detail}.
     *
     * @return its value
     */
    public String message() {
        return "trap " + kind + " at " + at + ": " + detail;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Trap t && kind == t.kind && at.equals(t.at) && address == t.address && write == t.write
                && Arrays.equals(registers, t.registers) && detail.equals(t.detail);
    }

    @Override
    public int hashCode() {
        return at.hashCode() * 31 + kind.hashCode();
    }

    @Override
    public String toString() {
        return message();
    }
}

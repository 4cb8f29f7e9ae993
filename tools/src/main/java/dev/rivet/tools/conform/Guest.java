package dev.rivet.tools.conform;

import dev.rivet.ir.Op;

/**
 * A program made for a suite: its file, and where its results lie and what they mean.
 *
 * @param name what it tests
 * @param isa the variant it is made for
 * @param elf the file
 * @param results guest address of the results
 * @param size bytes of results
 * @param meaning says which case a result belongs to
 * @param combinations how many combinations of registers and immediates it has
 * @param cases how many cases it runs: combinations with operands
 * @param outside whether qemu knows everything in it
 */
public record Guest(String name, Isa isa, byte[] elf, int results, int size, Meaning meaning, long combinations,
        long cases, boolean outside) {
    /** Says which case a byte of the results belongs to. */
    public interface Meaning {
        /** One line about the case at this offset of the results. */
        String at(int offset);

        /** The value that must be stored at this offset by another judgement, or null when there is none. */
        default Long expected(int offset) {
            return null;
        }
    }

    /** The same, said to be known to qemu or not. */
    Guest judgedOutside(boolean known) {
        return new Guest(name, isa, elf, results, size, meaning, combinations, cases, known);
    }

    /** Text of an instruction for messages. */
    static String text(Op op, int rd, int rs1, int rs2) {
        return op.name().toLowerCase(java.util.Locale.ROOT).replace('_', '.') + " rd=x" + rd + " rs1=x" + rs1 + " rs2=x"
                + rs2;
    }
}

package dev.rivet.aarch64;

import java.util.Map;
import java.util.Set;

/**
 * Reads an encoding in the Arm manual's notation, most significant bit first: literal bits and names of fields, separated
 * by blanks. A row checks itself: it has 32 bits, and every field lies where the manual always puts a field of that name.
 */
final class Bits {
    /** Width × 32 + lowest bit of each field; the same in every instruction that has it. */
    // @formatter:off
    private static final Map<String, Integer> FIELDS = Map.ofEntries(
            field("Rd", 5, 0), field("Rt", 5, 0), field("Rn", 5, 5), field("Ra", 5, 10), field("Rt2", 5, 10),
            field("Rm", 5, 16), field("sf", 1, 31), field("shift", 2, 22), field("imm6", 6, 10), field("N", 1, 22),
            field("immr", 6, 16), field("imms", 6, 10), field("sh", 1, 22), field("imm12", 12, 10), field("hw", 2, 21),
            field("imm16", 16, 5), field("option", 3, 13), field("imm3", 3, 10), field("S", 1, 12),
            field("imm9", 9, 12), field("imm7", 7, 15), field("imm26", 26, 0), field("imm19", 19, 5),
            field("imm14", 14, 5), field("b5", 1, 31), field("b40", 5, 19), field("cond", 4, 12),
            field("bcond", 4, 0), field("nzcv", 4, 0), field("immlo", 2, 29), field("immhi", 19, 5), field("imm5", 5, 16),
            field("imm4", 4, 11), field("immh", 4, 19), field("immb", 3, 16));
    // @formatter:on
    /** The field {@code sf} stands for bit 22, too, where a bit field instruction has N = sf. */
    private static final Set<Character> LITERAL = Set.of('0', '1');

    private Bits() {
    }

    private static Map.Entry<String, Integer> field(String name, int width, int low) {
        return Map.entry(name, width << 5 | low);
    }

    /** The instruction word with all fields 0. Throws IllegalArgumentException for a row that is no encoding. */
    static int parse(String notation) {
        int word = 0;
        int left = 32;
        for (String token : notation.split(" +")) {
            if (LITERAL.contains(token.charAt(0))) {
                for (int i = 0; i < token.length(); i++) {
                    left--;
                    word |= Character.digit(token.charAt(i), 2) << left;
                }
            } else {
                Integer field = FIELDS.get(token);
                if (field == null || left - (field >>> 5) != (field & 31)) {
                    throw new IllegalArgumentException("field " + token + " out of place: " + notation);
                }
                left -= field >>> 5;
            }
        }
        if (left != 0) {
            throw new IllegalArgumentException("not 32 bits: " + notation);
        }
        return word;
    }
}

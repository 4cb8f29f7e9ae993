package dev.rivet.frontend;

import java.util.ArrayList;
import java.util.List;

/**
 * One instruction format in the manual's own notation, such as {@code "0000000 rs2 rs1 000 rd 0110011"} or
 * {@code "110 uimm[5:3] rs1' uimm[2|6] rs2' 00"}: which bits are fixed, where the operands lie, what an operand must not
 * be. Checks itself on construction: number of bits, no operand bit twice, no operand bit missing.
 *
 * <p>Tokens, from the highest bit down:
 * <ul>
 * <li>{@code 0110}: fixed bits; {@code ----}: bits that decode to nothing and encode as zero; {@code aq}, {@code rl}: one such bit;
 * <li>{@code rd}, {@code rs1}, {@code rs2}: five bits; {@code rd'}, {@code rs1'}, {@code rs2'}: three bits that mean x8–x15;
 * {@code rd/rs1}: both in one, named by the first;
 * <li>{@code imm[12|10:5]} and so on: those bits of the immediate; {@code imm} and {@code nzimm} are signed, {@code uimm},
 * {@code nzuimm} and {@code shamt} are not; {@code nz}: zero does not belong to the format;
 * <li>{@code !=n} behind a register: this number does not belong to the format.
 * </ul>
 *
 * Knows no mnemonics and no semantics.
 */
final class Encoding {
    /** Operands, as index for {@link #operand} and {@link #encode}. */
    static final int RD = 0, RS1 = 1, RS2 = 2, IMM = 3;

    /** {@code count} bits of the format from bit {@code low} up hold the operand's bits from bit {@code to} up. */
    private record Piece(int operand, int low, int count, int to) {
    }

    /** The notation this was made from. */
    final String notation;
    /** 16 or 32. */
    final int width;
    /** The fixed bits. */
    final int mask;
    /** Their values. */
    final int match;
    /** Which operands the format has, a bit for each of {@link #RD}, {@link #RS1}, {@link #RS2}, {@link #IMM}. */
    final int operands;
    /** Number of bits of the immediate counted from bit 0 (13 for a branch); 0 when it has none. */
    final int immWidth;
    /** Lowest bit the immediate has (1 for a branch). */
    final int immLow;
    /** Whether the immediate is sign-extended. */
    final boolean immSigned;
    /** Whether an immediate of zero does not belong to the format. */
    final boolean immNonZero;
    /** For {@link #RD}, {@link #RS1}, {@link #RS2}: whether the field has three bits and means x8–x15. */
    private final boolean[] prime = new boolean[3];
    /** For {@link #RD}, {@link #RS1}, {@link #RS2}: the number that does not belong to the format, or −1. */
    private final int[] excluded = {-1, -1, -1};
    private final Piece[] pieces;

    /**
     * @throws IllegalArgumentException for a notation that does not add up
     */
    Encoding(String notation, int width) {
        this.notation = notation;
        this.width = width;
        List<Piece> found = new ArrayList<>();
        int at = width;
        int fixed = 0;
        int values = 0;
        int immBits = 0;
        String immName = null;
        int seen = 0;
        // Without split and the like: all rows are read at each start of a JVM, most of it before anything is compiled.
        for (int from = 0, to; from < notation.length(); from = to + 1) {
            to = notation.indexOf(' ', from);
            to = to < 0 ? notation.length() : to;
            String token = notation.substring(from, to);
            char c = notation.charAt(from);
            if (c == '0' || c == '1') {
                for (int i = 0; i < token.length(); i++) {
                    at--;
                    fixed |= 1 << at;
                    values |= (token.charAt(i) - '0' & 1) << at;
                }
            } else if (c == '-') {
                at -= token.length();
            } else if (token.equals("aq") || token.equals("rl")) {
                at--;
            } else if (c == 'r') {
                int operand = register(token);
                require((seen & 1 << operand) == 0, "register given twice");
                seen |= 1 << operand;
                int bits = prime[operand] ? 3 : 5;
                at -= bits;
                require(width == 16 || at == (operand == RD ? 7 : operand == RS1 ? 15 : 20), "register misplaced");
                found.add(new Piece(operand, at, bits, 0));
            } else {
                int open = token.indexOf('[');
                if (open <= 0 || !token.endsWith("]")) {
                    throw bad("unknown token " + token);
                }
                String name = token.substring(0, open);
                require(immName == null || immName.equals(name), "two immediates");
                immName = name;
                seen |= 1 << IMM;
                int before = immBits;
                immBits = immediate(token, at, before, found);
                at -= Integer.bitCount(immBits ^ before);
            }
            if (at < 0) {
                throw bad("more than " + width + " bits");
            }
        }
        if (at != 0) {
            throw bad("fewer than " + width + " bits");
        }
        mask = fixed;
        match = values;
        operands = seen;
        pieces = found.toArray(new Piece[0]);
        immWidth = 32 - Integer.numberOfLeadingZeros(immBits);
        immLow = immBits == 0 ? 0 : Integer.numberOfTrailingZeros(immBits);
        require(Integer.bitCount(immBits) == immWidth - immLow, "immediate with a hole");
        immSigned = immName != null && (immName.equals("imm") || immName.equals("nzimm"));
        immNonZero = immName != null && immName.startsWith("nz");
        require(immName == null || immSigned || List.of("uimm", "nzuimm", "shamt").contains(immName),
                "unknown immediate");
        if (width == 32) {
            require((mask & 3) == 3 && (match & 3) == 3, "not a four-byte encoding");
            require(!immSigned || pieces[0].operand == IMM && pieces[0].low + pieces[0].count == 32
                    && pieces[0].to + pieces[0].count == immWidth, "the immediate's sign is not in bit 31");
        } else {
            require((mask & 3) == 3 && (match & 3) != 3, "not a two-byte encoding");
        }
    }

    /**
     * Reads which bits of the immediate a token has and where they lie, below bit {@code at} of the format; returns them
     * together with those known {@code before}.
     */
    private int immediate(String token, int at, int before, List<Piece> found) {
        int all = before;
        int high = -1;
        int number = 0;
        for (int i = token.indexOf('[') + 1; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c >= '0' && c <= '9') {
                number = number * 10 + c - '0';
            } else if (c == ':') {
                high = number;
                number = 0;
            } else {
                high = high < 0 ? number : high;
                if (c != '|' && c != ']' || number > high || high > 31) {
                    throw bad("unknown token " + token);
                }
                int bits = (2 << high) - (1 << number);
                if ((all & bits) != 0) {
                    throw bad("a bit of " + token + " given twice");
                }
                all |= bits;
                at -= high - number + 1;
                found.add(new Piece(IMM, at, high - number + 1, number));
                high = -1;
                number = 0;
            }
        }
        return all;
    }

    private int register(String token) {
        int not = token.indexOf("!=");
        String name = not < 0 ? token : token.substring(0, not);
        int slash = name.indexOf('/');
        String first = slash < 0 ? name : name.substring(0, slash);
        boolean three = first.endsWith("'");
        int operand = switch (three ? first.substring(0, first.length() - 1) : first) {
            case "rd" -> RD;
            case "rs1" -> RS1;
            case "rs2" -> RS2;
            default -> throw bad("unknown token " + token);
        };
        prime[operand] = three;
        if (not >= 0) {
            excluded[operand] = Integer.parseInt(token.substring(not + 2));
        }
        return operand;
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw bad(message);
        }
    }

    /** Messages that have to be put together are so only where they are needed: there are a thousand checks at a start. */
    private IllegalArgumentException bad(String message) {
        return new IllegalArgumentException(notation + ": " + message);
    }

    /** Whether the format has this operand. */
    boolean has(int operand) {
        return (operands & 1 << operand) != 0;
    }

    /** Whether a word (a halfword for 16) is of this format, excluded operands considered. */
    boolean matches(int word) {
        if ((word & mask) != match) {
            return false;
        }
        for (int r = RD; r <= RS2; r++) {
            if (excluded[r] >= 0 && operand(word, r) == excluded[r]) {
                return false;
            }
        }
        return !immNonZero || operand(word, IMM) != 0;
    }

    /** An operand of a word of this format, 0 if the format has none: a register's number or the extended immediate. */
    int operand(int word, int operand) {
        if (!has(operand)) {
            return 0;
        }
        int value = 0;
        for (Piece p : pieces) {
            if (p.operand == operand) {
                value |= (word >>> p.low & (1 << p.count) - 1) << p.to;
            }
        }
        if (operand != IMM) {
            return prime[operand] ? value + 8 : value;
        }
        int unused = 32 - immWidth;
        return immSigned ? value << unused >> unused : value;
    }

    /** Whether a value can stand for an operand of this format. */
    boolean accepts(int operand, int value) {
        if (!has(operand)) {
            return value == 0;
        }
        if (operand != IMM) {
            return (prime[operand] ? value >= 8 && value < 16 : value >= 0 && value < 32) && value != excluded[operand];
        }
        int unused = 32 - immWidth;
        return (immSigned ? value << unused >> unused : value << unused >>> unused) == value
                && (value & (1 << immLow) - 1) == 0 && !(immNonZero && value == 0);
    }

    /**
     * The word with these operands; those that the format has not must be 0.
     *
     * @throws IllegalArgumentException when an operand does not fit
     */
    int encode(int rd, int rs1, int rs2, int imm) {
        int word = match;
        for (int operand = RD; operand <= IMM; operand++) {
            int value = operand == RD ? rd : operand == RS1 ? rs1 : operand == RS2 ? rs2 : imm;
            if (!accepts(operand, value)) {
                throw new IllegalArgumentException(notation + ": " + value + " is no possible "
                        + (operand == RD ? "rd" : operand == RS1 ? "rs1" : operand == RS2 ? "rs2" : "immediate"));
            }
            int bits = operand != IMM && prime[operand] ? value - 8 : value;
            for (Piece p : pieces) {
                if (p.operand == operand) {
                    word |= (bits >>> p.to & (1 << p.count) - 1) << p.low;
                }
            }
        }
        return word;
    }
}

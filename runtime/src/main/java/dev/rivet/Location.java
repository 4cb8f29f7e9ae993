package dev.rivet;

import org.jspecify.annotations.Nullable;

/**
 * A place in guest code.
 *
 * @param pc guest address, 0 to 2³²−1
 * @param symbol the function symbol it lies in, or null when the file names none
 * @param offset bytes from that symbol; 0 without one
 * @param source {@code file:line} from the file's debug information, or null when it has none
 */
public record Location(long pc, @Nullable String symbol, long offset, @Nullable String source) {
    /** {@code pc 0x00010134 (main+0x1c)}, without the parenthesis when there is no symbol. */
    @Override
    public String toString() {
        String place = "pc 0x%08x".formatted(pc);
        return symbol == null ? place : place + " (" + symbol + "+0x" + Long.toHexString(offset) + ")";
    }
}

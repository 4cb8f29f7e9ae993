package dev.rivet.frontend;

import java.nio.charset.StandardCharsets;

/**
 * Names of functions and objects, for messages and for calls by name; they shape no code and no gas. Sorted by address;
 * strings are made on demand, so that a hostile symbol table costs no more memory than its own size.
 */
public final class Symbols {
    /** No names at all. */
    public static final Symbols NONE = new Symbols(new byte[0], new long[0], new long[0], new int[0], new boolean[0]);

    /** Longest name that is kept, in bytes; the rest is cut off. */
    static final int LONGEST_NAME = 1024;

    /**
     * One name.
     *
     * @param address first guest address
     * @param size in bytes, 0 when unknown
     * @param function or label in code (otherwise an object)
     * @param name printable: control characters are replaced
     */
    public record Symbol(long address, long size, boolean function, String name) {
    }

    private final byte[] file;
    private final long[] addresses;
    private final long[] sizes;
    private final int[] names;
    private final boolean[] functions;

    /** Parallel arrays by ascending address; {@code names} are offsets of zero-terminated strings in {@code file}. */
    Symbols(byte[] file, long[] addresses, long[] sizes, int[] names, boolean[] functions) {
        this.file = file;
        this.addresses = addresses;
        this.sizes = sizes;
        this.names = names;
        this.functions = functions;
    }

    /** How many there are. */
    public int count() {
        return addresses.length;
    }

    /** The i-th by address. */
    public Symbol get(int i) {
        return new Symbol(addresses[i], sizes[i], functions[i], name(i));
    }

    /** The symbol with a name, or null; the first by address if there are several. */
    public Symbol named(String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < names.length; i++) {
            if (same(names[i], wanted)) {
                return get(i);
            }
        }
        return null;
    }

    /** Looks at no more bytes than are wanted: a hostile table may give two million symbols one long name. */
    private boolean same(int at, byte[] wanted) {
        if (wanted.length > LONGEST_NAME || wanted.length >= file.length - at) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (file[at + i] != wanted[i]) {
                return false;
            }
        }
        return wanted.length == LONGEST_NAME || file[at + wanted.length] == 0;
    }

    /**
     * The function or object an address lies in, or null: the nearest symbol at or below it whose size covers it; one of
     * unknown size covers everything up to the next symbol.
     */
    public Symbol at(long address) {
        int lo = 0;
        int hi = addresses.length;
        while (lo < hi) {
            int mid = lo + hi >>> 1;
            if (addresses[mid] <= address) {
                lo = mid + 1;
            } else {
                hi = mid;
            }
        }
        // Labels inside a function have no size and a higher address: look a few back for one that covers the address.
        int nearest = lo - 1;
        for (int i = nearest; i >= 0 && i > nearest - 16; i--) {
            if (sizes[i] != 0 && address - addresses[i] < sizes[i]) {
                return get(i);
            }
        }
        return nearest >= 0 && sizes[nearest] == 0 ? get(nearest) : null;
    }

    /** An address as {@code main+0x1c}, or null when no symbol covers it. */
    public String describe(long address) {
        Symbol symbol = at(address);
        if (symbol == null) {
            return null;
        }
        return address == symbol.address
                ? symbol.name
                : symbol.name + "+0x" + Long.toHexString(address - symbol.address);
    }

    private int length(int i) {
        int at = names[i];
        int n = 0;
        while (n < LONGEST_NAME && file[at + n] != 0) {
            n++;
        }
        return n;
    }

    private String name(int i) {
        return printable(new String(file, names[i], length(i), StandardCharsets.UTF_8));
    }

    /** A text of the file's that may go to a terminal, and into one line: control characters are replaced. */
    static String printable(String text) {
        StringBuilder clean = null;
        for (int k = 0; k < text.length(); k++) {
            if (Character.isISOControl(text.charAt(k))) {
                clean = clean == null ? new StringBuilder(text) : clean;
                clean.setCharAt(k, '?');
            }
        }
        return clean == null ? text : clean.toString();
    }
}

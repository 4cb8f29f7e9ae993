package dev.rivet.internal;

/**
 * Who called whom, as far as links in ra tell: a bounded stack of the addresses of calls, the oldest forgotten first. It
 * serves stack traces and profiles and decides nothing.
 */
final class CallRecords {
    /** Calls remembered; a power of two. */
    static final int DEPTH = 1024;

    private final int[] calls = new int[DEPTH];
    private int depth;

    void clear() {
        depth = 0;
    }

    /** A call at this address. */
    void push(int pc) {
        calls[depth++ & DEPTH - 1] = pc;
    }

    /** A return. */
    void pop() {
        if (depth > 0) {
            depth--;
        }
    }

    /** Addresses of the calls under way, the innermost first. */
    int[] innermostFirst() {
        int known = Math.min(depth, DEPTH);
        int[] result = new int[known];
        for (int i = 0; i < known; i++) {
            result[i] = calls[depth - 1 - i & DEPTH - 1];
        }
        return result;
    }
}

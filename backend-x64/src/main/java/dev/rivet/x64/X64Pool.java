package dev.rivet.x64;

import java.util.Arrays;

/** Constants that code reads from memory; they are placed behind the code. Equal constants mostly share a place. */
final class X64Pool {
    private static final int CACHE_BITS = 10;

    private final X64Assembler a;
    /** Constants whose upper half is 0, and their labels. */
    private long[] counts = new long[64];
    private int[] labels = new int[64];
    private int used;
    /** By hash of the value, index plus one of the latest such constant: one look, whatever values a program brings. */
    private final int[] latest = new int[1 << CACHE_BITS];
    private final long[] vectors = new long[16];
    private final int[] vectorLabels = new int[8];
    private int vectorCount;

    X64Pool(X64Assembler a) {
        this.a = a;
    }

    /** A 16-byte constant, aligned. There may be eight different ones. */
    long vector(long low, long high) {
        for (int i = 0; i < vectorCount; i++) {
            if (vectors[2 * i] == low && vectors[2 * i + 1] == high) {
                return Mem.label(vectorLabels[i]);
            }
        }
        vectors[2 * vectorCount] = low;
        vectors[2 * vectorCount + 1] = high;
        int label = a.newLabel();
        vectorLabels[vectorCount++] = label;
        return Mem.label(label);
    }

    /** A 16-byte constant, aligned, whose upper half is 0. There may be any number of them. */
    long count(long value) {
        int slot = (int) (value * 0x9e37_79b9_7f4a_7c15L >>> 64 - CACHE_BITS);
        int known = latest[slot] - 1;
        if (known >= 0 && counts[known] == value) {
            return Mem.label(labels[known]);
        }
        if (used == counts.length) {
            counts = Arrays.copyOf(counts, used * 2);
            labels = Arrays.copyOf(labels, used * 2);
        }
        int label = a.newLabel();
        counts[used] = value;
        labels[used] = label;
        latest[slot] = ++used;
        return Mem.label(label);
    }

    /** Constants to emit. */
    int steps() {
        return used + vectorCount;
    }

    /** Emits all constants. */
    void emit() {
        if (vectorCount > 0) {
            a.align(16);
        }
        for (int i = 0; i < vectorCount; i++) {
            a.bind(vectorLabels[i]);
            a.quad(vectors[2 * i]);
            a.quad(vectors[2 * i + 1]);
        }
        if (used > 0) {
            a.align(16);
        }
        for (int i = 0; i < used; i++) {
            a.bind(labels[i]);
            a.quad(counts[i]);
            a.quad(0);
        }
    }
}

package dev.rivet.x64;

import java.util.Arrays;

/** Constants that code reads from memory; they are placed behind the code. Equal constants share a place. */
final class X64Pool {
    private final X64Assembler a;
    private long[] keys = new long[64];
    private int[] labels = new int[64];
    private int used;
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

    /** A 16-byte constant, aligned, whose upper half is 0 and whose lower half is not. There may be any number of them. */
    long count(long value) {
        int i = slot(keys, value);
        if (keys[i] == 0) {
            if (2 * used >= keys.length) {
                grow();
                i = slot(keys, value);
            }
            keys[i] = value;
            labels[i] = a.newLabel();
            used++;
        }
        return Mem.label(labels[i]);
    }

    private static int slot(long[] keys, long value) {
        int i = (int) (value * 0x9e37_79b9_7f4a_7c15L >>> 32) & keys.length - 1;
        while (keys[i] != 0 && keys[i] != value) {
            i = i + 1 & keys.length - 1;
        }
        return i;
    }

    private void grow() {
        long[] moreKeys = new long[keys.length * 2];
        int[] moreLabels = new int[keys.length * 2];
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != 0) {
                int to = slot(moreKeys, keys[i]);
                moreKeys[to] = keys[i];
                moreLabels[to] = labels[i];
            }
        }
        keys = moreKeys;
        labels = moreLabels;
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
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != 0) {
                a.bind(labels[i]);
                a.quad(keys[i]);
                a.quad(0);
            }
        }
        Arrays.fill(keys, 0);
        used = 0;
        vectorCount = 0;
    }
}

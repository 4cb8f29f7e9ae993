package dev.rivet.x64;

import java.util.Arrays;

/**
 * The list of paths that are rarely taken. Lowering notes them here and goes on; they are emitted behind all hot code, each
 * knowing the guest instruction it belongs to.
 */
final class X64Cold {
    /** Not enough gas for the block at the instruction. */
    static final int OUT_OF_GAS = 0;
    /** A division by 0 or −1; goes on at the second label. */
    static final int DIVIDE = 1;
    /** A return that the host return stack does not expect. */
    static final int RETURN = 2;
    /** A misaligned atomic; its address is in rax. */
    static final int MISALIGNED = 3;
    /** A store conditional that fails; goes on at the second label. */
    static final int SC_FAILS = 4;
    /** A direct jump or branch to an address that has no translation, or none at all. */
    static final int AWAY = 5;

    private static final int FIELDS = 4;

    private int[] entries;
    private int count;
    /** Index of the instruction being lowered. */
    private int index;

    /** A list for this many instructions; it grows where they have unusually many paths. */
    X64Cold(int instructions) {
        entries = new int[(16 + instructions / 3) * FIELDS];
    }

    /** Says which instruction the next paths belong to. */
    void at(int index) {
        this.index = index;
    }

    /** Notes a path that starts at one label and goes on at another (−1: nowhere). */
    void add(int kind, int label, int back) {
        int at = count * FIELDS;
        if (at == entries.length) {
            entries = Arrays.copyOf(entries, at * 2);
        }
        entries[at] = kind;
        entries[at + 1] = index;
        entries[at + 2] = label;
        entries[at + 3] = back;
        count++;
    }

    int count() {
        return count;
    }

    int kind(int i) {
        return entries[i * FIELDS];
    }

    int index(int i) {
        return entries[i * FIELDS + 1];
    }

    int label(int i) {
        return entries[i * FIELDS + 2];
    }

    int back(int i) {
        return entries[i * FIELDS + 3];
    }
}

package dev.rivet.x64;

import java.util.Arrays;

/**
 * The list of paths that are rarely taken. Lowering notes them here and goes on; they are emitted behind all hot code, each
 * knowing the guest instruction it belongs to: first those of blocks that cannot be paid, which are most and all alike, then
 * the others.
 */
final class X64Cold {
    /** A division by 0 or −1; goes on at the second label. */
    static final int DIVIDE = 0;
    /** A return that the host return stack does not expect. */
    static final int RETURN = 1;
    /** A misaligned atomic; its address is in rax. */
    static final int MISALIGNED = 2;
    /** A store conditional that fails; goes on at the second label. */
    static final int SC_FAILS = 3;
    /** A direct branch to an address that has no translation, or none at all, or that expects another payment. */
    static final int AWAY = 4;
    /**
     * A leader entered by those who have paid nothing, where control comes prepaid from the instruction before. The jump
     * (−1: none) is taken where what is left to pay there cannot be paid.
     */
    static final int UNPAID = 5;

    private static final int FIELDS = 4;
    private static final int CHARGE_FIELDS = 3;

    /** Kind, instruction, the jump there, label to go on at. */
    private int[] entries;
    private int count;
    /** Instruction, the jump there, gas to give back. */
    private int[] charges;
    private int chargeCount;
    /** Index of the instruction being lowered. */
    private int index;

    /** Lists for this many instructions; they grow where those have unusually many paths. */
    X64Cold(int instructions) {
        entries = new int[(16 + instructions / 4) * FIELDS];
        charges = new int[(16 + instructions / 3) * CHARGE_FIELDS];
    }

    /** Says which instruction the next paths belong to. */
    void at(int index) {
        this.index = index;
    }

    /** Notes a path that a {@link X64Assembler#jccAhead} takes and that goes on at a label (−1: nowhere). */
    void add(int kind, int jump, int back) {
        int at = count * FIELDS;
        if (at == entries.length) {
            entries = Arrays.copyOf(entries, at * 2);
        }
        entries[at] = kind;
        entries[at + 1] = index;
        entries[at + 2] = jump;
        entries[at + 3] = back;
        count++;
    }

    /** Notes that a jump is taken where there is not enough gas for the block at the instruction. */
    void charge(int jump, int cost) {
        int at = chargeCount * CHARGE_FIELDS;
        if (at == charges.length) {
            charges = Arrays.copyOf(charges, at * 2);
        }
        charges[at] = index;
        charges[at + 1] = jump;
        charges[at + 2] = cost;
        chargeCount++;
    }

    /** Notes, without a branch, an UNPAID path ({@code late} 1) or a charge ({@code early} 1) or neither; jump −1: none. */
    void either(int index, int jump, int cost, int late, int early) {
        int at = count * FIELDS;
        if (at == entries.length) {
            entries = Arrays.copyOf(entries, at * 2);
        }
        entries[at] = UNPAID;
        entries[at + 1] = index;
        entries[at + 2] = jump;
        entries[at + 3] = -1;
        count += late;
        at = chargeCount * CHARGE_FIELDS;
        if (at == charges.length) {
            charges = Arrays.copyOf(charges, at * 2);
        }
        charges[at] = index;
        charges[at + 1] = jump;
        charges[at + 2] = cost;
        chargeCount += early;
    }

    int charges() {
        return chargeCount;
    }

    int chargeIndex(int i) {
        return charges[i * CHARGE_FIELDS];
    }

    int chargeJump(int i) {
        return charges[i * CHARGE_FIELDS + 1];
    }

    int chargeCost(int i) {
        return charges[i * CHARGE_FIELDS + 2];
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

    int jump(int i) {
        return entries[i * FIELDS + 2];
    }

    int back(int i) {
        return entries[i * FIELDS + 3];
    }
}

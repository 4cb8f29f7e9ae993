package dev.rivet.aarch64;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.GasPlan;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.util.Arrays;

/**
 * Which host register holds what.
 *
 * <ul>
 * <li>sp: the register slots of the control page ({@link dev.rivet.sandbox.Control#REGS}). Translated code has no stack:
 * calls and returns go through the dispatch table, and {@code bl}/{@code ret} only tell the processor's return predictor
 * which is which, so nothing can overflow or be forged. Addressing slots from sp costs no general register.
 * <li>x16, x17: scratch. x16 is half the target at an indirect jump, where the stubs expect it.
 * <li>x30: written by {@code bl}; otherwise the third scratch, and the one address cache of 31-register files.
 * <li>x28: host address of guest address 0.
 * <li>x29: gas; in unmetered 31-register files a guest register.
 * <li>RVE files: guest x1–x15 in x1–x15, all of them; x27: the dispatch table; x18–x21: address caches; x22: scratch;
 * x23–x26: x28 plus a constant, so that loads and stores with the most frequent offsets are one instruction each.
 * <li>files with 31 registers: each guest register in the host register of its own number where that is free, the others in
 * what is left of x0–x15 and x18–x27 (26, unmetered 27). The five (four) with the fewest uses, a use counting eight
 * times more for each loop around it, stay in their slots. The table's address is made by one {@code movz} a jump.
 * </ul>
 *
 * A 32-bit guest's registers are kept zero-extended. x18 is free on Linux, which is all the worker runs on.
 */
final class A64Registers {
    static final int T0 = 16;
    static final int T1 = 17;
    static final int LINK = 30;
    static final int BASE = 28;
    static final int GAS = 29;
    /** {@link #table} when the address is made on the fly. */
    static final int NONE = -1;

    private static final int HOSTS_LOW = 15;
    private static final int HOSTS_HIGH = 27;
    private static final int LOOP_SHIFT = 3;
    /** Guest offsets have 12 bits. */
    private static final int MOST_BIAS = 2048;
    private static final int MAX_DEPTH = 6;

    /** Host register of each guest register, or {@link HostCode#IN_MEMORY}; x0 has none. */
    final int[] homeOf;
    /** Register of gas, or {@link HostCode#IN_MEMORY}. */
    final int gas;
    /** What the gas register holds less than there is, where {@link GasPlan} has state 0. */
    final int reserve;
    /** Register of the dispatch table's address, or {@link #NONE}. */
    final int table;
    /** Third scratch. */
    final int t2;
    /** Registers that may hold the host address of a guest register within a block. */
    final int[] caches;
    /** How many registers from {@link #FIRST_BIASED} on hold the base plus a constant: {@link #bias}. */
    final int biases;

    static final int FIRST_BIASED = 23;
    private static final int BIASED = 4;
    /** Where {@link HostCode#homeOf} has the constants. */
    private static final int BIASES_AT = 32;

    private A64Registers(int[] homeOf, boolean embedded, Metering metering) {
        this.homeOf = homeOf;
        gas = metering == Metering.NONE ? HostCode.IN_MEMORY : GAS;
        reserve = metering == Metering.SYNC ? GasPlan.RESERVE : 0;
        table = embedded ? 27 : NONE;
        t2 = embedded ? 22 : LINK;
        caches = embedded ? new int[]{18, 19, 20, 21} : new int[]{LINK};
        biases = homeOf.length - BIASES_AT;
    }

    /** What register {@link #FIRST_BIASED} + n holds more than {@link #BASE}. */
    int bias(int n) {
        return homeOf[BIASES_AT + n];
    }

    /** The register that holds the base plus an offset, or {@link #NONE}. */
    int biased(int offset) {
        for (int n = 0; n < biases; n++) {
            if (homeOf[BIASES_AT + n] == offset) {
                return FIRST_BIASED + n;
            }
        }
        return NONE;
    }

    /** The map for a program. */
    static A64Registers of(Code code, Backend.Options options) {
        int[] home = new int[BIASES_AT + (code.embedded ? BIASED : 0)];
        Arrays.fill(home, HostCode.IN_MEMORY);
        if (code.embedded) {
            for (int r = 1; r < 16; r++) {
                home[r] = r;
            }
            chooseBiases(code, home);
        } else {
            hottest(code, home, options.metering() == Metering.NONE);
        }
        return new A64Registers(home, code.embedded, options.metering());
    }

    /** The map that a whole program was translated with. */
    static A64Registers of(HostCode main) {
        return new A64Registers(main.homeOf, main.code.embedded, main.options.metering());
    }

    /**
     * The offsets that would cost most additions: uses weighted by the loops around them, and less where others use the
     * same address in the same block, since one addition serves them all.
     */
    private static void chooseBiases(Code code, int[] home) {
        int[] depths = depths(code);
        long[] heat = new long[2 * MOST_BIAS + 1];
        int[] users = new int[32];
        int end;
        for (int start = 0; start < code.count; start = end + 1) {
            end = code.blockEnd(start);
            for (int i = start; i <= end; i++) {
                users[Inst.rs1(code.insts[i])] += offset(code.insts[i]) != 0 ? 1 : 0;
            }
            for (int i = start; i <= end; i++) {
                int offset = offset(code.insts[i]);
                int rs1 = Inst.rs1(code.insts[i]);
                if (offset != 0 && rs1 != 0) {
                    heat[offset + MOST_BIAS] += (1L << LOOP_SHIFT * depths[start] + 8) / users[rs1] / users[rs1];
                }
            }
            Arrays.fill(users, 0);
        }
        heat[MOST_BIAS] = -1;
        for (int n = 0; n < BIASED; n++) {
            int best = 0;
            for (int k = 1; k < heat.length; k++) {
                if (heat[k] > heat[best]) {
                    best = k;
                }
            }
            heat[best] = -1;
            home[BIASES_AT + n] = best - MOST_BIAS;
        }
    }

    /** Offset of a load or store; 0 for everything else. */
    private static int offset(long inst) {
        Op.Kind kind = Inst.op(inst).kind;
        return kind == Op.Kind.LOAD || kind == Op.Kind.STORE ? Inst.imm(inst) : 0;
    }

    private static boolean isHost(int r, boolean unmetered) {
        return r <= HOSTS_LOW || r > T1 && r <= HOSTS_HIGH || r == GAS && unmetered;
    }

    private static void hottest(Code code, int[] home, boolean unmetered) {
        long[] heat = heat(code);
        heat[0] = -1;
        boolean[] free = new boolean[32];
        int hosts = 0;
        for (int r = 0; r < 32; r++) {
            free[r] = isHost(r, unmetered);
            hosts += free[r] ? 1 : 0;
        }
        boolean[] chosen = new boolean[32];
        for (int n = 0; n < hosts; n++) {
            int best = 0;
            for (int r = 1; r < 32; r++) {
                if (heat[r] > heat[best]) {
                    best = r;
                }
            }
            heat[best] = -1;
            chosen[best] = true;
            if (free[best]) {
                home[best] = best;
                free[best] = false;
            }
        }
        int next = 0;
        for (int r = 1; r < 32; r++) {
            if (chosen[r] && home[r] == HostCode.IN_MEMORY) {
                while (!free[next]) {
                    next++;
                }
                home[r] = next++;
            }
        }
    }

    /** How many loops (ranges of backward branches) are around each instruction, {@link #MAX_DEPTH} at most. Linear. */
    private static int[] depths(Code code) {
        int[] change = new int[code.count + 1];
        for (int i = 0; i < code.count; i++) {
            long inst = code.insts[i];
            Op op = Inst.op(inst);
            if (op.kind == Op.Kind.BRANCH || op == Op.JAL && Inst.rd(inst) == 0) {
                int target = Inst.imm(inst) < 0 ? code.indexOf(code.pcs[i] + Inst.imm(inst)) : -1;
                if (target >= 0) {
                    change[target]++;
                    change[i + 1]--;
                }
            }
        }
        int depth = 0;
        for (int i = 0; i < code.count; i++) {
            depth += change[i];
            change[i] = Math.min(depth, MAX_DEPTH);
        }
        return change;
    }

    /** Uses of each register, weighted by the loops around them. */
    private static long[] heat(Code code) {
        int[] depths = depths(code);
        long[] heat = new long[32];
        for (int i = 0; i < code.count; i++) {
            long weight = 1L << LOOP_SHIFT * depths[i];
            long inst = code.insts[i];
            heat[Inst.rd(inst)] += weight;
            heat[Inst.rs1(inst)] += weight;
            heat[Inst.rs2(inst)] += weight;
        }
        return heat;
    }
}

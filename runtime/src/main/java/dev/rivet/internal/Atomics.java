package dev.rivet.internal;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/**
 * The A extension for one hart (Unpriv 14). Misaligned addresses are refused before anything else; sc succeeds iff the
 * last lr reserved the same address and width, and a failing sc touches no memory.
 */
final class Atomics {
    private final Hart hart;
    private final long[] x;
    private final Ram ram;
    private final long mask;

    /** Works on a hart and its memory; {@code mask} cuts results to the width of registers. */
    Atomics(Hart hart, Ram ram, long mask) {
        this.hart = hart;
        this.ram = ram;
        this.mask = mask;
        x = hart.regs;
    }

    /** Runs one instruction; false if its access is not allowed, and then nothing has changed but the fault's description. */
    boolean run(Op op, long inst) {
        int size = op.ordinal() < Op.LR_D.ordinal() ? 4 : 8;
        int address = (int) x[Inst.rs1(inst)];
        boolean write = op != Op.LR_W && op != Op.LR_D;
        boolean conditional = op == Op.SC_W || op == Op.SC_D;
        long key = Integer.toUnsignedLong(address) | (size == 4 ? 1 : 2);
        boolean holds = hart.reservation == key;
        boolean aligned = (address & size - 1) == 0;
        if (aligned && conditional && !holds) {
            hart.reservation = 0;
            set(inst, 1);
            return true;
        }
        if (!aligned || !(write ? ram.mayWrite(address, size) : ram.mayRead(address, size))) {
            hart.address = address;
            hart.write = write;
            return false;
        }
        long operand = x[Inst.rs2(inst)];
        if (conditional) {
            hart.reservation = 0;
            put(address, size, operand);
            set(inst, 0);
            return true;
        }
        long old = size == 4 ? ram.load32(address) : ram.load64(address);
        if (write) {
            put(address, size, size == 4 ? word(op, (int) old, (int) operand) : doubleword(op, old, operand));
        } else {
            hart.reservation = key;
        }
        set(inst, old);
        return true;
    }

    private void set(long inst, long value) {
        x[Inst.rd(inst)] = value & mask;
        x[0] = 0;
    }

    private void put(int address, int size, long value) {
        if (size == 4) {
            ram.store32(address, value);
        } else {
            ram.store64(address, value);
        }
    }

    private static int word(Op op, int old, int operand) {
        return switch (op) {
            case AMOSWAP_W -> operand;
            case AMOADD_W -> old + operand;
            case AMOXOR_W -> old ^ operand;
            case AMOAND_W -> old & operand;
            case AMOOR_W -> old | operand;
            case AMOMIN_W -> Math.min(old, operand);
            case AMOMAX_W -> Math.max(old, operand);
            case AMOMINU_W -> Integer.compareUnsigned(old, operand) < 0 ? old : operand;
            case AMOMAXU_W -> Integer.compareUnsigned(old, operand) > 0 ? old : operand;
            default -> throw new IllegalArgumentException(op + " is no word read-modify-write");
        };
    }

    private static long doubleword(Op op, long old, long operand) {
        return switch (op) {
            case AMOSWAP_D -> operand;
            case AMOADD_D -> old + operand;
            case AMOXOR_D -> old ^ operand;
            case AMOAND_D -> old & operand;
            case AMOOR_D -> old | operand;
            case AMOMIN_D -> Math.min(old, operand);
            case AMOMAX_D -> Math.max(old, operand);
            case AMOMINU_D -> Long.compareUnsigned(old, operand) < 0 ? old : operand;
            case AMOMAXU_D -> Long.compareUnsigned(old, operand) > 0 ? old : operand;
            default -> throw new IllegalArgumentException(op + " is no doubleword read-modify-write");
        };
    }
}

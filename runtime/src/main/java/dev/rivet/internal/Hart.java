package dev.rivet.internal;

import dev.rivet.ir.Code;

/**
 * The state of one guest hart, in the one form that every engine reads and writes and every comparison uses.
 *
 * <p><strong>Canonical registers</strong>: on RV64 a register is its 64 bits; on RV32 it is its 32 bits
 * <em>zero-extended</em> (what 32-bit operations of x86-64 and AArch64 leave behind). {@code regs[0]} is 0.
 */
public final class Hart {
    /** Guest registers x0–x31 in canonical form. */
    public final long[] regs = new long[32];
    /** Where to go on; at a stop, what {@link Stop} says. */
    public int pc;
    /** Gas left, 0 to 2⁶³−1. Not touched without metering. */
    public long gas;
    /** Address reserved by lr, with bit 0 set for .w and bit 1 for .d; 0 for none. */
    public long reservation;
    /** Effective address of a MEMORY_ACCESS, target of a BAD_JUMP. */
    public int address;
    /** Whether a MEMORY_ACCESS was a write. */
    public boolean write;

    /** The form of a value that registers of this width keep. */
    public static long canonical(int xlen, long value) {
        return xlen == 64 ? value : value & 0xffff_ffffL;
    }

    /** Makes the registers those of a fresh call: zero but for gp and tp, which the psABI says never change. */
    void clearForCall() {
        long gp = regs[3];
        long tp = regs[4];
        java.util.Arrays.fill(regs, 0);
        regs[3] = gp;
        regs[4] = tp;
        reservation = 0;
    }

    /** Index of the register that an ecall's number is in: t0 for RVE files, a7 otherwise. */
    static int numberRegister(Code code) {
        return code.embedded ? 5 : 17;
    }
}

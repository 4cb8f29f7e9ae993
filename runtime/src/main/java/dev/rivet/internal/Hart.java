package dev.rivet.internal;

import dev.rivet.frontend.ProgramText;
import java.util.Arrays;

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
    /** A call has just begun: whoever runs the hart drops what it remembers of the one before. */
    public boolean fresh;
    /** Effective address of a MEMORY_ACCESS, target of a BAD_JUMP. */
    public int address;
    /** Whether a MEMORY_ACCESS was a write. */
    public boolean write;

    /** Calls made in the interpreter. */
    final CallRecords calls = new CallRecords();

    /** The form of a value that registers of this width keep. */
    public static long canonical(int xlen, long value) {
        return xlen == 64 ? value : value & 0xffff_ffffL;
    }

    /** All zero, as in a new instance. */
    public void clear() {
        Arrays.fill(regs, 0);
        calls.clear();
        reservation = 0;
    }

    /** The state in which a function is called: zero but for sp, ra, and for gp and tp, which keep what they have. */
    public void startCall(long address, long sp, int returnTo) {
        long gp = regs[3];
        long tp = regs[4];
        startProgram(address, sp);
        regs[1] = Integer.toUnsignedLong(returnTo);
        regs[3] = gp;
        regs[4] = tp;
    }

    /** The state in which a program starts: zero but for sp. */
    public void startProgram(long entry, long sp) {
        clear();
        fresh = true;
        pc = (int) entry;
        regs[2] = sp;
    }

    /** Index of the register that an ecall's number is in: t0 for RVE files, a7 otherwise. */
    public static int numberRegister(ProgramText text) {
        return text.embedded() ? 5 : 17;
    }
}

package dev.rivet.aarch64;

import dev.rivet.ir.HostCode;

/**
 * What host instructions write, read from their encodings (Arm manual, C4.1 "A64 instruction set encoding"): enough to tell
 * that a stretch of translated code has written nothing but scratch registers, flags and vector registers. In doubt it says
 * no. This machine has no way to step through a process without a debugger; so a pause counts wherever a guest instruction can
 * begin again, not only at its first host instruction.
 */
final class A64Effects {
    private A64Effects() {
    }

    /** Whether the host code in [from, to) leaves guest registers, gas and memory alone. */
    static boolean none(HostCode host, int from, int to) {
        int kept = host.gasHome == HostCode.IN_MEMORY ? 0 : 1 << host.gasHome;
        for (int r = 1; r < 32; r++) {
            if (host.homeOf[r] != HostCode.IN_MEMORY) {
                kept |= 1 << host.homeOf[r];
            }
        }
        for (int at = from; at < to; at += 4) {
            if (!harmless(word(host.bytes, at), kept)) {
                return false;
            }
        }
        return true;
    }

    private static int word(byte[] code, int at) {
        return code[at] & 0xff | (code[at + 1] & 0xff) << 8 | (code[at + 2] & 0xff) << 16 | code[at + 3] << 24;
    }

    /** Whether an instruction writes no register of the set {@code kept}, and no memory. */
    private static boolean harmless(int word, int kept) {
        int group = word >>> 25 & 15;
        boolean spares = (kept & 1 << (word & 31)) == 0; // Rd or Rt
        if ((group & 0b1110) == 0b1010) {
            return true; // branches and system instructions; a call writes x30, which is no home
        }
        if ((group & 0b0101) == 0b0100) { // loads and stores
            boolean load = (word >>> 22 & 3) != 0;
            boolean pair = (word >>> 27 & 7) == 0b101;
            return load && !pair && spares;
        }
        // Data processing: immediate, register, vector (which may write a general register, too).
        return ((group & 0b1110) == 0b1000 || (group & 0b0111) == 0b0101 || (group & 0b0111) == 0b0111) && spares;
    }
}

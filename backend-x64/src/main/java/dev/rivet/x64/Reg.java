package dev.rivet.x64;

/** Numbers of the host's registers, as encodings have them. */
public final class Reg {
    // @formatter:off
    public static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;
    public static final int R8 = 8, R9 = 9, R10 = 10, R11 = 11, R12 = 12, R13 = 13, R14 = 14, R15 = 15;
    /** In {@link Mem}: no such register. */
    public static final int NONE = 16;
    public static final int XMM0 = 0, XMM1 = 1, XMM2 = 2, XMM3 = 3, XMM14 = 14, XMM15 = 15;
    // @formatter:on

    private Reg() {
    }
}

package dev.rivet.x64;

/**
 * A memory operand packed into a {@code long}, so that passing one allocates nothing.
 *
 * <pre>
 *  bits  0–31  displacement, signed; label for {@link #LABEL}; distance from the assembler's origin for {@link #NEAR}
 *  bits 32–36  base register or {@link Reg#NONE}
 *  bits 37–41  index register or {@link Reg#NONE}; never rsp
 *  bits 42–43  log2 of the index's scale
 *  bits 44–46  kind
 * </pre>
 */
public final class Mem {
    /** 64-bit address arithmetic. */
    static final int PLAIN = 0;
    /** 32-bit address arithmetic (67h prefix): the sum is taken modulo 2³². */
    static final int WRAP = 1;
    /** 64-bit address arithmetic behind the gs base. */
    static final int GS = 2;
    /** rip-relative to a fixed address near the code. */
    static final int NEAR = 3;
    /** rip-relative to a label. */
    static final int LABEL = 4;

    private static final long NO_REGISTERS = (long) (Reg.NONE | Reg.NONE << 5) << 32;

    private Mem() {
    }

    private static long pack(int kind, int base, int index, int shift, int disp) {
        return (long) (base | index << 5 | shift << 10 | kind << 12) << 32 | disp & 0xffff_ffffL;
    }

    /** {@code [base + disp]}. */
    public static long at(int base, int disp) {
        return pack(PLAIN, base, Reg.NONE, 0, disp);
    }

    /** {@code [base + (index << shift) + disp]}; base may be {@link Reg#NONE}. */
    public static long at(int base, int index, int shift, int disp) {
        return pack(PLAIN, base, index, shift, disp);
    }

    /** {@code [(base + disp) mod 2³²]}; base may be {@link Reg#NONE}. */
    public static long wrap(int base, int disp) {
        return pack(WRAP, base, Reg.NONE, 0, disp);
    }

    /** {@code [(base + (index << shift) + disp) mod 2³²]}; base may be {@link Reg#NONE}. */
    public static long wrap(int base, int index, int shift, int disp) {
        return pack(WRAP, base, index, shift, disp);
    }

    /** {@code gs:[(index << shift) + disp]}. */
    public static long gs(int index, int shift, int disp) {
        return pack(GS, Reg.NONE, index, shift, disp);
    }

    /** {@code [rip + …]} of the address {@code distance} bytes from the assembler's origin. */
    static long near(int distance) {
        return NO_REGISTERS | (long) NEAR << 44 | distance & 0xffff_ffffL;
    }

    /** {@code [rip + …]} of a label's position. */
    public static long label(int label) {
        return NO_REGISTERS | (long) LABEL << 44 | label & 0xffff_ffffL;
    }

    static int disp(long mem) {
        return (int) mem;
    }

    static int base(long mem) {
        return (int) (mem >>> 32) & 31;
    }

    static int index(long mem) {
        return (int) (mem >>> 37) & 31;
    }

    static int shift(long mem) {
        return (int) (mem >>> 42) & 3;
    }

    static int kind(long mem) {
        return (int) (mem >>> 44) & 7;
    }
}

package dev.rivet.ir;

/**
 * One lifted instruction, packed into a {@code long}. There are no objects of this class; hot loops read fields straight
 * from a {@code long[]}.
 *
 * <pre>
 *  bits  0– 7  op     ordinal of {@link Op}
 *  bits  8–12  rd     0 where the instruction has none
 *  bits 13–17  rs1    0 where it has none
 *  bits 18–22  rs2    0 where it has none
 *  bit  23     half   1 for a two-byte (compressed) encoding
 *  bits 32–63  imm    sign-extended immediate; shift amounts 0–63; branch and jal offsets in bytes; ILLEGAL: its bits
 * </pre>
 */
public final class Inst {
    private Inst() {
    }

    /** Packs an instruction; {@code size} is 2 or 4 bytes (0 for {@link Op#END}). */
    public static long pack(Op op, int rd, int rs1, int rs2, int imm, int size) {
        return op.ordinal() | (long) (rd & 31) << 8 | (long) (rs1 & 31) << 13 | (long) (rs2 & 31) << 18
                | (size == 2 ? 1L << 23 : 0) | (long) imm << 32;
    }

    /** The operation. */
    public static Op op(long inst) {
        return Op.of((int) inst & 0xff);
    }

    /** Ordinal of the operation. */
    public static int ordinal(long inst) {
        return (int) inst & 0xff;
    }

    /** Destination register, 0–31. */
    public static int rd(long inst) {
        return (int) inst >>> 8 & 31;
    }

    /** First source register, 0–31. */
    public static int rs1(long inst) {
        return (int) inst >>> 13 & 31;
    }

    /** Second source register, 0–31. */
    public static int rs2(long inst) {
        return (int) inst >>> 18 & 31;
    }

    /** Immediate, sign-extended to 32 bits. */
    public static int imm(long inst) {
        return (int) (inst >> 32);
    }

    /** Bytes of the encoding: 2 or 4, 0 for {@link Op#END}. */
    public static int size(long inst) {
        return ordinal(inst) == END ? 0 : (inst & 1L << 23) != 0 ? 2 : 4;
    }

    private static final int END = Op.END.ordinal();
}

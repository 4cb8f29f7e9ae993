package dev.rivet.tools.conform;

/**
 * Expands compressed instructions to 32-bit words: a second reading of the manual's chapter "C" and of Zcb, independent of
 * the decoder's table.
 */
public final class Halfwords {
    private Halfwords() {
    }

    /** The 32-bit word that a halfword stands for, or 0 when it is no instruction of this variant. */
    public static int expand(Isa isa, int h) {
        int w = switch (h & 3) {
            case 0 -> quadrant0(isa.xlen(), h);
            case 1 -> quadrant1(isa.xlen(), h);
            case 2 -> quadrant2(isa.xlen(), h);
            default -> 0;
        };
        return w;
    }

    private static int bit(int h, int from, int to) {
        return (h >>> from & 1) << to;
    }

    private static int bits(int h, int hi, int lo, int to) {
        return (h >>> lo & (1 << hi - lo + 1) - 1) << to;
    }

    private static int imm6(int h) {
        return (bit(h, 12, 5) | bits(h, 6, 2, 0)) << 26 >> 26;
    }

    private static int quadrant0(int xlen, int h) {
        int rd = (h >>> 2 & 7) + 8;
        int rs1 = (h >>> 7 & 7) + 8;
        int w = bits(h, 12, 10, 3) | bit(h, 6, 2) | bit(h, 5, 6);
        int d = bits(h, 12, 10, 3) | bits(h, 6, 5, 6);
        switch (h >>> 13) {
            case 0 : {
                int imm = bits(h, 12, 11, 4) | bits(h, 10, 7, 6) | bit(h, 6, 2) | bit(h, 5, 3);
                return imm == 0 ? 0 : Asm.iType(0x13, 0, rd, 2, imm);
            }
            case 2 :
                return Asm.iType(0x03, 2, rd, rs1, w);
            case 3 :
                return xlen == 64 ? Asm.iType(0x03, 3, rd, rs1, d) : 0;
            case 4 :
                return zcbMemory(h, rd, rs1);
            case 6 :
                return Asm.sType(0x23, 2, rs1, rd, w);
            case 7 :
                return xlen == 64 ? Asm.sType(0x23, 3, rs1, rd, d) : 0;
            default :
                return 0;
        }
    }

    private static int zcbMemory(int h, int rd, int rs1) {
        int b = bit(h, 6, 0) | bit(h, 5, 1);
        int hw = bit(h, 5, 1);
        boolean low = (h & 1 << 6) == 0;
        return switch (h >>> 10 & 7) {
            case 0 -> Asm.iType(0x03, 4, rd, rs1, b);
            case 1 -> Asm.iType(0x03, low ? 5 : 1, rd, rs1, hw);
            case 2 -> Asm.sType(0x23, 0, rs1, rd, b);
            case 3 -> low ? Asm.sType(0x23, 1, rs1, rd, hw) : 0;
            default -> 0;
        };
    }

    private static int quadrant1(int xlen, int h) {
        int rd = h >>> 7 & 31;
        int imm = imm6(h);
        switch (h >>> 13) {
            case 0 :
                return Asm.iType(0x13, 0, rd, rd, imm);
            case 1 :
                if (xlen == 32) {
                    return jal(1, h);
                }
                return rd == 0 ? 0 : Asm.iType(0x1b, 0, rd, rd, imm);
            case 2 :
                return Asm.iType(0x13, 0, rd, 0, imm);
            case 3 : {
                if (rd == 2) {
                    int i = (bit(h, 12, 9) | bit(h, 6, 4) | bit(h, 5, 6) | bits(h, 4, 3, 7) | bit(h, 2, 5)) << 22 >> 22;
                    return i == 0 ? 0 : Asm.iType(0x13, 0, 2, 2, i);
                }
                return imm == 0 ? 0 : imm << 12 | rd << 7 | 0x37;
            }
            case 4 :
                return arithmetic(xlen, h);
            case 5 :
                return jal(0, h);
            default : {
                int d = (bit(h, 12, 8) | bits(h, 11, 10, 3) | bits(h, 6, 5, 6) | bits(h, 4, 3, 1)
                        | bit(h, 2, 5)) << 23 >> 23;
                int rs1 = (h >>> 7 & 7) + 8;
                return bit(d, 12, 31) | bits(d, 10, 5, 25) | rs1 << 15 | (h >>> 13 == 7 ? 0x1000 : 0) | bits(d, 4, 1, 8)
                        | bit(d, 11, 7) | 0x63;
            }
        }
    }

    private static int jal(int rd, int h) {
        int d = (bit(h, 12, 11) | bit(h, 11, 4) | bits(h, 10, 9, 8) | bit(h, 8, 10) | bit(h, 7, 6) | bit(h, 6, 7)
                | bits(h, 5, 3, 1) | bit(h, 2, 5)) << 20 >> 20;
        return bit(d, 20, 31) | bits(d, 10, 1, 21) | bit(d, 11, 20) | bits(d, 19, 12, 12) | rd << 7 | 0x6f;
    }

    private static int arithmetic(int xlen, int h) {
        int rd = (h >>> 7 & 7) + 8;
        int rs2 = (h >>> 2 & 7) + 8;
        int shamt = imm6(h) & 63;
        switch (h >>> 10 & 3) {
            case 0 :
                return xlen == 32 && shamt > 31 ? 0 : Asm.iType(0x13, 5, rd, rd, shamt);
            case 1 :
                return xlen == 32 && shamt > 31 ? 0 : Asm.iType(0x13, 5, rd, rd, shamt | 0x400);
            case 2 :
                return Asm.iType(0x13, 7, rd, rd, imm6(h));
            default :
        }
        boolean wide = xlen == 64;
        return switch ((h >>> 12 & 1) << 2 | h >>> 5 & 3) {
            case 0 -> Asm.rType(0x33, 0, 32, rd, rd, rs2);
            case 1 -> Asm.rType(0x33, 4, 0, rd, rd, rs2);
            case 2 -> Asm.rType(0x33, 6, 0, rd, rd, rs2);
            case 3 -> Asm.rType(0x33, 7, 0, rd, rd, rs2);
            case 4 -> wide ? Asm.rType(0x3b, 0, 32, rd, rd, rs2) : 0;
            case 5 -> wide ? Asm.rType(0x3b, 0, 0, rd, rd, rs2) : 0;
            case 6 -> Asm.rType(0x33, 0, 1, rd, rd, rs2);
            default -> switch (h >>> 2 & 7) {
                case 0 -> Asm.iType(0x13, 7, rd, rd, 255);
                case 1 -> Asm.iType(0x13, 1, rd, rd, 0x604);
                case 2 -> Asm.rType(wide ? 0x3b : 0x33, 4, 4, rd, rd, 0);
                case 3 -> Asm.iType(0x13, 1, rd, rd, 0x605);
                case 4 -> wide ? Asm.rType(0x3b, 0, 4, rd, rd, 0) : 0;
                case 5 -> Asm.iType(0x13, 4, rd, rd, -1);
                default -> 0;
            };
        };
    }

    private static int quadrant2(int xlen, int h) {
        int rd = h >>> 7 & 31;
        int rs2 = h >>> 2 & 31;
        switch (h >>> 13) {
            case 0 : {
                int shamt = imm6(h) & 63;
                return xlen == 32 && shamt > 31 ? 0 : Asm.iType(0x13, 1, rd, rd, shamt);
            }
            case 2 : {
                int imm = bit(h, 12, 5) | bits(h, 6, 4, 2) | bits(h, 3, 2, 6);
                return rd == 0 ? 0 : Asm.iType(0x03, 2, rd, 2, imm);
            }
            case 3 : {
                int imm = bit(h, 12, 5) | bits(h, 6, 5, 3) | bits(h, 4, 2, 6);
                return rd == 0 || xlen == 32 ? 0 : Asm.iType(0x03, 3, rd, 2, imm);
            }
            case 4 : {
                boolean high = (h & 0x1000) != 0;
                if (rs2 != 0) {
                    return Asm.rType(0x33, 0, 0, rd, high ? rd : 0, rs2);
                }
                if (rd == 0) {
                    return high ? 0x100073 : 0;
                }
                return Asm.iType(0x67, 0, high ? 1 : 0, rd, 0);
            }
            case 6 :
                return Asm.sType(0x23, 2, 2, rs2, bits(h, 12, 9, 2) | bits(h, 8, 7, 6));
            case 7 :
                return xlen == 32 ? 0 : Asm.sType(0x23, 3, 2, rs2, bits(h, 12, 10, 3) | bits(h, 9, 7, 6));
            default :
                return 0;
        }
    }
}

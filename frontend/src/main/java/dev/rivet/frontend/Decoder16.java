package dev.rivet.frontend;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/**
 * Two-byte instructions to packed {@link Inst}, by hand for speed. {@link RvC} is the definition; a test compares all
 * 65,536 halfwords. Knows nothing of RVE.
 */
final class Decoder16 {
    private Decoder16() {
    }

    static long illegal(int half) {
        return Inst.pack(Op.ILLEGAL, 0, 0, 0, half, 2);
    }

    /** A halfword (0–65,535). */
    static long decode(int h, boolean rv64) {
        return switch (h & 3) {
            case 0 -> quadrant0(h, rv64);
            case 1 -> quadrant1(h, rv64);
            case 2 -> quadrant2(h, rv64);
            default -> illegal(h);
        };
    }

    private static long quadrant0(int h, boolean rv64) {
        int low = (h >>> 2 & 7) + 8;
        int base = (h >>> 7 & 7) + 8;
        int word = h >>> 7 & 0x38 | h >>> 4 & 4 | h << 1 & 0x40;
        int twice = h >>> 7 & 0x38 | h << 1 & 0xc0;
        switch (h >>> 13) {
            case 0 : {
                int imm = h >>> 7 & 0x30 | h >>> 1 & 0x3c0 | h >>> 4 & 4 | h >>> 2 & 8;
                return imm == 0 ? illegal(h) : Inst.pack(Op.ADDI, low, 2, 0, imm, 2);
            }
            case 2 :
                return Inst.pack(Op.LW, low, base, 0, word, 2);
            case 3 :
                return rv64 ? Inst.pack(Op.LD, low, base, 0, twice, 2) : illegal(h);
            case 4 :
                return zcbMemory(h, low, base);
            case 6 :
                return Inst.pack(Op.SW, 0, base, low, word, 2);
            case 7 :
                return rv64 ? Inst.pack(Op.SD, 0, base, low, twice, 2) : illegal(h);
            default :
                return illegal(h);
        }
    }

    private static long zcbMemory(int h, int low, int base) {
        int half = h >>> 4 & 2;
        return switch (h >>> 10 & 7) {
            case 0 -> Inst.pack(Op.LBU, low, base, 0, half | h >>> 6 & 1, 2);
            case 1 -> Inst.pack((h & 0x40) == 0 ? Op.LHU : Op.LH, low, base, 0, half, 2);
            case 2 -> Inst.pack(Op.SB, 0, base, low, half | h >>> 6 & 1, 2);
            case 3 -> (h & 0x40) == 0 ? Inst.pack(Op.SH, 0, base, low, half, 2) : illegal(h);
            default -> illegal(h);
        };
    }

    private static long quadrant1(int h, boolean rv64) {
        int rd = h >>> 7 & 31;
        int imm = h << 19 >> 31 << 5 | h >>> 2 & 31;
        switch (h >>> 13) {
            case 0 :
                return Inst.pack(Op.ADDI, rd, rd, 0, imm, 2);
            case 1 :
                if (!rv64) {
                    return Inst.pack(Op.JAL, 1, 0, 0, jump(h), 2);
                }
                return rd == 0 ? illegal(h) : Inst.pack(Op.ADDIW, rd, rd, 0, imm, 2);
            case 2 :
                return Inst.pack(Op.ADDI, rd, 0, 0, imm, 2);
            case 3 :
                if (imm == 0) {
                    return illegal(h);
                }
                return rd == 2 ? Inst.pack(Op.ADDI, 2, 2, 0, sp16(h), 2) : Inst.pack(Op.LUI, rd, 0, 0, imm << 12, 2);
            case 4 :
                return arithmetic(h, rv64, imm);
            case 5 :
                return Inst.pack(Op.JAL, 0, 0, 0, jump(h), 2);
            case 6 :
                return Inst.pack(Op.BEQ, 0, (h >>> 7 & 7) + 8, 0, branch(h), 2);
            default :
                return Inst.pack(Op.BNE, 0, (h >>> 7 & 7) + 8, 0, branch(h), 2);
        }
    }

    private static int sp16(int h) {
        return h << 19 >> 31 << 9 | h >>> 2 & 0x10 | h << 1 & 0x40 | h << 4 & 0x180 | h << 3 & 0x20;
    }

    private static int jump(int h) {
        return h << 19 >> 31 << 11 | h >>> 7 & 0x10 | h >>> 1 & 0x300 | h << 2 & 0x400 | h >>> 1 & 0x40 | h << 1 & 0x80
                | h >>> 2 & 0xe | h << 3 & 0x20;
    }

    private static int branch(int h) {
        return h << 19 >> 31 << 8 | h >>> 7 & 0x18 | h << 1 & 0xc0 | h >>> 2 & 6 | h << 3 & 0x20;
    }

    private static long arithmetic(int h, boolean rv64, int imm) {
        int rd = (h >>> 7 & 7) + 8;
        int rs2 = (h >>> 2 & 7) + 8;
        boolean high = (h & 0x1000) != 0;
        switch (h >>> 10 & 3) {
            case 0 :
                return high && !rv64 ? illegal(h) : Inst.pack(Op.SRLI, rd, rd, 0, imm & 63, 2);
            case 1 :
                return high && !rv64 ? illegal(h) : Inst.pack(Op.SRAI, rd, rd, 0, imm & 63, 2);
            case 2 :
                return Inst.pack(Op.ANDI, rd, rd, 0, imm, 2);
            default :
                break;
        }
        if (!high) {
            return switch (h >>> 5 & 3) {
                case 0 -> Inst.pack(Op.SUB, rd, rd, rs2, 0, 2);
                case 1 -> Inst.pack(Op.XOR, rd, rd, rs2, 0, 2);
                case 2 -> Inst.pack(Op.OR, rd, rd, rs2, 0, 2);
                default -> Inst.pack(Op.AND, rd, rd, rs2, 0, 2);
            };
        }
        return switch (h >>> 5 & 3) {
            case 0 -> rv64 ? Inst.pack(Op.SUBW, rd, rd, rs2, 0, 2) : illegal(h);
            case 1 -> rv64 ? Inst.pack(Op.ADDW, rd, rd, rs2, 0, 2) : illegal(h);
            case 2 -> Inst.pack(Op.MUL, rd, rd, rs2, 0, 2);
            default -> zcbUnary(h, rv64, rd);
        };
    }

    private static long zcbUnary(int h, boolean rv64, int rd) {
        return switch (h >>> 2 & 7) {
            case 0 -> Inst.pack(Op.ANDI, rd, rd, 0, 255, 2);
            case 1 -> Inst.pack(Op.SEXT_B, rd, rd, 0, 0, 2);
            case 2 -> Inst.pack(Op.ZEXT_H, rd, rd, 0, 0, 2);
            case 3 -> Inst.pack(Op.SEXT_H, rd, rd, 0, 0, 2);
            case 4 -> rv64 ? Inst.pack(Op.ADD_UW, rd, rd, 0, 0, 2) : illegal(h);
            case 5 -> Inst.pack(Op.XORI, rd, rd, 0, -1, 2);
            default -> illegal(h);
        };
    }

    private static long quadrant2(int h, boolean rv64) {
        int rd = h >>> 7 & 31;
        int rs2 = h >>> 2 & 31;
        boolean high = (h & 0x1000) != 0;
        switch (h >>> 13) {
            case 0 :
                return high && !rv64 ? illegal(h) : Inst.pack(Op.SLLI, rd, rd, 0, h >>> 7 & 32 | rs2, 2);
            case 2 :
                return rd == 0
                        ? illegal(h)
                        : Inst.pack(Op.LW, rd, 2, 0, h >>> 7 & 0x20 | h >>> 2 & 0x1c | h << 4 & 0xc0, 2);
            case 3 :
                return rd == 0 || !rv64
                        ? illegal(h)
                        : Inst.pack(Op.LD, rd, 2, 0, h >>> 7 & 0x20 | h >>> 2 & 0x18 | h << 4 & 0x1c0, 2);
            case 4 :
                if (rs2 != 0) {
                    return Inst.pack(Op.ADD, rd, high ? rd : 0, rs2, 0, 2);
                }
                if (rd != 0) {
                    return Inst.pack(Op.JALR, high ? 1 : 0, rd, 0, 0, 2);
                }
                return high ? Inst.pack(Op.EBREAK, 0, 0, 0, 0, 2) : illegal(h);
            case 6 :
                return Inst.pack(Op.SW, 0, 2, rs2, h >>> 7 & 0x3c | h >>> 1 & 0xc0, 2);
            case 7 :
                return rv64 ? Inst.pack(Op.SD, 0, 2, rs2, h >>> 7 & 0x38 | h >>> 1 & 0x1c0, 2) : illegal(h);
            default :
                return illegal(h);
        }
    }
}

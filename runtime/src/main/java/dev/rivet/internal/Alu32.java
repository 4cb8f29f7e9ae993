package dev.rivet.internal;

import dev.rivet.ir.Op;

/**
 * What each register-only instruction of RV32 computes, straight from the manual. Registers of RV32 programs are kept
 * zero-extended in a {@code long} everywhere in Rivet; this class works on their low 32 bits. Owns the arithmetic and
 * nothing else: no registers, no memory, no control flow.
 */
final class Alu32 {
    private Alu32() {
    }

    /**
     * The value of rd, zero-extended.
     *
     * @param a value of rs1
     * @param b value of rs2
     * @param imm immediate or shift amount
     * @param pc guest address of the instruction
     */
    static long eval(Op op, long a, long b, int imm, int pc) {
        return eval(op, (int) a, (int) b, imm, pc) & 0xffff_ffffL;
    }

    private static int eval(Op op, int a, int b, int imm, int pc) {
        return switch (op) {
            // RV32I (Unpriv 2.4)
            case LUI -> imm;
            case AUIPC -> pc + imm;
            case ADDI -> a + imm;
            case SLTI -> a < imm ? 1 : 0;
            case SLTIU -> Integer.compareUnsigned(a, imm) < 0 ? 1 : 0;
            case XORI -> a ^ imm;
            case ORI -> a | imm;
            case ANDI -> a & imm;
            case SLLI -> a << imm;
            case SRLI -> a >>> imm;
            case SRAI -> a >> imm;
            case ADD -> a + b;
            case SUB -> a - b;
            case SLL -> a << (b & 31);
            case SLT -> a < b ? 1 : 0;
            case SLTU -> Integer.compareUnsigned(a, b) < 0 ? 1 : 0;
            case XOR -> a ^ b;
            case SRL -> a >>> (b & 31);
            case SRA -> a >> (b & 31);
            case OR -> a | b;
            case AND -> a & b;
            // M (Unpriv 13): division by zero gives −1 and the dividend, overflow the dividend and 0
            case MUL -> a * b;
            case MULH -> (int) ((long) a * b >> 32);
            case MULHSU -> (int) ((long) a * Integer.toUnsignedLong(b) >> 32);
            case MULHU -> (int) (Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b) >>> 32);
            case DIV -> b == 0 ? -1 : a / b;
            case DIVU -> b == 0 ? -1 : Integer.divideUnsigned(a, b);
            case REM -> b == 0 ? a : a % b;
            case REMU -> b == 0 ? a : Integer.remainderUnsigned(a, b);
            // Zba
            case SH1ADD -> b + (a << 1);
            case SH2ADD -> b + (a << 2);
            case SH3ADD -> b + (a << 3);
            // Zbb
            case ANDN -> a & ~b;
            case ORN -> a | ~b;
            case XNOR -> ~(a ^ b);
            case CLZ -> Integer.numberOfLeadingZeros(a);
            case CTZ -> Integer.numberOfTrailingZeros(a);
            case CPOP -> Integer.bitCount(a);
            case MAX -> Math.max(a, b);
            case MAXU -> Integer.compareUnsigned(a, b) > 0 ? a : b;
            case MIN -> Math.min(a, b);
            case MINU -> Integer.compareUnsigned(a, b) < 0 ? a : b;
            case SEXT_B -> (byte) a;
            case SEXT_H -> (short) a;
            case ZEXT_H -> a & 0xffff;
            case ROL -> Integer.rotateLeft(a, b & 31);
            case ROR -> Integer.rotateRight(a, b & 31);
            case RORI -> Integer.rotateRight(a, imm);
            case ORC_B -> (int) Alu64.orcB(Integer.toUnsignedLong(a));
            case REV8 -> Integer.reverseBytes(a);
            // Zbs
            case BCLR -> a & ~(1 << (b & 31));
            case BCLRI -> a & ~(1 << imm);
            case BEXT -> a >>> (b & 31) & 1;
            case BEXTI -> a >>> imm & 1;
            case BINV -> a ^ 1 << (b & 31);
            case BINVI -> a ^ 1 << imm;
            case BSET -> a | 1 << (b & 31);
            case BSETI -> a | 1 << imm;
            // Zbc: the product of two 32-bit polynomials fits 63 bits
            case CLMUL -> (int) product(a, b);
            case CLMULH -> (int) (product(a, b) >>> 32);
            case CLMULR -> (int) (product(a, b) >>> 31);
            // Zbkb, Zbkx
            case PACK -> a & 0xffff | b << 16;
            case PACKH -> a & 0xff | (b & 0xff) << 8;
            case BREV8 -> Integer.reverseBytes(Integer.reverse(a));
            case ZIP -> zip(a);
            case UNZIP -> unzip(a);
            case XPERM4 -> xperm(a, b, 4);
            case XPERM8 -> xperm(a, b, 8);
            // Zicond
            case CZERO_EQZ -> b == 0 ? 0 : a;
            case CZERO_NEZ -> b != 0 ? 0 : a;
            // word instructions are RV64's
            case ADDIW, SLLIW, SRLIW, SRAIW, ADDW, SUBW, SLLW, SRLW, SRAW, MULW, DIVW, DIVUW, REMW, REMUW, ADD_UW,
                    SH1ADD_UW,
                    SH2ADD_UW, SH3ADD_UW, SLLI_UW, CLZW, CTZW, CPOPW, ROLW, RORW, RORIW, PACKW ->
                throw new IllegalArgumentException(op + " is no instruction of RV32");
            case JAL, JALR, BEQ, BNE, BLT, BGE, BLTU, BGEU, LB, LH, LW, LD, LBU, LHU, LWU, SB, SH, SW, SD, FENCE,
                    FENCE_I, ECALL,
                    EBREAK, LR_W, SC_W, AMOSWAP_W, AMOADD_W, AMOXOR_W, AMOAND_W, AMOOR_W, AMOMIN_W, AMOMAX_W, AMOMINU_W,
                    AMOMAXU_W, LR_D, SC_D, AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D, AMOMIN_D, AMOMAX_D,
                    AMOMINU_D,
                    AMOMAXU_D, ILLEGAL, END ->
                throw new IllegalArgumentException(op + " is no register instruction of RV32");
        };
    }

    private static long product(int a, int b) {
        long out = 0;
        for (int i = 0; i < 32; i++) {
            if ((b >>> i & 1) != 0) {
                out ^= Integer.toUnsignedLong(a) << i;
            }
        }
        return out;
    }

    /** Low half to the even bits, high half to the odd ones. */
    private static int zip(int a) {
        int out = 0;
        for (int i = 0; i < 16; i++) {
            out |= (a >>> i & 1) << 2 * i | (a >>> i + 16 & 1) << 2 * i + 1;
        }
        return out;
    }

    private static int unzip(int a) {
        int out = 0;
        for (int i = 0; i < 16; i++) {
            out |= (a >>> 2 * i & 1) << i | (a >>> 2 * i + 1 & 1) << i + 16;
        }
        return out;
    }

    /** Each field of b picks a field of a, 0 where there is no such field. */
    private static int xperm(int a, int b, int width) {
        int mask = (1 << width) - 1;
        int out = 0;
        for (int i = 0; i < 32; i += width) {
            int index = b >>> i & mask;
            if (index < 32 / width) {
                out |= (a >>> index * width & mask) << i;
            }
        }
        return out;
    }
}

package dev.rivet.internal;

import dev.rivet.ir.Op;

/**
 * What each register-only instruction of RV64 computes, straight from the manual. Owns the arithmetic and nothing else: no
 * registers, no memory, no control flow.
 */
final class Alu64 {
    private static final long U32 = 0xffff_ffffL;

    private Alu64() {
    }

    /**
     * The value of rd.
     *
     * @param a value of rs1
     * @param b value of rs2
     * @param imm immediate or shift amount
     * @param pc guest address of the instruction
     */
    static long eval(Op op, long a, long b, int imm, int pc) {
        return switch (op) {
            // RV64I (Unpriv 2.4, 4.2)
            case LUI -> imm;
            case AUIPC -> (pc & U32) + imm;
            case ADDI -> a + imm;
            case SLTI -> a < imm ? 1 : 0;
            case SLTIU -> Long.compareUnsigned(a, imm) < 0 ? 1 : 0;
            case XORI -> a ^ imm;
            case ORI -> a | imm;
            case ANDI -> a & imm;
            case SLLI -> a << imm;
            case SRLI -> a >>> imm;
            case SRAI -> a >> imm;
            case ADD -> a + b;
            case SUB -> a - b;
            case SLL -> a << (b & 63);
            case SLT -> a < b ? 1 : 0;
            case SLTU -> Long.compareUnsigned(a, b) < 0 ? 1 : 0;
            case XOR -> a ^ b;
            case SRL -> a >>> (b & 63);
            case SRA -> a >> (b & 63);
            case OR -> a | b;
            case AND -> a & b;
            case ADDIW -> (int) a + imm;
            case SLLIW -> (int) a << imm;
            case SRLIW -> (int) a >>> imm;
            case SRAIW -> (int) a >> imm;
            case ADDW -> (int) a + (int) b;
            case SUBW -> (int) a - (int) b;
            case SLLW -> (int) a << (b & 31);
            case SRLW -> (int) a >>> (b & 31);
            case SRAW -> (int) a >> (b & 31);
            // M (Unpriv 13): division by zero gives −1 and the dividend, overflow the dividend and 0
            case MUL -> a * b;
            case MULH -> Math.multiplyHigh(a, b);
            case MULHSU -> Math.multiplyHigh(a, b) + (b < 0 ? a : 0);
            case MULHU -> Math.unsignedMultiplyHigh(a, b);
            case DIV -> b == 0 ? -1 : a / b;
            case DIVU -> b == 0 ? -1 : Long.divideUnsigned(a, b);
            case REM -> b == 0 ? a : a % b;
            case REMU -> b == 0 ? a : Long.remainderUnsigned(a, b);
            case MULW -> (int) a * (int) b;
            case DIVW -> (int) b == 0 ? -1 : (int) a / (int) b;
            case DIVUW -> (int) b == 0 ? -1 : Integer.divideUnsigned((int) a, (int) b);
            case REMW -> (int) b == 0 ? (int) a : (int) a % (int) b;
            case REMUW -> (int) b == 0 ? (int) a : Integer.remainderUnsigned((int) a, (int) b);
            // Zba
            case ADD_UW -> b + (a & U32);
            case SH1ADD -> b + (a << 1);
            case SH2ADD -> b + (a << 2);
            case SH3ADD -> b + (a << 3);
            case SH1ADD_UW -> b + ((a & U32) << 1);
            case SH2ADD_UW -> b + ((a & U32) << 2);
            case SH3ADD_UW -> b + ((a & U32) << 3);
            case SLLI_UW -> (a & U32) << imm;
            // Zbb
            case ANDN -> a & ~b;
            case ORN -> a | ~b;
            case XNOR -> ~(a ^ b);
            case CLZ -> Long.numberOfLeadingZeros(a);
            case CLZW -> Integer.numberOfLeadingZeros((int) a);
            case CTZ -> Long.numberOfTrailingZeros(a);
            case CTZW -> Integer.numberOfTrailingZeros((int) a);
            case CPOP -> Long.bitCount(a);
            case CPOPW -> Integer.bitCount((int) a);
            case MAX -> Math.max(a, b);
            case MAXU -> Long.compareUnsigned(a, b) > 0 ? a : b;
            case MIN -> Math.min(a, b);
            case MINU -> Long.compareUnsigned(a, b) < 0 ? a : b;
            case SEXT_B -> (byte) a;
            case SEXT_H -> (short) a;
            case ZEXT_H -> a & 0xffff;
            case ROL -> Long.rotateLeft(a, (int) b & 63);
            case ROLW -> Integer.rotateLeft((int) a, (int) b & 31);
            case ROR -> Long.rotateRight(a, (int) b & 63);
            case RORW -> Integer.rotateRight((int) a, (int) b & 31);
            case RORI -> Long.rotateRight(a, imm);
            case RORIW -> Integer.rotateRight((int) a, imm);
            case ORC_B -> orcB(a);
            case REV8 -> Long.reverseBytes(a);
            // Zbs
            case BCLR -> a & ~(1L << (b & 63));
            case BCLRI -> a & ~(1L << imm);
            case BEXT -> a >>> (b & 63) & 1;
            case BEXTI -> a >>> imm & 1;
            case BINV -> a ^ 1L << (b & 63);
            case BINVI -> a ^ 1L << imm;
            case BSET -> a | 1L << (b & 63);
            case BSETI -> a | 1L << imm;
            // Zbc
            case CLMUL -> clmul(a, b);
            case CLMULH -> clmulh(a, b);
            case CLMULR -> clmulr(a, b);
            // Zbkb, Zbkx
            case PACK -> a & U32 | b << 32;
            case PACKH -> a & 0xff | (b & 0xff) << 8;
            case PACKW -> (int) (a & 0xffff | b << 16);
            case BREV8 -> Long.reverseBytes(Long.reverse(a));
            case XPERM4 -> xperm(a, b, 4);
            case XPERM8 -> xperm(a, b, 8);
            // Zicond
            case CZERO_EQZ -> b == 0 ? 0 : a;
            case CZERO_NEZ -> b != 0 ? 0 : a;
            // zip and unzip are RV32's
            case JAL, JALR, BEQ, BNE, BLT, BGE, BLTU, BGEU, LB, LH, LW, LD, LBU, LHU, LWU, SB, SH, SW, SD, FENCE,
                    FENCE_I, ECALL,
                    EBREAK, LR_W, SC_W, AMOSWAP_W, AMOADD_W, AMOXOR_W, AMOAND_W, AMOOR_W, AMOMIN_W, AMOMAX_W, AMOMINU_W,
                    AMOMAXU_W, LR_D, SC_D, AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D, AMOMIN_D, AMOMAX_D,
                    AMOMINU_D,
                    AMOMAXU_D, ZIP, UNZIP, ILLEGAL, END ->
                throw new IllegalArgumentException(op + " is no register instruction of RV64");
        };
    }

    /** Each byte that is not zero becomes 0xff. */
    static long orcB(long a) {
        long out = 0;
        for (int i = 0; i < 64; i += 8) {
            if ((a >>> i & 0xff) != 0) {
                out |= 0xffL << i;
            }
        }
        return out;
    }

    private static long clmul(long a, long b) {
        long out = 0;
        for (int i = 0; i < 64; i++) {
            if ((b >>> i & 1) != 0) {
                out ^= a << i;
            }
        }
        return out;
    }

    private static long clmulh(long a, long b) {
        long out = 0;
        for (int i = 1; i < 64; i++) {
            if ((b >>> i & 1) != 0) {
                out ^= a >>> 64 - i;
            }
        }
        return out;
    }

    private static long clmulr(long a, long b) {
        long out = 0;
        for (int i = 0; i < 64; i++) {
            if ((b >>> i & 1) != 0) {
                out ^= a >>> 63 - i;
            }
        }
        return out;
    }

    /** Each field of b picks a field of a, 0 where there is no such field. */
    private static long xperm(long a, long b, int width) {
        long mask = (1L << width) - 1;
        long out = 0;
        for (int i = 0; i < 64; i += width) {
            long index = b >>> i & mask;
            if (index < 64 / width) {
                out |= (a >>> index * width & mask) << i;
            }
        }
        return out;
    }
}

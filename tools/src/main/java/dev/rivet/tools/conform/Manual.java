package dev.rivet.tools.conform;

import dev.rivet.ir.Op;
import java.math.BigInteger;

/**
 * The manual's definitions of the register-only instructions, written a second time: bit by bit and over big integers,
 * slow and plain. It shares nothing with the interpreter and judges it where qemu does not know an extension.
 */
public final class Manual {
    private static final BigInteger ONE = BigInteger.ONE;

    private Manual() {
    }

    /**
     * The value rd gets.
     *
     * @param a rs1, sign-extended from the width
     * @param b rs2, or the immediate where the instruction has one (the whole value for lui and auipc)
     * @param pc of the instruction, for auipc
     */
    public static long result(Op op, int xlen, long a, long b, int pc) {
        BigInteger v = wide(op, xlen, signed(a, xlen), signed(b, xlen), pc & 0xffffffffL);
        return Vectors.cut(xlen, v.longValue());
    }

    private static BigInteger signed(long v, int bits) {
        return BigInteger.valueOf(bits == 64 ? v : v << 64 - bits >> 64 - bits);
    }

    private static BigInteger unsigned(BigInteger v, int bits) {
        return v.and(ONE.shiftLeft(bits).subtract(ONE));
    }

    private static BigInteger sext(BigInteger v, int bits) {
        BigInteger u = unsigned(v, bits);
        return u.testBit(bits - 1) ? u.subtract(ONE.shiftLeft(bits)) : u;
    }

    private static BigInteger flag(boolean b) {
        return b ? ONE : BigInteger.ZERO;
    }

    private static BigInteger wide(Op op, int x, BigInteger a, BigInteger b, long pc) {
        BigInteger ua = unsigned(a, x);
        BigInteger ub = unsigned(b, x);
        int sh = b.intValue() & x - 1;
        int shw = b.intValue() & 31;
        BigInteger aw = sext(a, 32);
        BigInteger bw = sext(b, 32);
        BigInteger uaw = unsigned(a, 32);
        return switch (op) {
            case LUI -> b;
            case AUIPC -> b.add(BigInteger.valueOf(pc));
            case ADD, ADDI -> a.add(b);
            case SUB -> a.subtract(b);
            case SLT, SLTI -> flag(a.compareTo(b) < 0);
            case SLTU, SLTIU -> flag(ua.compareTo(ub) < 0);
            case XOR, XORI -> a.xor(b);
            case OR, ORI -> a.or(b);
            case AND, ANDI -> a.and(b);
            case SLL, SLLI -> a.shiftLeft(sh);
            case SRL, SRLI -> ua.shiftRight(sh);
            case SRA, SRAI -> a.shiftRight(sh);
            case ADDW, ADDIW -> sext(a.add(b), 32);
            case SUBW -> sext(a.subtract(b), 32);
            case SLLW, SLLIW -> sext(a.shiftLeft(shw), 32);
            case SRLW, SRLIW -> sext(uaw.shiftRight(shw), 32);
            case SRAW, SRAIW -> aw.shiftRight(shw);
            case MUL -> a.multiply(b);
            case MULH -> a.multiply(b).shiftRight(x);
            case MULHSU -> a.multiply(ub).shiftRight(x);
            case MULHU -> ua.multiply(ub).shiftRight(x);
            case MULW -> sext(a.multiply(b), 32);
            case DIV -> b.signum() == 0 ? ONE.negate() : a.divide(b);
            case DIVU -> ub.signum() == 0 ? ONE.negate() : ua.divide(ub);
            case REM -> b.signum() == 0 ? a : a.remainder(b);
            case REMU -> ub.signum() == 0 ? a : ua.remainder(ub);
            case DIVW -> bw.signum() == 0 ? ONE.negate() : sext(aw.divide(bw), 32);
            case DIVUW -> bw.signum() == 0 ? ONE.negate() : sext(uaw.divide(unsigned(b, 32)), 32);
            case REMW -> bw.signum() == 0 ? aw : sext(aw.remainder(bw), 32);
            case REMUW -> bw.signum() == 0 ? aw : sext(uaw.remainder(unsigned(b, 32)), 32);
            default -> bitManipulation(op, x, a, b);
        };
    }

    private static BigInteger bitManipulation(Op op, int x, BigInteger a, BigInteger b) {
        BigInteger ua = unsigned(a, x);
        BigInteger ub = unsigned(b, x);
        BigInteger uaw = unsigned(a, 32);
        int sh = b.intValue() & x - 1;
        int shw = b.intValue() & 31;
        return switch (op) {
            case ADD_UW -> uaw.add(b);
            case SH1ADD -> a.shiftLeft(1).add(b);
            case SH2ADD -> a.shiftLeft(2).add(b);
            case SH3ADD -> a.shiftLeft(3).add(b);
            case SH1ADD_UW -> uaw.shiftLeft(1).add(b);
            case SH2ADD_UW -> uaw.shiftLeft(2).add(b);
            case SH3ADD_UW -> uaw.shiftLeft(3).add(b);
            case SLLI_UW -> uaw.shiftLeft(sh);
            case ANDN -> a.andNot(b);
            case ORN -> a.or(b.not());
            case XNOR -> a.xor(b).not();
            case CLZ -> count(x - ua.bitLength());
            case CLZW -> count(32 - uaw.bitLength());
            case CTZ -> count(ua.signum() == 0 ? x : ua.getLowestSetBit());
            case CTZW -> count(uaw.signum() == 0 ? 32 : uaw.getLowestSetBit());
            case CPOP -> count(ua.bitCount());
            case CPOPW -> count(uaw.bitCount());
            case MAX -> a.max(b);
            case MIN -> a.min(b);
            case MAXU -> ua.max(ub);
            case MINU -> ua.min(ub);
            case SEXT_B -> sext(a, 8);
            case SEXT_H -> sext(a, 16);
            case ZEXT_H -> unsigned(a, 16);
            case ROL -> ua.shiftLeft(sh).or(ua.shiftRight(x - sh));
            case ROR, RORI -> ua.shiftRight(sh).or(ua.shiftLeft(x - sh));
            case ROLW -> sext(uaw.shiftLeft(shw).or(uaw.shiftRight(32 - shw)), 32);
            case RORW, RORIW -> sext(uaw.shiftRight(shw).or(uaw.shiftLeft(32 - shw)), 32);
            case BCLR, BCLRI -> ua.clearBit(sh);
            case BEXT, BEXTI -> flag(ua.testBit(sh));
            case BINV, BINVI -> ua.flipBit(sh);
            case BSET, BSETI -> ua.setBit(sh);
            case CLMUL -> carryless(ua, ub, x);
            case CLMULH -> carryless(ua, ub, x).shiftRight(x);
            case CLMULR -> carryless(ua, ub, x).shiftRight(x - 1);
            case CZERO_EQZ -> b.signum() == 0 ? BigInteger.ZERO : a;
            case CZERO_NEZ -> b.signum() != 0 ? BigInteger.ZERO : a;
            case PACK -> unsigned(a, x / 2).or(unsigned(b, x / 2).shiftLeft(x / 2));
            case PACKH -> unsigned(a, 8).or(unsigned(b, 8).shiftLeft(8));
            case PACKW -> sext(unsigned(a, 16).or(unsigned(b, 16).shiftLeft(16)), 32);
            default -> permutation(op, x, ua, ub);
        };
    }

    private static BigInteger permutation(Op op, int x, BigInteger a, BigInteger b) {
        BigInteger r = BigInteger.ZERO;
        for (int i = 0; i < x; i++) {
            boolean bit = switch (op) {
                case ORC_B -> unsigned(a.shiftRight(i & ~7), 8).signum() != 0;
                case REV8 -> a.testBit(x - 8 - (i & ~7) + (i & 7));
                case BREV8 -> a.testBit((i & ~7) + 7 - (i & 7));
                case ZIP -> a.testBit((i & 1) == 0 ? i / 2 : i / 2 + x / 2);
                case UNZIP -> a.testBit(i < x / 2 ? 2 * i : 2 * (i - x / 2) + 1);
                case XPERM4 -> lookup(a, b, i, 4, x);
                case XPERM8 -> lookup(a, b, i, 8, x);
                default -> throw new IllegalArgumentException(op + " is no register-only instruction");
            };
            if (bit) {
                r = r.setBit(i);
            }
        }
        return r;
    }

    private static boolean lookup(BigInteger a, BigInteger b, int bit, int width, int x) {
        int index = unsigned(b.shiftRight(bit / width * width), width).intValue();
        return index < x / width && a.testBit(index * width + bit % width);
    }

    private static BigInteger carryless(BigInteger a, BigInteger b, int x) {
        BigInteger r = BigInteger.ZERO;
        for (int i = 0; i < x; i++) {
            if (b.testBit(i)) {
                r = r.xor(a.shiftLeft(i));
            }
        }
        return r;
    }

    private static BigInteger count(int n) {
        return BigInteger.valueOf(n);
    }
}

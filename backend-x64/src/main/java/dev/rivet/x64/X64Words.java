package dev.rivet.x64;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/**
 * Says, for blocks with 32-bit rotations on RV64, where results are sign-extended. Sign extension commutes with bitwise
 * operations, so what only these and readers of lower halves use is not extended itself ({@link #isLow}), and what comes
 * out of them is extended behind them ({@link #isExtended}), once for all that went in.
 *
 * <p>Whatever is not extended is overwritten in the same block; a fault or a pause in between is mended as
 * {@link dev.rivet.ir.HostCode#lowOnly} says. Any other reader finds all 64 bits.
 *
 * <p>Two passes over a block, the first time one of its rotations is met: forwards for what is a sign extension at all,
 * backwards for who reads what.
 */
final class X64Words {
    // What an operation does with its sources and makes.
    /** Reads the lower half of rs1 only. */
    private static final int LOW_FIRST = 1;
    /** The same for rs2. */
    private static final int LOW_SECOND = 2;
    /** Its result is the sign extension of the lower half. */
    private static final int SIGNED = 4;
    /** And costs an instruction for it. */
    private static final int EXTENDS = 8;
    /** Bitwise: if its sources are sign extensions, so is its result; its lower half needs only theirs. */
    private static final int BITWISE = 16;
    /** Bitwise, or SIGNED, depending on its immediate. */
    private static final int IMMEDIATE = 32;
    /** Reads all registers as far as anyone can see: leaves translated code, or may. */
    private static final int LEAVES = 64;

    private static final byte[] TRAITS = new byte[Op.count()];

    static {
        for (int i = 0; i < TRAITS.length; i++) {
            Op op = Op.of(i);
            TRAITS[i] = (byte) switch (op) {
                case ADDW, SUBW, SLLW, SRLW, SRAW, MULW, RORW, ROLW -> LOW_FIRST | LOW_SECOND | SIGNED | EXTENDS;
                case RORIW, SRAIW, SLLIW, ADDIW -> LOW_FIRST | SIGNED | EXTENDS;
                case SRLIW, SEXT_B, SEXT_H, ZEXT_H -> LOW_FIRST | SIGNED;
                case LB, LH, LW, LBU, LHU -> LOW_FIRST | SIGNED;
                case LD, LWU -> LOW_FIRST;
                case SB, SH, SW -> LOW_FIRST | LOW_SECOND;
                case SD -> LOW_FIRST;
                case LUI, SLT, SLTU, SLTI, SLTIU, CLZ, CLZW, CTZ, CTZW, CPOP, CPOPW -> SIGNED;
                case XOR, OR, AND, XNOR, ORN, ANDN -> BITWISE;
                case ADDI, XORI, ORI, ANDI, SRLI -> IMMEDIATE;
                default -> op.kind == Op.Kind.ALU || op.kind == Op.Kind.NONE ? 0 : LEAVES;
            };
        }
    }

    private final Code code;
    private final X64Operands o;
    /** By instruction: which of its sources a {@link #EXTENDS} made, perhaps with bitwise operations behind it. */
    private byte[] made;
    private long[] low;
    private long[] extended;
    /** Up to here all is known. */
    private int known;

    X64Words(Code code, X64Operands operands) {
        this.code = code;
        o = operands;
    }

    /** Whether it is worth looking at the rest of a block: a 32-bit rotation, which has no template. */
    static boolean mayBegin(long inst) {
        Op op = Inst.op(inst);
        return op == Op.RORIW || op == Op.RORW || op == Op.ROLW;
    }

    /** Results that are right in their lower halves only, as {@link dev.rivet.ir.HostCode#lowOnly}; null for none. */
    long[] low() {
        return low;
    }

    /** Whether an instruction is not lowered as ever. */
    boolean isSpecial(int i) {
        return bit(low, i) || bit(extended, i);
    }

    /** Whether only the lower half of the result need be right. */
    boolean isLow(int i) {
        return bit(low, i);
    }

    /** Whether the result is to be sign-extended, which its sources perhaps are not. */
    boolean isExtended(int i) {
        return bit(extended, i);
    }

    /** Only the lower half of the result is right; whoever says so extends it before the block ends. */
    void setLow(int i) {
        low = set(low, i);
    }

    private static boolean bit(long[] bits, int i) {
        return bits != null && (bits[i >>> 6] >>> i & 1) != 0;
    }

    private long[] set(long[] bits, int i) {
        long[] words = bits == null ? new long[(code.count >>> 6) + 1] : bits;
        words[i >>> 6] |= 1L << i;
        return words;
    }

    /**
     * Looks at a block from the rotation at {@code from} on.
     *
     * @param end index of the next leader
     * @return index of the last instruction that is not lowered as ever, −1 if there is none or this was said before
     */
    int last(int from, int end) {
        if (from < known) {
            return -1;
        }
        known = end;
        if (made == null) {
            made = new byte[code.count];
        }
        forwards(code.previousLeader(from), from, end);
        return backwards(from, end);
    }

    private static int traits(long inst) {
        int traits = TRAITS[Inst.ordinal(inst)];
        if ((traits & IMMEDIATE) != 0) {
            int imm = Inst.imm(inst);
            return switch (Inst.op(inst)) {
                case XORI, ORI -> BITWISE;
                case ANDI -> imm < 0 ? BITWISE : LOW_FIRST | SIGNED;
                case ADDI -> Inst.rs1(inst) == 0 ? SIGNED : imm == 0 ? BITWISE : 0;
                default -> imm > 32 ? SIGNED : 0;
            };
        }
        // A sum with nothing is the extension itself.
        return (traits & EXTENDS) != 0 && Inst.imm(inst) == 0 && Inst.rs2(inst) == 0 ? traits & ~EXTENDS : traits;
    }

    /** What is a sign extension, and what of that could do without. */
    private void forwards(int start, int from, int end) {
        int signed = 1; // bit sets of registers
        int unsigned = 1; // zero extensions
        int free = 0; // what an instruction from `from` on has made that need not be extended
        for (int i = start; i < end; i++) {
            long inst = code.insts[i];
            int rd = Inst.rd(inst);
            int rs1 = Inst.rs1(inst);
            int rs2 = Inst.rs2(inst);
            int traits = traits(inst);
            int is = traits & SIGNED;
            int isUnsigned = 0;
            made[i] = 0;
            if ((traits & BITWISE) != 0) {
                is = signed >>> rs1 & signed >>> rs2 & 1;
                int sources = free >>> rs1 & 1 | (rs2 == rs1 ? 0 : (free >>> rs2 & 1) << 1);
                made[i] = (byte) (i >= from && is != 0 && o.pinned(rd) ? sources : 0);
            } else if (Inst.op(inst) == Op.SRLI && Inst.imm(inst) != 0 && (unsigned >>> rs1 & 1) != 0) {
                is = 1;
            } else if (Inst.op(inst) == Op.LWU) {
                isUnsigned = 1;
            }
            boolean isFree = i >= from && ((traits & EXTENDS) != 0 || made[i] != 0);
            int bit = 1 << rd & ~1;
            signed = is != 0 ? signed | bit : signed & ~bit;
            unsigned = isUnsigned != 0 ? unsigned | bit : unsigned & ~bit;
            free = isFree ? free | bit : free & ~bit;
        }
    }

    /** Who reads what; returns the last instruction that is not lowered as ever. */
    private int backwards(int from, int end) {
        int last = -1;
        int needed = -1; // bit set of registers whose upper halves somebody reads
        for (int i = end - 1; i >= from; i--) {
            long inst = code.insts[i];
            int traits = traits(inst);
            int rd = Inst.rd(inst);
            if ((traits & LEAVES) != 0) {
                needed = -1;
                continue;
            }
            boolean wanted = (needed >>> rd & 1) != 0;
            needed &= ~(1 << rd);
            int first = 1 << Inst.rs1(inst);
            int second = 1 << Inst.rs2(inst);
            int spared = 0; // extensions before this instruction
            if (made[i] != 0) {
                spared = ((made[i] & 1) != 0 && (needed & first) == 0 ? 1 : 0)
                        + ((made[i] & 2) != 0 && (needed & second) == 0 ? 1 : 0);
            }
            if (spared > (wanted ? 1 : 0)) {
                traits |= LOW_FIRST | LOW_SECOND;
                if (wanted) {
                    extended = set(extended, i);
                }
            }
            if (!wanted && (spared > 0 || (traits & EXTENDS) != 0)) {
                low = set(low, i);
            }
            if (isSpecial(i)) {
                last = Math.max(last, i);
            }
            needed |= ((traits & LOW_FIRST) != 0 ? 0 : first) | ((traits & LOW_SECOND) != 0 ? 0 : second);
        }
        return last;
    }
}

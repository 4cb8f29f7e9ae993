package dev.rivet.ir;

/**
 * One operation. Names are those of the RISC-V instructions, dots turned into underscores; meanings are the manual's.
 * Operands are in an {@link Inst}. "XLEN" is the width of the program ({@link Code#xlen}).
 *
 * <p>The ordinal is part of the packed form and fits eight bits.
 */
public enum Op {
    // @formatter:off
    // RV32I / RV64I. imm of LUI and AUIPC is the whole sign-extended 32-bit value (low 12 bits zero).
    LUI(Kind.ALU), AUIPC(Kind.ALU),
    JAL(Kind.JUMP), JALR(Kind.JUMP),
    BEQ(Kind.BRANCH), BNE(Kind.BRANCH), BLT(Kind.BRANCH), BGE(Kind.BRANCH), BLTU(Kind.BRANCH), BGEU(Kind.BRANCH),
    LB(Kind.LOAD), LH(Kind.LOAD), LW(Kind.LOAD), LD(Kind.LOAD), LBU(Kind.LOAD), LHU(Kind.LOAD), LWU(Kind.LOAD),
    SB(Kind.STORE), SH(Kind.STORE), SW(Kind.STORE), SD(Kind.STORE),
    ADDI(Kind.ALU), SLTI(Kind.ALU), SLTIU(Kind.ALU), XORI(Kind.ALU), ORI(Kind.ALU), ANDI(Kind.ALU),
    SLLI(Kind.ALU), SRLI(Kind.ALU), SRAI(Kind.ALU),
    ADD(Kind.ALU), SUB(Kind.ALU), SLL(Kind.ALU), SLT(Kind.ALU), SLTU(Kind.ALU), XOR(Kind.ALU), SRL(Kind.ALU),
    SRA(Kind.ALU), OR(Kind.ALU), AND(Kind.ALU),
    ADDIW(Kind.ALU), SLLIW(Kind.ALU), SRLIW(Kind.ALU), SRAIW(Kind.ALU),
    ADDW(Kind.ALU), SUBW(Kind.ALU), SLLW(Kind.ALU), SRLW(Kind.ALU), SRAW(Kind.ALU),
    FENCE(Kind.NONE), FENCE_I(Kind.NONE),
    ECALL(Kind.TRAP), EBREAK(Kind.TRAP),
    // M
    MUL(Kind.ALU), MULH(Kind.ALU), MULHSU(Kind.ALU), MULHU(Kind.ALU),
    DIV(Kind.ALU), DIVU(Kind.ALU), REM(Kind.ALU), REMU(Kind.ALU),
    MULW(Kind.ALU), DIVW(Kind.ALU), DIVUW(Kind.ALU), REMW(Kind.ALU), REMUW(Kind.ALU),
    // A: one hart; aq and rl mean nothing here
    LR_W(Kind.ATOMIC), SC_W(Kind.ATOMIC),
    AMOSWAP_W(Kind.ATOMIC), AMOADD_W(Kind.ATOMIC), AMOXOR_W(Kind.ATOMIC), AMOAND_W(Kind.ATOMIC), AMOOR_W(Kind.ATOMIC),
    AMOMIN_W(Kind.ATOMIC), AMOMAX_W(Kind.ATOMIC), AMOMINU_W(Kind.ATOMIC), AMOMAXU_W(Kind.ATOMIC),
    LR_D(Kind.ATOMIC), SC_D(Kind.ATOMIC),
    AMOSWAP_D(Kind.ATOMIC), AMOADD_D(Kind.ATOMIC), AMOXOR_D(Kind.ATOMIC), AMOAND_D(Kind.ATOMIC), AMOOR_D(Kind.ATOMIC),
    AMOMIN_D(Kind.ATOMIC), AMOMAX_D(Kind.ATOMIC), AMOMINU_D(Kind.ATOMIC), AMOMAXU_D(Kind.ATOMIC),
    // Zba
    ADD_UW(Kind.ALU), SH1ADD(Kind.ALU), SH2ADD(Kind.ALU), SH3ADD(Kind.ALU),
    SH1ADD_UW(Kind.ALU), SH2ADD_UW(Kind.ALU), SH3ADD_UW(Kind.ALU), SLLI_UW(Kind.ALU),
    // Zbb
    ANDN(Kind.ALU), ORN(Kind.ALU), XNOR(Kind.ALU),
    CLZ(Kind.ALU), CLZW(Kind.ALU), CTZ(Kind.ALU), CTZW(Kind.ALU), CPOP(Kind.ALU), CPOPW(Kind.ALU),
    MAX(Kind.ALU), MAXU(Kind.ALU), MIN(Kind.ALU), MINU(Kind.ALU),
    SEXT_B(Kind.ALU), SEXT_H(Kind.ALU), ZEXT_H(Kind.ALU),
    ROL(Kind.ALU), ROLW(Kind.ALU), ROR(Kind.ALU), RORW(Kind.ALU), RORI(Kind.ALU), RORIW(Kind.ALU),
    ORC_B(Kind.ALU), REV8(Kind.ALU),
    // Zbs
    BCLR(Kind.ALU), BCLRI(Kind.ALU), BEXT(Kind.ALU), BEXTI(Kind.ALU),
    BINV(Kind.ALU), BINVI(Kind.ALU), BSET(Kind.ALU), BSETI(Kind.ALU),
    // Zbc
    CLMUL(Kind.ALU), CLMULH(Kind.ALU), CLMULR(Kind.ALU),
    // Zbkb (what Zbb does not have) and Zbkx
    PACK(Kind.ALU), PACKH(Kind.ALU), PACKW(Kind.ALU), BREV8(Kind.ALU), ZIP(Kind.ALU), UNZIP(Kind.ALU),
    XPERM4(Kind.ALU), XPERM8(Kind.ALU),
    // Zicond
    CZERO_EQZ(Kind.ALU), CZERO_NEZ(Kind.ALU),
    /** A word that is no supported instruction. Costs like any instruction, ends its block, traps when executed. */
    ILLEGAL(Kind.TRAP),
    /**
     * Not an instruction: stands behind the last whole instruction of an executable segment, costs nothing, is a leader
     * of its own. Control that arrives here goes on at this very pc if another executable segment starts there, and is a
     * BAD_JUMP at this pc otherwise.
     */
    END(Kind.TRAP);
    // @formatter:on

    /** What an operation does besides registers. */
    public enum Kind {
        /** Registers only. */
        ALU,
        /** Reads memory at (rs1 + imm) mod 2³². */
        LOAD,
        /** Writes memory at (rs1 + imm) mod 2³². */
        STORE,
        /** Reads and writes memory at rs1 mod 2³²; misaligned addresses trap. */
        ATOMIC,
        /** Conditional branch to pc + imm. */
        BRANCH,
        /** JAL, JALR. */
        JUMP,
        /** Always leaves translated code: ECALL, EBREAK, ILLEGAL, END. */
        TRAP,
        /** No effect at all. */
        NONE
    }

    private static final Op[] VALUES = values();
    private static final boolean[] ENDS_BLOCK = new boolean[VALUES.length];

    static {
        for (Op op : VALUES) {
            ENDS_BLOCK[op.ordinal()] = op.endsBlock();
        }
    }

    /** What the operation does besides registers. */
    public final Kind kind;

    Op(Kind kind) {
        this.kind = kind;
    }

    /** The operation with this ordinal; no array is copied. */
    public static Op of(int ordinal) {
        return VALUES[ordinal];
    }

    /** How many operations there are. */
    public static int count() {
        return VALUES.length;
    }

    /** {@link #endsBlock()} of the operation with this ordinal. */
    public static boolean endsBlock(int ordinal) {
        return ENDS_BLOCK[ordinal];
    }

    /** Whether a block ends behind this operation: branches, jumps, ecall, ebreak, illegal words, the end mark. */
    public boolean endsBlock() {
        return kind == Kind.BRANCH || kind == Kind.JUMP || kind == Kind.TRAP;
    }
}

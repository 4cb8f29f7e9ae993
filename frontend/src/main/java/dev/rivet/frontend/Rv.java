package dev.rivet.frontend;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.Locale;

/**
 * The one table of RISC-V: every four-byte instruction that Rivet executes, one row each, in the manual's own notation (see
 * {@link Encoding}). Decoder, encoder, disassembler and {@code docs/isa.md} derive from it; the two-byte instructions of
 * {@link RvC} expand into it. Any word that matches no row valid for the program's width is {@link Op#ILLEGAL}.
 *
 * <p>An instruction whose encoding differs between the widths has two rows, the one for 32 bits with a name that ends in
 * {@code _RV32}. No word matches two rows of one width: {@code zext.h} is {@code pack rd, rs1, zero} (RV32) and
 * {@code packw rd, rs1, zero} (RV64), so those rows exclude {@code rs2 = 0}.
 *
 * <p>Sections: "Unpriv" is the RISC-V Instruction Set Manual, volume I (2024 and later).
 */
public enum Rv {
    // @formatter:off
    LUI        ("imm[31:12] rd 0110111",                     Form.U, Op.LUI,   "I", "Unpriv 2.4.1"),
    AUIPC      ("imm[31:12] rd 0010111",                     Form.U, Op.AUIPC, "I", "Unpriv 2.4.1"),
    JAL        ("imm[20|10:1|11|19:12] rd 1101111",          Form.J, Op.JAL,   "I", "Unpriv 2.5.1"),
    JALR       ("imm[11:0] rs1 000 rd 1100111",           Form.LOAD, Op.JALR,  "I", "Unpriv 2.5.1"),
    BEQ        ("imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011", Form.B, Op.BEQ,  "I", "Unpriv 2.5.2"),
    BNE        ("imm[12|10:5] rs2 rs1 001 imm[4:1|11] 1100011", Form.B, Op.BNE,  "I", "Unpriv 2.5.2"),
    BLT        ("imm[12|10:5] rs2 rs1 100 imm[4:1|11] 1100011", Form.B, Op.BLT,  "I", "Unpriv 2.5.2"),
    BGE        ("imm[12|10:5] rs2 rs1 101 imm[4:1|11] 1100011", Form.B, Op.BGE,  "I", "Unpriv 2.5.2"),
    BLTU       ("imm[12|10:5] rs2 rs1 110 imm[4:1|11] 1100011", Form.B, Op.BLTU, "I", "Unpriv 2.5.2"),
    BGEU       ("imm[12|10:5] rs2 rs1 111 imm[4:1|11] 1100011", Form.B, Op.BGEU, "I", "Unpriv 2.5.2"),
    LB         ("imm[11:0] rs1 000 rd 0000011",           Form.LOAD, Op.LB,    "I", "Unpriv 2.6"),
    LH         ("imm[11:0] rs1 001 rd 0000011",           Form.LOAD, Op.LH,    "I", "Unpriv 2.6"),
    LW         ("imm[11:0] rs1 010 rd 0000011",           Form.LOAD, Op.LW,    "I", "Unpriv 2.6"),
    LBU        ("imm[11:0] rs1 100 rd 0000011",           Form.LOAD, Op.LBU,   "I", "Unpriv 2.6"),
    LHU        ("imm[11:0] rs1 101 rd 0000011",           Form.LOAD, Op.LHU,   "I", "Unpriv 2.6"),
    SB         ("imm[11:5] rs2 rs1 000 imm[4:0] 0100011",    Form.S, Op.SB,    "I", "Unpriv 2.6"),
    SH         ("imm[11:5] rs2 rs1 001 imm[4:0] 0100011",    Form.S, Op.SH,    "I", "Unpriv 2.6"),
    SW         ("imm[11:5] rs2 rs1 010 imm[4:0] 0100011",    Form.S, Op.SW,    "I", "Unpriv 2.6"),
    ADDI       ("imm[11:0] rs1 000 rd 0010011",              Form.I, Op.ADDI,  "I", "Unpriv 2.4.1"),
    SLTI       ("imm[11:0] rs1 010 rd 0010011",              Form.I, Op.SLTI,  "I", "Unpriv 2.4.1"),
    SLTIU      ("imm[11:0] rs1 011 rd 0010011",              Form.I, Op.SLTIU, "I", "Unpriv 2.4.1"),
    XORI       ("imm[11:0] rs1 100 rd 0010011",              Form.I, Op.XORI,  "I", "Unpriv 2.4.1"),
    ORI        ("imm[11:0] rs1 110 rd 0010011",              Form.I, Op.ORI,   "I", "Unpriv 2.4.1"),
    ANDI       ("imm[11:0] rs1 111 rd 0010011",              Form.I, Op.ANDI,  "I", "Unpriv 2.4.1"),
    SLLI_RV32  ("0000000 shamt[4:0] rs1 001 rd 0010011",     Form.I, Op.SLLI,  "I", "Unpriv 2.4.1", 32),
    SRLI_RV32  ("0000000 shamt[4:0] rs1 101 rd 0010011",     Form.I, Op.SRLI,  "I", "Unpriv 2.4.1", 32),
    SRAI_RV32  ("0100000 shamt[4:0] rs1 101 rd 0010011",     Form.I, Op.SRAI,  "I", "Unpriv 2.4.1", 32),
    SLLI       ("000000 shamt[5:0] rs1 001 rd 0010011",      Form.I, Op.SLLI,  "I", "Unpriv 4.2.1", 64),
    SRLI       ("000000 shamt[5:0] rs1 101 rd 0010011",      Form.I, Op.SRLI,  "I", "Unpriv 4.2.1", 64),
    SRAI       ("010000 shamt[5:0] rs1 101 rd 0010011",      Form.I, Op.SRAI,  "I", "Unpriv 4.2.1", 64),
    ADD        ("0000000 rs2 rs1 000 rd 0110011",            Form.R, Op.ADD,   "I", "Unpriv 2.4.2"),
    SUB        ("0100000 rs2 rs1 000 rd 0110011",            Form.R, Op.SUB,   "I", "Unpriv 2.4.2"),
    SLL        ("0000000 rs2 rs1 001 rd 0110011",            Form.R, Op.SLL,   "I", "Unpriv 2.4.2"),
    SLT        ("0000000 rs2 rs1 010 rd 0110011",            Form.R, Op.SLT,   "I", "Unpriv 2.4.2"),
    SLTU       ("0000000 rs2 rs1 011 rd 0110011",            Form.R, Op.SLTU,  "I", "Unpriv 2.4.2"),
    XOR        ("0000000 rs2 rs1 100 rd 0110011",            Form.R, Op.XOR,   "I", "Unpriv 2.4.2"),
    SRL        ("0000000 rs2 rs1 101 rd 0110011",            Form.R, Op.SRL,   "I", "Unpriv 2.4.2"),
    SRA        ("0100000 rs2 rs1 101 rd 0110011",            Form.R, Op.SRA,   "I", "Unpriv 2.4.2"),
    OR         ("0000000 rs2 rs1 110 rd 0110011",            Form.R, Op.OR,    "I", "Unpriv 2.4.2"),
    AND        ("0000000 rs2 rs1 111 rd 0110011",            Form.R, Op.AND,   "I", "Unpriv 2.4.2"),
    // Every fence, fence.tso and pause among them; base implementations ignore the reserved fields.
    FENCE      ("---- ---- ---- ----- 000 ----- 0001111", Form.NONE, Op.FENCE, "I", "Unpriv 2.7"),
    ECALL      ("000000000000 00000 000 00000 1110011",   Form.NONE, Op.ECALL, "I", "Unpriv 2.8"),
    EBREAK     ("000000000001 00000 000 00000 1110011",   Form.NONE, Op.EBREAK, "I", "Unpriv 2.8"),

    LWU        ("imm[11:0] rs1 110 rd 0000011",           Form.LOAD, Op.LWU,   "I", "Unpriv 4.3", 64),
    LD         ("imm[11:0] rs1 011 rd 0000011",           Form.LOAD, Op.LD,    "I", "Unpriv 4.3", 64),
    SD         ("imm[11:5] rs2 rs1 011 imm[4:0] 0100011",    Form.S, Op.SD,    "I", "Unpriv 4.3", 64),
    ADDIW      ("imm[11:0] rs1 000 rd 0011011",              Form.I, Op.ADDIW, "I", "Unpriv 4.2.1", 64),
    SLLIW      ("0000000 shamt[4:0] rs1 001 rd 0011011",     Form.I, Op.SLLIW, "I", "Unpriv 4.2.1", 64),
    SRLIW      ("0000000 shamt[4:0] rs1 101 rd 0011011",     Form.I, Op.SRLIW, "I", "Unpriv 4.2.1", 64),
    SRAIW      ("0100000 shamt[4:0] rs1 101 rd 0011011",     Form.I, Op.SRAIW, "I", "Unpriv 4.2.1", 64),
    ADDW       ("0000000 rs2 rs1 000 rd 0111011",            Form.R, Op.ADDW,  "I", "Unpriv 4.2.2", 64),
    SUBW       ("0100000 rs2 rs1 000 rd 0111011",            Form.R, Op.SUBW,  "I", "Unpriv 4.2.2", 64),
    SLLW       ("0000000 rs2 rs1 001 rd 0111011",            Form.R, Op.SLLW,  "I", "Unpriv 4.2.2", 64),
    SRLW       ("0000000 rs2 rs1 101 rd 0111011",            Form.R, Op.SRLW,  "I", "Unpriv 4.2.2", 64),
    SRAW       ("0100000 rs2 rs1 101 rd 0111011",            Form.R, Op.SRAW,  "I", "Unpriv 4.2.2", 64),

    FENCE_I    ("------------ ----- 001 ----- 0001111",   Form.NONE, Op.FENCE_I, "Zifencei", "Unpriv Zifencei"),

    MUL        ("0000001 rs2 rs1 000 rd 0110011",            Form.R, Op.MUL,    "M", "Unpriv M, Multiplication"),
    MULH       ("0000001 rs2 rs1 001 rd 0110011",            Form.R, Op.MULH,   "M", "Unpriv M, Multiplication"),
    MULHSU     ("0000001 rs2 rs1 010 rd 0110011",            Form.R, Op.MULHSU, "M", "Unpriv M, Multiplication"),
    MULHU      ("0000001 rs2 rs1 011 rd 0110011",            Form.R, Op.MULHU,  "M", "Unpriv M, Multiplication"),
    DIV        ("0000001 rs2 rs1 100 rd 0110011",            Form.R, Op.DIV,    "M", "Unpriv M, Division"),
    DIVU       ("0000001 rs2 rs1 101 rd 0110011",            Form.R, Op.DIVU,   "M", "Unpriv M, Division"),
    REM        ("0000001 rs2 rs1 110 rd 0110011",            Form.R, Op.REM,    "M", "Unpriv M, Division"),
    REMU       ("0000001 rs2 rs1 111 rd 0110011",            Form.R, Op.REMU,   "M", "Unpriv M, Division"),
    MULW       ("0000001 rs2 rs1 000 rd 0111011",            Form.R, Op.MULW,   "M", "Unpriv M, Multiplication", 64),
    DIVW       ("0000001 rs2 rs1 100 rd 0111011",            Form.R, Op.DIVW,   "M", "Unpriv M, Division", 64),
    DIVUW      ("0000001 rs2 rs1 101 rd 0111011",            Form.R, Op.DIVUW,  "M", "Unpriv M, Division", 64),
    REMW       ("0000001 rs2 rs1 110 rd 0111011",            Form.R, Op.REMW,   "M", "Unpriv M, Division", 64),
    REMUW      ("0000001 rs2 rs1 111 rd 0111011",            Form.R, Op.REMUW,  "M", "Unpriv M, Division", 64),

    LR_W       ("00010 aq rl 00000 rs1 010 rd 0101111",     Form.LR, Op.LR_W,      "A", "Unpriv A, Zalrsc"),
    SC_W       ("00011 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.SC_W,      "A", "Unpriv A, Zalrsc"),
    AMOSWAP_W  ("00001 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOSWAP_W, "A", "Unpriv A, Zaamo"),
    AMOADD_W   ("00000 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOADD_W,  "A", "Unpriv A, Zaamo"),
    AMOXOR_W   ("00100 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOXOR_W,  "A", "Unpriv A, Zaamo"),
    AMOAND_W   ("01100 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOAND_W,  "A", "Unpriv A, Zaamo"),
    AMOOR_W    ("01000 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOOR_W,   "A", "Unpriv A, Zaamo"),
    AMOMIN_W   ("10000 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOMIN_W,  "A", "Unpriv A, Zaamo"),
    AMOMAX_W   ("10100 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOMAX_W,  "A", "Unpriv A, Zaamo"),
    AMOMINU_W  ("11000 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOMINU_W, "A", "Unpriv A, Zaamo"),
    AMOMAXU_W  ("11100 aq rl rs2 rs1 010 rd 0101111",      Form.AMO, Op.AMOMAXU_W, "A", "Unpriv A, Zaamo"),
    LR_D       ("00010 aq rl 00000 rs1 011 rd 0101111",     Form.LR, Op.LR_D,      "A", "Unpriv A, Zalrsc", 64),
    SC_D       ("00011 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.SC_D,      "A", "Unpriv A, Zalrsc", 64),
    AMOSWAP_D  ("00001 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOSWAP_D, "A", "Unpriv A, Zaamo", 64),
    AMOADD_D   ("00000 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOADD_D,  "A", "Unpriv A, Zaamo", 64),
    AMOXOR_D   ("00100 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOXOR_D,  "A", "Unpriv A, Zaamo", 64),
    AMOAND_D   ("01100 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOAND_D,  "A", "Unpriv A, Zaamo", 64),
    AMOOR_D    ("01000 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOOR_D,   "A", "Unpriv A, Zaamo", 64),
    AMOMIN_D   ("10000 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOMIN_D,  "A", "Unpriv A, Zaamo", 64),
    AMOMAX_D   ("10100 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOMAX_D,  "A", "Unpriv A, Zaamo", 64),
    AMOMINU_D  ("11000 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOMINU_D, "A", "Unpriv A, Zaamo", 64),
    AMOMAXU_D  ("11100 aq rl rs2 rs1 011 rd 0101111",      Form.AMO, Op.AMOMAXU_D, "A", "Unpriv A, Zaamo", 64),

    SH1ADD     ("0010000 rs2 rs1 010 rd 0110011",            Form.R, Op.SH1ADD,    "Zba", "Unpriv B, Zba"),
    SH2ADD     ("0010000 rs2 rs1 100 rd 0110011",            Form.R, Op.SH2ADD,    "Zba", "Unpriv B, Zba"),
    SH3ADD     ("0010000 rs2 rs1 110 rd 0110011",            Form.R, Op.SH3ADD,    "Zba", "Unpriv B, Zba"),
    ADD_UW     ("0000100 rs2 rs1 000 rd 0111011",            Form.R, Op.ADD_UW,    "Zba", "Unpriv B, Zba", 64),
    SH1ADD_UW  ("0010000 rs2 rs1 010 rd 0111011",            Form.R, Op.SH1ADD_UW, "Zba", "Unpriv B, Zba", 64),
    SH2ADD_UW  ("0010000 rs2 rs1 100 rd 0111011",            Form.R, Op.SH2ADD_UW, "Zba", "Unpriv B, Zba", 64),
    SH3ADD_UW  ("0010000 rs2 rs1 110 rd 0111011",            Form.R, Op.SH3ADD_UW, "Zba", "Unpriv B, Zba", 64),
    SLLI_UW    ("000010 shamt[5:0] rs1 001 rd 0011011",      Form.I, Op.SLLI_UW,   "Zba", "Unpriv B, Zba", 64),

    ANDN       ("0100000 rs2 rs1 111 rd 0110011",            Form.R, Op.ANDN,   "Zbb, Zbkb", "Unpriv B, Zbb"),
    ORN        ("0100000 rs2 rs1 110 rd 0110011",            Form.R, Op.ORN,    "Zbb, Zbkb", "Unpriv B, Zbb"),
    XNOR       ("0100000 rs2 rs1 100 rd 0110011",            Form.R, Op.XNOR,   "Zbb, Zbkb", "Unpriv B, Zbb"),
    CLZ        ("0110000 00000 rs1 001 rd 0010011",      Form.UNARY, Op.CLZ,    "Zbb", "Unpriv B, Zbb"),
    CTZ        ("0110000 00001 rs1 001 rd 0010011",      Form.UNARY, Op.CTZ,    "Zbb", "Unpriv B, Zbb"),
    CPOP       ("0110000 00010 rs1 001 rd 0010011",      Form.UNARY, Op.CPOP,   "Zbb", "Unpriv B, Zbb"),
    CLZW       ("0110000 00000 rs1 001 rd 0011011",      Form.UNARY, Op.CLZW,   "Zbb", "Unpriv B, Zbb", 64),
    CTZW       ("0110000 00001 rs1 001 rd 0011011",      Form.UNARY, Op.CTZW,   "Zbb", "Unpriv B, Zbb", 64),
    CPOPW      ("0110000 00010 rs1 001 rd 0011011",      Form.UNARY, Op.CPOPW,  "Zbb", "Unpriv B, Zbb", 64),
    MAX        ("0000101 rs2 rs1 110 rd 0110011",            Form.R, Op.MAX,    "Zbb", "Unpriv B, Zbb"),
    MAXU       ("0000101 rs2 rs1 111 rd 0110011",            Form.R, Op.MAXU,   "Zbb", "Unpriv B, Zbb"),
    MIN        ("0000101 rs2 rs1 100 rd 0110011",            Form.R, Op.MIN,    "Zbb", "Unpriv B, Zbb"),
    MINU       ("0000101 rs2 rs1 101 rd 0110011",            Form.R, Op.MINU,   "Zbb", "Unpriv B, Zbb"),
    SEXT_B     ("0110000 00100 rs1 001 rd 0010011",      Form.UNARY, Op.SEXT_B, "Zbb", "Unpriv B, Zbb"),
    SEXT_H     ("0110000 00101 rs1 001 rd 0010011",      Form.UNARY, Op.SEXT_H, "Zbb", "Unpriv B, Zbb"),
    ZEXT_H_RV32("0000100 00000 rs1 100 rd 0110011",      Form.UNARY, Op.ZEXT_H, "Zbb", "Unpriv B, Zbb", 32),
    ZEXT_H     ("0000100 00000 rs1 100 rd 0111011",      Form.UNARY, Op.ZEXT_H, "Zbb", "Unpriv B, Zbb", 64),
    ROL        ("0110000 rs2 rs1 001 rd 0110011",            Form.R, Op.ROL,    "Zbb, Zbkb", "Unpriv B, Zbb"),
    ROR        ("0110000 rs2 rs1 101 rd 0110011",            Form.R, Op.ROR,    "Zbb, Zbkb", "Unpriv B, Zbb"),
    RORI_RV32  ("0110000 shamt[4:0] rs1 101 rd 0010011",     Form.I, Op.RORI,   "Zbb, Zbkb", "Unpriv B, Zbb", 32),
    RORI       ("011000 shamt[5:0] rs1 101 rd 0010011",      Form.I, Op.RORI,   "Zbb, Zbkb", "Unpriv B, Zbb", 64),
    ROLW       ("0110000 rs2 rs1 001 rd 0111011",            Form.R, Op.ROLW,   "Zbb, Zbkb", "Unpriv B, Zbb", 64),
    RORW       ("0110000 rs2 rs1 101 rd 0111011",            Form.R, Op.RORW,   "Zbb, Zbkb", "Unpriv B, Zbb", 64),
    RORIW      ("0110000 shamt[4:0] rs1 101 rd 0011011",     Form.I, Op.RORIW,  "Zbb, Zbkb", "Unpriv B, Zbb", 64),
    ORC_B      ("0010100 00111 rs1 101 rd 0010011",      Form.UNARY, Op.ORC_B,  "Zbb", "Unpriv B, Zbb"),
    REV8_RV32  ("0110100 11000 rs1 101 rd 0010011",      Form.UNARY, Op.REV8,   "Zbb, Zbkb", "Unpriv B, Zbb", 32),
    REV8       ("0110101 11000 rs1 101 rd 0010011",      Form.UNARY, Op.REV8,   "Zbb, Zbkb", "Unpriv B, Zbb", 64),

    BCLR       ("0100100 rs2 rs1 001 rd 0110011",            Form.R, Op.BCLR,  "Zbs", "Unpriv B, Zbs"),
    BEXT       ("0100100 rs2 rs1 101 rd 0110011",            Form.R, Op.BEXT,  "Zbs", "Unpriv B, Zbs"),
    BINV       ("0110100 rs2 rs1 001 rd 0110011",            Form.R, Op.BINV,  "Zbs", "Unpriv B, Zbs"),
    BSET       ("0010100 rs2 rs1 001 rd 0110011",            Form.R, Op.BSET,  "Zbs", "Unpriv B, Zbs"),
    BCLRI_RV32 ("0100100 shamt[4:0] rs1 001 rd 0010011",     Form.I, Op.BCLRI, "Zbs", "Unpriv B, Zbs", 32),
    BEXTI_RV32 ("0100100 shamt[4:0] rs1 101 rd 0010011",     Form.I, Op.BEXTI, "Zbs", "Unpriv B, Zbs", 32),
    BINVI_RV32 ("0110100 shamt[4:0] rs1 001 rd 0010011",     Form.I, Op.BINVI, "Zbs", "Unpriv B, Zbs", 32),
    BSETI_RV32 ("0010100 shamt[4:0] rs1 001 rd 0010011",     Form.I, Op.BSETI, "Zbs", "Unpriv B, Zbs", 32),
    BCLRI      ("010010 shamt[5:0] rs1 001 rd 0010011",      Form.I, Op.BCLRI, "Zbs", "Unpriv B, Zbs", 64),
    BEXTI      ("010010 shamt[5:0] rs1 101 rd 0010011",      Form.I, Op.BEXTI, "Zbs", "Unpriv B, Zbs", 64),
    BINVI      ("011010 shamt[5:0] rs1 001 rd 0010011",      Form.I, Op.BINVI, "Zbs", "Unpriv B, Zbs", 64),
    BSETI      ("001010 shamt[5:0] rs1 001 rd 0010011",      Form.I, Op.BSETI, "Zbs", "Unpriv B, Zbs", 64),

    CLMUL      ("0000101 rs2 rs1 001 rd 0110011",            Form.R, Op.CLMUL,  "Zbc", "Unpriv B, Zbc"),
    CLMULH     ("0000101 rs2 rs1 011 rd 0110011",            Form.R, Op.CLMULH, "Zbc", "Unpriv B, Zbc"),
    CLMULR     ("0000101 rs2 rs1 010 rd 0110011",            Form.R, Op.CLMULR, "Zbc", "Unpriv B, Zbc"),

    PACK_RV32  ("0000100 rs2!=0 rs1 100 rd 0110011",         Form.R, Op.PACK,  "Zbkb", "Unpriv B, Zbkb", 32),
    PACK       ("0000100 rs2 rs1 100 rd 0110011",            Form.R, Op.PACK,  "Zbkb", "Unpriv B, Zbkb", 64),
    PACKH      ("0000100 rs2 rs1 111 rd 0110011",            Form.R, Op.PACKH, "Zbkb", "Unpriv B, Zbkb"),
    PACKW      ("0000100 rs2!=0 rs1 100 rd 0111011",         Form.R, Op.PACKW, "Zbkb", "Unpriv B, Zbkb", 64),
    BREV8      ("0110100 00111 rs1 101 rd 0010011",      Form.UNARY, Op.BREV8, "Zbkb", "Unpriv B, Zbkb"),
    ZIP        ("0000100 01111 rs1 001 rd 0010011",      Form.UNARY, Op.ZIP,   "Zbkb", "Unpriv B, Zbkb", 32),
    UNZIP      ("0000100 01111 rs1 101 rd 0010011",      Form.UNARY, Op.UNZIP, "Zbkb", "Unpriv B, Zbkb", 32),

    XPERM4     ("0010100 rs2 rs1 010 rd 0110011",            Form.R, Op.XPERM4, "Zbkx", "Unpriv B, Zbkx"),
    XPERM8     ("0010100 rs2 rs1 100 rd 0110011",            Form.R, Op.XPERM8, "Zbkx", "Unpriv B, Zbkx"),

    CZERO_EQZ  ("0000111 rs2 rs1 101 rd 0110011",            Form.R, Op.CZERO_EQZ, "Zicond", "Unpriv Zicond"),
    CZERO_NEZ  ("0000111 rs2 rs1 111 rd 0110011",            Form.R, Op.CZERO_NEZ, "Zicond", "Unpriv Zicond");
    // @formatter:on

    private static final Rv[] ROWS = values();

    /** What it means. */
    public final Op op;
    /** The extension or extensions that have it, as written in an ISA string. */
    public final String extension;
    /** Where the manual describes it. */
    public final String section;
    /** 32 or 64 when only that width has it in this encoding, 0 for both. */
    public final int only;
    /** As written in assembly. */
    public final String mnemonic;

    final Form form;
    final Encoding encoding;

    Rv(String notation, Form form, Op op, String extension, String section) {
        this(notation, form, op, extension, section, 0);
    }

    Rv(String notation, Form form, Op op, String extension, String section, int only) {
        this.form = form;
        this.op = op;
        this.extension = extension;
        this.section = section;
        this.only = only;
        encoding = new Encoding(notation, 32);
        mnemonic = mnemonic(name());
    }

    static String mnemonic(String name) {
        String plain = name.endsWith("_RV32") ? name.substring(0, name.length() - 5) : name;
        return plain.toLowerCase(Locale.ROOT).replace('_', '.');
    }

    /** Whether programs of this width (32 or 64) have the row. */
    public boolean in(int xlen) {
        return only == 0 || only == xlen;
    }

    /** The bits in the manual's notation. */
    public String notation() {
        return encoding.notation;
    }

    /** The row a word belongs to in programs of this width, or null: the definition, by search. See {@link Decoder}. */
    public static Rv find(int word, int xlen) {
        for (Rv row : ROWS) {
            if (row.in(xlen) && row.encoding.matches(word)) {
                return row;
            }
        }
        return null;
    }

    /** The row of an operation in programs of this width, or null. */
    public static Rv of(Op op, int xlen) {
        for (Rv row : ROWS) {
            if (row.op == op && row.in(xlen)) {
                return row;
            }
        }
        return null;
    }

    /** The row with a mnemonic in programs of this width, or null. */
    static Rv named(String mnemonic, int xlen) {
        for (Rv row : ROWS) {
            if (row.in(xlen) && row.mnemonic.equals(mnemonic)) {
                return row;
            }
        }
        return null;
    }

    /** A word of this row as {@link Inst}: the definition, field by field. See {@link Decoder}. */
    public long decode(int word) {
        return Inst.pack(op, encoding.operand(word, Encoding.RD), encoding.operand(word, Encoding.RS1),
                encoding.operand(word, Encoding.RS2), encoding.operand(word, Encoding.IMM), 4);
    }

    /**
     * The word for these operands. Registers are 0–31; the immediate is as in {@link Inst} (the whole value for lui and
     * auipc, bytes for branches and jal, a shift amount for shifts). Operands that the instruction has not must be 0.
     *
     * @throws IllegalArgumentException for an operand that cannot be encoded
     */
    public int encode(int rd, int rs1, int rs2, int imm) {
        return encoding.encode(rd, rs1, rs2, imm);
    }
}
